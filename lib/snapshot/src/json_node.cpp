#include "json_node.h"

#include <algorithm>

#include "envlock/core/diagnostic.h"
#include "envlock/core/text.h"

namespace envlock::snapshot {
namespace {

constexpr std::size_t kMostShown = 4096;

std::string_view line_of(std::string_view text, int line) {
  for (int i = 1; i < line; ++i) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return {};
    text.remove_prefix(end + 1);
  }
  return text.substr(0, text.find('\n'));
}

bool has_capitals(std::string_view hex) {
  return std::any_of(hex.begin(), hex.end(), [](char c) { return c >= 'A' && c <= 'F'; });
}

}  // namespace

void throw_invalid(const JsonSource& source, int line, const std::string& what, const std::string& path) {
  core::SourceSpan where{.file = core::printable(source.file), .line = line};
  // A line of a document that is not ours may be the whole document, or not even text.
  const std::string_view text = line == 0 ? std::string_view() : line_of(source.text, line);
  if (text.size() <= kMostShown && core::is_valid_utf8(text)) where.text = std::string(text);
  core::Diagnostic diagnostic{
      .code = "snapshot-invalid", .what = what, .where = std::move(where), .why = {}, .hints = {}};
  if (!path.empty()) diagnostic.why.push_back("at `" + path + "`");
  diagnostic.hints.push_back("use the document as `envlock snapshot` wrote it, or make it again");
  throw core::Error(std::move(diagnostic));
}

std::optional<JsonNode> JsonNode::find(std::string_view key) const& {
  if (value_->kind != JsonValue::Kind::object) refuse("an object");
  const auto found = std::find(value_->keys.begin(), value_->keys.end(), key);
  if (found == value_->keys.end()) return std::nullopt;
  return JsonNode(value_->items[static_cast<std::size_t>(found - value_->keys.begin())], *this, *found, 0);
}

JsonNode JsonNode::member(std::string_view key) const& {
  if (const std::optional<JsonNode> found = find(key)) return *found;
  refuse("an object with the member `" + std::string(key) + "`");
}

void JsonNode::allow_only(std::initializer_list<std::string_view> keys) const {
  if (value_->kind != JsonValue::Kind::object) refuse("an object");
  for (const std::string& key : value_->keys) {
    if (std::find(keys.begin(), keys.end(), key) != keys.end()) continue;
    throw_invalid(*source_, value_->find(key)->line, "a snapshot has no `" + core::printable(key, 60) + "` here",
                  path());
  }
}

const std::string& JsonNode::any_text() const {
  if (value_->kind != JsonValue::Kind::text) refuse("a string");
  return value_->text;
}

const std::string& JsonNode::text() const {
  if (value_->kind != JsonValue::Kind::text || value_->text.empty()) refuse("a string that is not empty");
  return value_->text;
}

bool JsonNode::flag() const {
  if (value_->kind != JsonValue::Kind::boolean) refuse("true or false");
  return value_->flag;
}

bool JsonNode::mark() const {
  if (value_->kind != JsonValue::Kind::boolean || !value_->flag) refuse("`true`, or be left out");
  return true;
}

std::uint64_t JsonNode::count(std::uint64_t most) const {
  if (value_->kind != JsonValue::Kind::count || value_->count > most) {
    refuse("a whole number from 0 to " + std::to_string(most));
  }
  return value_->count;
}

core::Sha256 JsonNode::sha256() const {
  const auto digest = value_->kind == JsonValue::Kind::text ? core::parse_sha256(value_->text) : std::nullopt;
  if (!digest || has_capitals(value_->text)) refuse("a SHA-256 of 64 hexadecimal digits in lower case");
  return *digest;
}

core::Md5 JsonNode::md5() const {
  const auto digest = value_->kind == JsonValue::Kind::text ? core::parse_md5(value_->text) : std::nullopt;
  if (!digest || has_capitals(value_->text)) refuse("an MD5 of 32 hexadecimal digits in lower case");
  return *digest;
}

std::vector<std::string> JsonNode::texts() const {
  std::vector<std::string> all;
  each([&](const JsonNode& element) { all.push_back(element.any_text()); });
  return all;
}

void JsonNode::each(const std::function<void(const JsonNode&)>& use) const {
  if (value_->kind != JsonValue::Kind::array) refuse("an array");
  for (std::size_t i = 0; i < value_->items.size(); ++i) use(JsonNode(value_->items[i], *this, {}, i));
}

void JsonNode::each_member(const std::function<void(const std::string&, const JsonNode&)>& use) const {
  if (value_->kind != JsonValue::Kind::object) refuse("an object");
  for (std::size_t i = 0; i < value_->items.size(); ++i) {
    use(value_->keys[i], JsonNode(value_->items[i], *this, value_->keys[i], i));
  }
}

std::string JsonNode::optional_text(std::string_view key) const {
  const std::optional<JsonNode> found = find(key);
  return found ? found->text() : std::string();
}

std::optional<std::uint64_t> JsonNode::optional_count(std::string_view key) const {
  const std::optional<JsonNode> found = find(key);
  return found ? std::optional(found->count()) : std::nullopt;
}

std::string JsonNode::path() const {
  if (parent_ == nullptr) return {};
  std::string path = parent_->path();
  if (parent_->value_->kind == JsonValue::Kind::array) return path + "[" + std::to_string(index_) + "]";
  return path + (path.empty() ? "" : ".") + core::printable(key_, 60);
}

void JsonNode::refuse(const std::string& wanted) const {
  const std::string place = parent_ == nullptr ? "the document" : "`" + path() + "`";
  throw_invalid(*source_, value_->line, place + " must be " + wanted, {});
}

}  // namespace envlock::snapshot
