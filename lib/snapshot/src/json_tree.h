// A JSON text as a tree of values that know their lines. Bounded in depth and number, no key twice: the text may be
// hostile.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace envlock::snapshot {

struct JsonValue {
  enum class Kind : std::uint8_t { null, boolean, count, number, text, array, object };

  Kind kind = Kind::null;
  bool flag = false;
  int line = 0;                   ///< on which it ends, 1-based
  std::uint64_t count = 0;        ///< a whole number that is not negative
  std::string text;               ///< a string's
  std::vector<JsonValue> items;   ///< of an array, or an object's values
  std::vector<std::string> keys;  ///< of an object, in its order

  const JsonValue* find(std::string_view key) const;
};

/// Why a text is no JSON, or not one that is read here.
class JsonTreeError : public std::runtime_error {
 public:
  JsonTreeError(int line, const std::string& what) : std::runtime_error(what), line_(line) {}
  int line() const { return line_; }

 private:
  int line_;
};

/// Throws: JsonTreeError.
JsonValue parse_json_tree(std::string_view text);

}  // namespace envlock::snapshot
