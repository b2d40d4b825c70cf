#include "line_comment.h"

#include "envlock/core/text.h"
#include "selector.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace envlock::spec {
namespace {

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}
bool is_word_character(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

// Prose in brackets is no mistake; a platform name or a lone word shows that a selector was meant.
bool is_meant_as_selector(std::string_view text) {
  int words = 0;
  std::string_view last;
  for (std::size_t at = 0; at < text.size();) {
    if (!is_word_character(text[at])) {
      ++at;
      continue;
    }
    const std::size_t start = at;
    while (at < text.size() && is_word_character(text[at])) ++at;
    last = text.substr(start, at - start);
    ++words;
    const bool is_operator = last == "and" || last == "or" || last == "not";
    if ((is_selector_word(last) && !is_operator) || is_recipe_only_word(last)) return true;
  }
  return core::trim(text).empty() ||
         (words == 1 && last == core::trim(text) && std::isalpha(static_cast<unsigned char>(last.front())) != 0);
}

}  // namespace

std::optional<LineComment> comment_after(const Source& source, std::size_t offset) {
  const std::string_view text = source.text();
  const std::size_t end = std::min(text.find('\n', std::min(offset, text.size())), text.size());
  for (std::size_t at = offset; at < end; ++at) {
    const bool begins_word = at == offset || is_blank(text[at - 1]) || text[at - 1] == ',' || text[at - 1] == '[' ||
                             text[at - 1] == '{' || text[at - 1] == ':';
    if (text[at] == '#' && at > 0 && is_blank(text[at - 1]))
      return LineComment{at + 1, text.substr(at + 1, end - at - 1)};
    if ((text[at] == '"' || text[at] == '\'') && begins_word) {
      const char quote = text[at];
      for (++at; at < end && text[at] != quote; ++at) {
        if (quote == '"' && text[at] == '\\') ++at;
      }
    }
  }
  return std::nullopt;
}

Brackets brackets_of(const LineComment& comment) {
  const std::size_t first = comment.text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  if (comment.text[first] == '[') {
    const std::size_t close = comment.text.find(']', first);
    if (close == std::string_view::npos) {
      const std::string_view rest = comment.text.substr(first + 1);
      return {is_meant_as_selector(rest) ? Brackets::Kind::words : Brackets::Kind::none, comment.offset + first + 1,
              rest};
    }
    const std::string_view inside = comment.text.substr(first + 1, close - first - 1);
    return {is_meant_as_selector(inside) ? Brackets::Kind::selector : Brackets::Kind::words, comment.offset + first + 1,
            inside};
  }
  const auto condition = conda_lock_condition(comment.text);
  if (!condition) return {};
  return {Brackets::Kind::elsewhere, comment.offset + static_cast<std::size_t>(condition->data() - comment.text.data()),
          *condition};
}

std::optional<std::string_view> conda_lock_condition(std::string_view comment) {
  const std::size_t close = comment.rfind(']');
  if (close == std::string_view::npos || close == 0) return std::nullopt;
  const std::size_t open = comment.find_last_of("[]", close - 1);
  if (open == std::string_view::npos || comment[open] != '[' || open + 1 == close) return std::nullopt;
  if (comment.find_first_of("()", close) != std::string_view::npos) return std::nullopt;
  return comment.substr(open + 1, close - open - 1);
}

bool conda_lock_knows(std::string_view condition) {
  constexpr std::array<std::string_view, 10> names = {"linux64", "unix", "linux", "aarch64", "ppc64le",
                                                      "osx64",   "osx",  "arm64", "win",     "win64"};
  return !condition.empty() && std::find(names.begin(), names.end(), condition) != names.end();
}

}  // namespace envlock::spec
