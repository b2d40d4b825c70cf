// A cursor into a JSON tree that knows its path, so that every complaint names the place.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "envlock/core/digest.h"
#include "json_tree.h"

namespace envlock::snapshot {

/// The text that a tree was read from, for the lines that messages show.
struct JsonSource {
  std::string_view text;
  std::string_view file;
};

/// Throws: core::Error "snapshot-invalid" at a line of the source.
[[noreturn]] void throw_invalid(const JsonSource& source, int line, const std::string& what, const std::string& path);

/// A value of a document and the way to it. A node refers to its parent, which must outlive it. All getters throw
/// core::Error "snapshot-invalid" when the value is of another kind.
class JsonNode {
 public:
  JsonNode(const JsonValue& value, const JsonSource& source) : value_(&value), source_(&source) {}

  std::optional<JsonNode> find(std::string_view key) const&;
  std::optional<JsonNode> find(std::string_view key) const&& = delete;
  JsonNode member(std::string_view key) const&;
  JsonNode member(std::string_view key) const&& = delete;
  /// Refuses an object's members but those named.
  void allow_only(std::initializer_list<std::string_view> keys) const;

  const std::string& any_text() const;
  const std::string& text() const;  ///< not empty: what is empty is left out
  bool flag() const;
  bool mark() const;  ///< true: what is false is left out
  std::uint64_t count(std::uint64_t most = std::numeric_limits<std::uint64_t>::max()) const;
  core::Sha256 sha256() const;
  core::Md5 md5() const;
  std::vector<std::string> texts() const;
  void each(const std::function<void(const JsonNode&)>& use) const;  ///< element of an array
  void each_member(const std::function<void(const std::string&, const JsonNode&)>& use) const;

  /// "" where the member is absent.
  std::string optional_text(std::string_view key) const;
  std::optional<std::uint64_t> optional_count(std::string_view key) const;

  /// "environment.packages[3].root".
  std::string path() const;
  /// Complains of this value: "`PATH` must be WANTED".
  [[noreturn]] void refuse(const std::string& wanted) const;

 private:
  JsonNode(const JsonValue& value, const JsonNode& parent, std::string_view key, std::size_t index)
      : value_(&value), source_(parent.source_), parent_(&parent), key_(key), index_(index) {}

  const JsonValue* value_;
  const JsonSource* source_;
  const JsonNode* parent_ = nullptr;
  std::string_view key_;  ///< empty: an element, or the whole document
  std::size_t index_ = 0;
};

}  // namespace envlock::snapshot
