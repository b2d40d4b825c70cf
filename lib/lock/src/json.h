#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace envlock::lock {

/// A JSON value that knows where it stands, so that every mistake in a lock can be shown with its line and column;
/// that is why the lock has a reader of its own. Texts are views into the source, or into JsonDocument's storage.
struct Json {
  enum class Kind : std::uint8_t { null, boolean, number, text, array, object };

  Kind kind = Kind::null;
  bool flag = false;
  std::size_t offset = 0;      ///< of the value's first byte
  std::size_t end = 0;         ///< one past its last
  std::string_view text;       ///< the string, or the number as written
  std::string_view key;        ///< when it is a member of an object
  std::size_t key_offset = 0;  ///< of the key's opening quote
  std::vector<Json> items;     ///< elements, or members in their order

  /// The member of that name; null pointer when there is none.
  const Json* find(std::string_view name) const;
};

/// Where and why a text is no JSON.
class JsonSyntaxError : public std::runtime_error {
 public:
  JsonSyntaxError(std::size_t offset, const std::string& what) : std::runtime_error(what), offset_(offset) {}
  std::size_t offset() const { return offset_; }

 private:
  std::size_t offset_;
};

/// `strict` is RFC 8259 with unique keys; `merged` also takes what a line-wise merge leaves behind: a comma before a
/// closing bracket, a key twice (the first counts).
enum class JsonSyntax { strict, merged };

/// A parsed text. Nesting is bounded, so no input exhausts the stack.
class JsonDocument {
 public:
  static constexpr int kMaxDepth = 64;
  /// `source` must be valid UTF-8 and outlive the document. Throws: JsonSyntaxError.
  explicit JsonDocument(std::string_view source, JsonSyntax syntax = JsonSyntax::strict);
  JsonDocument(const JsonDocument&) = delete;
  JsonDocument& operator=(const JsonDocument&) = delete;

  const Json& root() const { return root_; }
  std::string_view source() const { return source_; }
  /// "packages[3].sha256": the path of the innermost value or key at an offset.
  std::string path_of(std::size_t offset) const;

 private:
  class Reader;
  std::string_view source_;
  std::deque<std::string> unescaped_;
  Json root_;
};

}  // namespace envlock::lock
