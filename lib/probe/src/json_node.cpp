#include "json_node.h"

#include <algorithm>

#include "envlock/core/diagnostic.h"
#include "envlock/core/text.h"

namespace envlock::probe {

JsonNode JsonNode::member(std::string_view key) const& {
  if (const std::optional<JsonNode> found = find(key)) return *found;
  refuse("an object with the member `" + std::string(key) + "`");
}

std::optional<JsonNode> JsonNode::find(std::string_view key) const& {
  if (!is_object()) refuse("an object");
  const JsonValue* found = value_->find(key);
  if (found == nullptr) return std::nullopt;
  return JsonNode(*found, *this, key, 0);
}

JsonNode JsonNode::at(std::size_t index) const& {
  return {value_->items[index], *this, is_object() ? std::string_view(value_->keys[index]) : std::string_view(), index};
}

const JsonNode& JsonNode::array() const& {
  if (value_->kind != JsonValue::Kind::array) refuse("an array");
  return *this;
}

const JsonNode& JsonNode::object() const& {
  if (!is_object()) refuse("an object");
  return *this;
}

const std::string& JsonNode::text() const {
  if (value_->kind != JsonValue::Kind::text) refuse("a string");
  return value_->text;
}

bool JsonNode::flag() const {
  if (value_->kind != JsonValue::Kind::boolean) refuse("true or false");
  return value_->flag;
}

std::int64_t JsonNode::integer(std::int64_t least, std::int64_t most) const {
  constexpr std::uint64_t kMost = std::uint64_t{1} << 62;
  if (value_->kind == JsonValue::Kind::integer && value_->magnitude <= kMost) {
    const auto magnitude = static_cast<std::int64_t>(value_->magnitude);
    const std::int64_t number = value_->negative ? -magnitude : magnitude;
    if (number >= least && number <= most) return number;
  }
  refuse("an integer from " + std::to_string(least) + " to " + std::to_string(most));
}

std::uint64_t JsonNode::count() const {
  if (value_->kind != JsonValue::Kind::integer || (value_->negative && value_->magnitude != 0)) {
    refuse("an integer that is not negative");
  }
  return value_->magnitude;
}

core::Sha256 JsonNode::digest() const {
  const bool has_capitals =
      value_->kind == JsonValue::Kind::text &&
      std::any_of(value_->text.begin(), value_->text.end(), [](char c) { return c >= 'A' && c <= 'F'; });
  const auto digest = value_->kind == JsonValue::Kind::text ? core::parse_sha256(value_->text) : std::nullopt;
  if (!digest || has_capitals) refuse("a SHA-256 of 64 hexadecimal digits in lower case");
  return *digest;
}

std::uint64_t JsonNode::bits(std::size_t digits) const {
  const auto number =
      value_->kind == JsonValue::Kind::text && value_->text.size() == digits ? parse_hex(value_->text) : std::nullopt;
  if (!number) refuse(std::to_string(digits) + " hexadecimal digits in lower case");
  return *number;
}

std::string JsonNode::path() const {
  if (parent_ == nullptr) return {};
  std::string path = parent_->path();
  if (!parent_->is_object()) return path + "[" + std::to_string(index_) + "]";
  return path + (path.empty() ? "" : ".") + core::printable(key_, 60);
}

void JsonNode::refuse(const std::string& wanted) const {
  const std::string place = parent_ == nullptr ? "the document" : "`" + path() + "`";
  throw core::Error({.code = "probe-run-malformed",
                     .what = place + " must be " + wanted,
                     .where = core::SourceSpan{.file = std::string(file_)},
                     .why = {},
                     .hints = {"use the document as `envlock probe run` wrote it, or make it again"}});
}

std::optional<std::uint64_t> parse_hex(std::string_view text) {
  if (text.empty() || text.size() > 16) return std::nullopt;
  std::uint64_t number = 0;
  for (const char c : text) {
    const bool digit = c >= '0' && c <= '9';
    if (!digit && !(c >= 'a' && c <= 'f')) return std::nullopt;
    number = number << 4 | static_cast<std::uint64_t>(digit ? c - '0' : c - 'a' + 10);
  }
  return number;
}

}  // namespace envlock::probe
