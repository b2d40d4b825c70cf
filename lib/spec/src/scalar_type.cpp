#include "scalar_type.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace envlock::spec {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

template <std::size_t N>
bool one_of(std::string_view text, const std::array<std::string_view, N>& words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

// YAML 1.1 knows each word in three cases: "yes", "Yes", "YES".
bool is_word(std::string_view text, std::string_view word) {
  if (text.size() != word.size()) return false;
  bool lower = true;
  bool upper = true;
  bool capital = true;
  for (std::size_t i = 0; i < word.size(); ++i) {
    const char up = static_cast<char>(std::toupper(static_cast<unsigned char>(word[i])));
    lower = lower && text[i] == word[i];
    upper = upper && text[i] == up;
    capital = capital && text[i] == (i == 0 ? up : word[i]);
  }
  return lower || upper || capital;
}

bool is_boolean(std::string_view text) {
  for (const std::string_view word : {"yes", "no", "true", "false", "on", "off"}) {
    if (is_word(text, word)) return true;
  }
  return false;
}

bool all_of(std::string_view text, std::string_view allowed) {
  return !text.empty() && text.find_first_not_of(allowed) == std::string_view::npos;
}

bool is_integer(std::string_view text) {
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) text.remove_prefix(1);
  if (text.size() > 2 && text[0] == '0' && text[1] == 'x') return all_of(text.substr(2), "0123456789abcdefABCDEF_");
  if (text.size() > 2 && text[0] == '0' && text[1] == 'o') return all_of(text.substr(2), "01234567");
  if (text.size() > 2 && text[0] == '0' && text[1] == 'b') return all_of(text.substr(2), "01_");
  return !text.empty() && is_digit(text[0]) && all_of(text, "0123456789_");
}

// 190:20:30, the numbers to the base of sixty.
bool is_sexagesimal(std::string_view text) {
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) text.remove_prefix(1);
  if (text.empty() || !is_digit(text[0]) || text.find(':') == std::string_view::npos) return false;
  const std::size_t colon = text.find(':');
  const std::string_view rest = text.substr(colon + 1);
  return all_of(text.substr(0, colon), "0123456789_") && all_of(rest, "0123456789:._") && is_digit(rest.back());
}

bool is_float(std::string_view text) {
  if (text == ".nan" || text == ".NaN" || text == ".NAN") return true;
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) text.remove_prefix(1);
  if (one_of(text, std::array<std::string_view, 3>{".inf", ".Inf", ".INF"})) return true;
  std::size_t i = 0;
  std::size_t digits = 0;
  bool dot = false;
  while (i < text.size() && (is_digit(text[i]) || text[i] == '_' || (text[i] == '.' && !dot))) {
    dot = dot || text[i] == '.';
    digits += is_digit(text[i]) ? 1 : 0;
    ++i;
  }
  if (digits == 0 || text[0] == '_') return false;
  if (i == text.size()) return dot;
  if (text[i] != 'e' && text[i] != 'E') return false;
  ++i;
  if (i < text.size() && (text[i] == '-' || text[i] == '+')) ++i;
  return i < text.size() && all_of(text.substr(i), "0123456789");
}

bool is_date(std::string_view text) {
  if (text.size() < 8) return false;
  std::size_t i = 0;
  while (i < text.size() && is_digit(text[i])) ++i;
  if (i != 4 || text[4] != '-') return false;
  const std::size_t second = text.find('-', 5);
  if (second == std::string_view::npos || second == 5 || second > 7 || second + 1 >= text.size()) return false;
  return all_of(text.substr(5, second - 5), "0123456789") && is_digit(text[second + 1]) &&
         text.substr(second).find_first_not_of("-0123456789:.TtZz+ ") == std::string_view::npos;
}

}  // namespace

ScalarType plain_scalar_type(std::string_view text) {
  if (text.empty() || text == "~" || is_word(text, "null")) return ScalarType::null;
  if (is_boolean(text)) return ScalarType::boolean;
  if (is_integer(text) || (is_sexagesimal(text) && text.find('.') == std::string_view::npos)) {
    return ScalarType::integer;
  }
  if (is_float(text) || is_sexagesimal(text)) return ScalarType::floating;
  if (is_date(text)) return ScalarType::date;
  return ScalarType::text;
}

ScalarType scalar_type(const Node& node) {
  if (node.kind == Node::Kind::null) return ScalarType::null;
  if (!node.tag.empty()) {
    constexpr std::string_view prefix = "tag:yaml.org,2002:";
    const std::string_view tag = node.tag;
    if (tag.substr(0, prefix.size()) == prefix) {
      const std::string_view kind = tag.substr(prefix.size());
      if (kind == "int") return ScalarType::integer;
      if (kind == "float") return ScalarType::floating;
      if (kind == "bool") return ScalarType::boolean;
      if (kind == "null") return ScalarType::null;
      if (kind == "timestamp") return ScalarType::date;
    }
    return ScalarType::text;
  }
  return node.style == Node::Style::plain ? plain_scalar_type(node.value) : ScalarType::text;
}

std::string_view describe(ScalarType type) {
  switch (type) {
    case ScalarType::null:
      return "nothing";
    case ScalarType::boolean:
      return "a boolean";
    case ScalarType::integer:
    case ScalarType::floating:
      return "a number";
    case ScalarType::date:
      return "a date";
    case ScalarType::text:
      break;
  }
  return "text";
}

bool only_in_yaml_1_1(std::string_view text) {
  for (const std::string_view word : {"yes", "no", "on", "off"}) {
    if (is_word(text, word)) return true;
  }
  return is_sexagesimal(text) || text.find('_') != std::string_view::npos;
}

}  // namespace envlock::spec
