// A JSON text as a tree, for documents that may be hostile: bounded in depth and in the number of values, no key twice.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace envlock::probe {

struct JsonValue {
  enum class Kind : std::uint8_t { null, boolean, integer, number, text, array, object };

  Kind kind = Kind::null;
  bool flag = false;
  bool negative = false;          ///< of an integer
  std::uint64_t magnitude = 0;    ///< of an integer
  std::string text;               ///< a string's
  std::vector<JsonValue> items;   ///< of an array, or an object's values
  std::vector<std::string> keys;  ///< of an object, in its order

  const JsonValue* find(std::string_view key) const;
};

/// Why a text is no JSON, or not one that is read here.
class JsonTreeError : public std::runtime_error {
 public:
  JsonTreeError(std::size_t offset, const std::string& what) : std::runtime_error(what), offset_(offset) {}
  /// Byte of the text; npos when the place is not known.
  std::size_t offset() const { return offset_; }

 private:
  std::size_t offset_;
};

/// Throws: JsonTreeError.
JsonValue parse_json_tree(std::string_view text);

}  // namespace envlock::probe
