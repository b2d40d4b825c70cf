// A cursor into a JSON tree that knows its path, so that every complaint names the place.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "envlock/core/digest.h"
#include "json_tree.h"

namespace envlock::probe {

/// A value of a document and the way to it. A node refers to its parent, which must outlive it: hence the deleted
/// overloads for temporaries. All getters throw Error "probe-run-malformed" when the value is of another kind.
class JsonNode {
 public:
  JsonNode(const JsonValue& value, std::string_view file) : value_(&value), file_(file) {}

  bool is_null() const { return value_->kind == JsonValue::Kind::null; }
  bool is_object() const { return value_->kind == JsonValue::Kind::object; }
  JsonNode member(std::string_view key) const&;
  JsonNode member(std::string_view key) const&& = delete;
  std::optional<JsonNode> find(std::string_view key) const&;
  std::optional<JsonNode> find(std::string_view key) const&& = delete;

  /// Elements of an array, or members of an object.
  std::size_t size() const { return value_->items.size(); }
  JsonNode at(std::size_t index) const&;
  JsonNode at(std::size_t index) const&& = delete;
  const std::string& key_at(std::size_t index) const { return value_->keys[index]; }

  const JsonNode& array() const&;
  const JsonNode& object() const&;
  const std::string& text() const;
  bool flag() const;
  std::int64_t integer(std::int64_t least, std::int64_t most) const;
  std::uint64_t count() const;
  core::Sha256 digest() const;
  /// Hexadecimal digits, as many as `digits`.
  std::uint64_t bits(std::size_t digits) const;

  /// "parts[0].steps[3].root".
  std::string path() const;
  /// Complains of this value: "`PATH` must be WANTED".
  [[noreturn]] void refuse(const std::string& wanted) const;

 private:
  JsonNode(const JsonValue& value, const JsonNode& parent, std::string_view key, std::size_t index)
      : value_(&value), file_(parent.file_), parent_(&parent), key_(key), index_(index) {}

  const JsonValue* value_;
  std::string_view file_;
  const JsonNode* parent_ = nullptr;
  std::string_view key_;  ///< empty: an element, or the whole document
  std::size_t index_ = 0;
};

/// The hexadecimal digits of a whole text as a number; absent when it is anything else. Lower case only: the documents
/// have one spelling.
std::optional<std::uint64_t> parse_hex(std::string_view text);

}  // namespace envlock::probe
