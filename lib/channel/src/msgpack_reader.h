#pragma once

#include <cstdint>
#include <string_view>

namespace envlock::channel {

/// A cursor over msgpack bytes that came from outside: every length is checked against what is left, nothing recurses.
/// Source: the MessagePack specification.
class MsgpackReader {
 public:
  explicit MsgpackReader(std::string_view bytes) : bytes_(bytes) {}

  enum class Kind : std::uint8_t { nil, boolean, integer, floating, text, binary, array, map, other, broken };

  struct Value {
    Kind kind = Kind::broken;
    std::uint64_t count = 0;  ///< items of an array, pairs of a map
    std::string_view bytes;   ///< of a text or binary
    std::int64_t integer = 0;
    bool above_int64 = false;  ///< an unsigned integer beyond int64: `integer` holds its bits
    double floating = 0;
    bool boolean = false;
  };

  /// The next value; an array's or map's items follow as values of their own. `broken` at the end or for bad bytes.
  Value next();
  /// Steps over one whole value. False when the bytes are broken.
  bool skip();
  /// Steps over what follows a value whose head was read with next().
  bool skip_rest(const Value& head);
  std::size_t offset() const { return at_; }
  bool at_end() const { return at_ == bytes_.size(); }

 private:
  bool take(std::size_t size, std::uint64_t& number);
  Value blob(Kind kind, std::uint64_t size);
  Value container(Kind kind, std::uint64_t count);

  std::string_view bytes_;
  std::size_t at_ = 0;
};

}  // namespace envlock::channel
