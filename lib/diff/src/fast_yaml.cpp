#include "fast_yaml.h"

#include <algorithm>
#include <string>

namespace envlock::diff {
namespace {

constexpr int kDeepest = 64;

bool is_null(std::string_view text) {
  return text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL";
}

std::string_view without_spaces_before(std::string_view text) {
  return text.substr(std::min(text.find_first_not_of(' '), text.size()));
}

/// True when nothing but a comment follows.
bool is_rest_empty(std::string_view text) {
  const std::string_view rest = without_spaces_before(text);
  return rest.empty() || (rest.front() == '#' && rest.size() < text.size());
}

}  // namespace

bool FastYaml::read() {
  const auto is_strange = [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && byte != '\n') || byte == 0x7F;
  };
  if (std::any_of(rest_.begin(), rest_.end(), is_strange)) return false;
  tree_.nodes_.reserve(rest_.size() / 16);
  advance();
  if (at_end_ || indent_ != 0) return false;
  tree_.root_ = block(0, 0);
  return !failed_ && at_end_;
}

void FastYaml::advance() {
  while (!rest_.empty()) {
    const std::size_t end = std::min(rest_.find('\n'), rest_.size());
    std::string_view line = rest_.substr(0, end);
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    ++line_;
    const std::size_t indent = line.find_first_not_of(' ');
    if (indent == std::string_view::npos || line[indent] == '#') continue;
    line.remove_prefix(indent);
    line = line.substr(0, line.find_last_not_of(' ') + 1);
    // Marks of documents and directives.
    if (indent == 0 && (line.starts_with("---") || line.starts_with("...") || line.front() == '%')) failed_ = true;
    indent_ = indent;
    content_ = line;
    return;
  }
  at_end_ = true;
  content_ = {};
}

void FastYaml::attach(Id parent, Id& last, Id child) {
  if (child == Yaml::kNone) return;
  (last == Yaml::kNone ? tree_.nodes_[parent].first : tree_.nodes_[last].next) = child;
  last = child;
}

Yaml::Id FastYaml::block(std::size_t indent, int depth) {
  if (depth >= kDeepest) return give_up();
  return is_entry() ? sequence(indent, depth) : map(indent, depth);
}

Yaml::Id FastYaml::sequence(std::size_t indent, int depth) {
  const Id id = tree_.add(Yaml::Kind::sequence, line_);
  Id last = Yaml::kNone;
  while (!failed_ && !at_end_ && indent_ == indent && is_entry()) {
    const std::string_view after = content_.substr(1);
    const std::string_view item = without_spaces_before(after);
    const std::size_t column = indent + 1 + (after.size() - item.size());
    Id child = Yaml::kNone;
    if (!item.empty() && (item == "-" || item.starts_with("- ") || key(item))) {
      // A block that begins on the line of its dash: as if it stood alone, at its own column.
      content_ = item;
      indent_ = column;
      child = block(column, depth + 1);
    } else {
      child = value(item, indent, depth, false);
    }
    attach(id, last, child);
  }
  if (!failed_ && !at_end_ && indent_ > indent) return give_up();
  return id;
}

Yaml::Id FastYaml::map(std::size_t indent, int depth) {
  const Id id = tree_.add(Yaml::Kind::map, line_);
  Id last = Yaml::kNone;
  while (!failed_ && !at_end_ && indent_ == indent && !is_entry()) {
    const std::optional<Key> found = key(content_);
    if (!found) return give_up();
    attach(
        id, last,
        is_null(found->text) ? tree_.add(Yaml::Kind::null, line_) : tree_.add(Yaml::Kind::scalar, line_, found->text));
    attach(id, last, value(without_spaces_before(found->rest), indent, depth, true));
  }
  if (!failed_ && !at_end_ && indent_ > indent) return give_up();
  return id;
}

Yaml::Id FastYaml::value(std::string_view text, std::size_t indent, int depth, bool may_be_level) {
  const int line = line_;
  if (!text.empty() && text.front() != '#') {
    const Id id = inline_value(text);
    advance();
    // A deeper line would go on with the scalar.
    return !at_end_ && indent_ > indent ? give_up() : id;
  }
  advance();
  if (!at_end_ && (indent_ > indent || (may_be_level && indent_ == indent && is_entry()))) {
    const std::size_t below = indent_;
    return is_entry() || key(content_) ? block(below, depth + 1) : give_up();
  }
  return tree_.add(Yaml::Kind::null, line);
}

Yaml::Id FastYaml::inline_value(std::string_view text) {
  if (text.front() == '[') return flow_sequence(text);
  if (text.starts_with("{}")) {
    return is_rest_empty(text.substr(2)) ? tree_.add(Yaml::Kind::map, line_) : give_up();
  }
  if (text.front() == '"' || text.front() == '\'') {
    std::size_t end = 0;
    const std::optional<std::string_view> content = quoted(text, end);
    if (!content || !is_rest_empty(text.substr(end))) return give_up();
    return tree_.add(Yaml::Kind::scalar, line_, *content);
  }
  const std::optional<std::string_view> content = plain(text);
  if (!content) return give_up();
  return is_null(*content) ? tree_.add(Yaml::Kind::null, line_) : tree_.add(Yaml::Kind::scalar, line_, *content);
}

Yaml::Id FastYaml::flow_sequence(std::string_view text) {
  const Id id = tree_.add(Yaml::Kind::sequence, line_);
  Id last = Yaml::kNone;
  text = without_spaces_before(text.substr(1));
  if (text.starts_with("]")) return is_rest_empty(text.substr(1)) ? id : give_up();
  while (true) {
    if (text.empty()) return give_up();
    if (text.front() == '"' || text.front() == '\'') {
      std::size_t end = 0;
      const std::optional<std::string_view> content = quoted(text, end);
      if (!content) return give_up();
      attach(id, last, tree_.add(Yaml::Kind::scalar, line_, *content));
      text = without_spaces_before(text.substr(end));
    } else {
      const std::size_t end = text.find_first_of(",]");
      if (end == std::string_view::npos) return give_up();
      std::string_view word = text.substr(0, end);
      word = word.substr(0, word.find_last_not_of(' ') + 1);
      const std::optional<std::string_view> content = plain(word);
      if (!content || content->size() != word.size() ||
          word.find_first_of("[]{}:\"'#&*!|>") != std::string_view::npos || is_null(word)) {
        return give_up();
      }
      attach(id, last, tree_.add(Yaml::Kind::scalar, line_, word));
      text = text.substr(end);
    }
    if (text.starts_with("]")) return is_rest_empty(text.substr(1)) ? id : give_up();
    if (!text.starts_with(",")) return give_up();
    text = without_spaces_before(text.substr(1));
  }
}

std::optional<std::string_view> FastYaml::quoted(std::string_view text, std::size_t& end) {
  const char quote = text.front();
  std::size_t at = 1;
  bool is_escaped = false;
  for (; at < text.size(); ++at) {
    if (quote == '"' && text[at] == '\\') {
      // Other escapes than those of a quote and a backslash are rare enough to leave to yaml-cpp.
      if (at + 1 >= text.size() || (text[at + 1] != '"' && text[at + 1] != '\\')) return std::nullopt;
      is_escaped = true;
      ++at;
    } else if (text[at] == quote) {
      if (quote == '"' || at + 1 >= text.size() || text[at + 1] != quote) break;
      is_escaped = true;
      ++at;
    }
  }
  if (at >= text.size()) return std::nullopt;
  end = at + 1;
  const std::string_view inside = text.substr(1, at - 1);
  if (!is_escaped) return inside;
  std::string content;
  for (std::size_t i = 0; i < inside.size(); ++i) {
    if (inside[i] == (quote == '"' ? '\\' : quote)) ++i;
    content += inside[i];
  }
  tree_.unescaped_.push_back(std::move(content));
  return tree_.unescaped_.back();
}

std::optional<std::string_view> FastYaml::plain(std::string_view text) const {
  if (text.find_first_of("&*!|>%@`\"'[]{},#?:-") == 0) {
    // "-x", "?x" and ":x" are plain; what else begins so is not.
    const bool is_mark = text.front() == '-' || text.front() == '?' || text.front() == ':';
    if (!is_mark || text.size() < 2 || text[1] == ' ' || text[1] == ',') return std::nullopt;
  }
  const std::size_t comment = text.find(" #");
  if (comment != std::string_view::npos) text = text.substr(0, comment);
  text = text.substr(0, text.find_last_not_of(' ') + 1);
  if (text.ends_with(':') || text.find(": ") != std::string_view::npos) return std::nullopt;
  return text;
}

std::optional<FastYaml::Key> FastYaml::key(std::string_view text) {
  if (text.empty()) return std::nullopt;
  if (text.front() == '"' || text.front() == '\'') {
    std::size_t end = 0;
    const std::optional<std::string_view> content = quoted(text, end);
    // A null key and a quoted "null" are not the same; neither is worth the care.
    if (!content || is_null(*content) || end >= text.size() || text[end] != ':') return std::nullopt;
    if (end + 1 < text.size() && text[end + 1] != ' ') return std::nullopt;
    return Key{*content, text.substr(end + 1)};
  }
  if (text.find_first_of("&*!|>%@`[]{},#?:-") == 0) return std::nullopt;
  const std::size_t colon = text.ends_with(':') ? std::min(text.find(": "), text.size() - 1) : text.find(": ");
  if (colon == std::string_view::npos) return std::nullopt;
  const std::string_view name = text.substr(0, colon);
  if (name.find(" #") != std::string_view::npos || name.ends_with(' ')) return std::nullopt;
  return Key{name, text.substr(colon + 1)};
}

}  // namespace envlock::diff
