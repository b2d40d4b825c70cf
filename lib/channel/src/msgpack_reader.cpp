#include "msgpack_reader.h"

#include <bit>

namespace envlock::channel {
namespace {

using Kind = MsgpackReader::Kind;
using Value = MsgpackReader::Value;

Value of_kind(Kind kind) {
  Value value;
  value.kind = kind;
  return value;
}

Value of_integer(std::int64_t integer) {
  Value value = of_kind(Kind::integer);
  value.integer = integer;
  return value;
}

}  // namespace

bool MsgpackReader::take(std::size_t size, std::uint64_t& number) {
  if (bytes_.size() - at_ < size) return false;
  number = 0;
  for (std::size_t i = 0; i < size; ++i) {
    number = number << 8 | static_cast<unsigned char>(bytes_[at_ + i]);
  }
  at_ += size;
  return true;
}

Value MsgpackReader::blob(Kind kind, std::uint64_t size) {
  if (size > bytes_.size() - at_) return {};
  Value value = of_kind(kind);
  value.bytes = bytes_.substr(at_, size);
  at_ += size;
  return value;
}

Value MsgpackReader::container(Kind kind, std::uint64_t count) {
  // Each item takes at least one byte: a count beyond that is a lie, and would make loops long.
  const std::uint64_t items = kind == Kind::map ? count * 2 : count;
  if (items > bytes_.size() - at_) return {};
  Value value = of_kind(kind);
  value.count = count;
  return value;
}

Value MsgpackReader::next() {
  if (at_ >= bytes_.size()) return {};
  const auto head = static_cast<unsigned char>(bytes_[at_++]);
  if (head <= 0x7f) return of_integer(head);
  if (head >= 0xe0) return of_integer(static_cast<std::int8_t>(head));
  if (head <= 0x8f) return container(Kind::map, head & 0x0fu);
  if (head <= 0x9f) return container(Kind::array, head & 0x0fu);
  if (head <= 0xbf) return blob(Kind::text, head & 0x1fu);
  std::uint64_t number = 0;
  const auto sized = [&](unsigned char first) { return std::size_t{1} << (head - first); };
  switch (head) {
    case 0xc0:
      return of_kind(Kind::nil);
    case 0xc2:
    case 0xc3: {
      Value value = of_kind(Kind::boolean);
      value.boolean = head == 0xc3;
      return value;
    }
    case 0xc4:
    case 0xc5:
    case 0xc6:
      return take(sized(0xc4), number) ? blob(Kind::binary, number) : Value{};
    case 0xc7:
    case 0xc8:
    case 0xc9:  // extensions: a type byte, then that many bytes
      return take(sized(0xc7), number) && number < bytes_.size() ? blob(Kind::other, number + 1) : Value{};
    case 0xca: {
      if (!take(4, number)) return {};
      Value value = of_kind(Kind::floating);
      value.floating = static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(number)));
      return value;
    }
    case 0xcb: {
      if (!take(8, number)) return {};
      Value value = of_kind(Kind::floating);
      value.floating = std::bit_cast<double>(number);
      return value;
    }
    case 0xcc:
    case 0xcd:
    case 0xce:
    case 0xcf: {
      if (!take(sized(0xcc), number)) return {};
      Value value = of_integer(static_cast<std::int64_t>(number));
      value.above_int64 = number > 0x7fffffffffffffffull;
      return value;
    }
    case 0xd0:
      return take(1, number) ? of_integer(static_cast<std::int8_t>(number)) : Value{};
    case 0xd1:
      return take(2, number) ? of_integer(static_cast<std::int16_t>(number)) : Value{};
    case 0xd2:
      return take(4, number) ? of_integer(static_cast<std::int32_t>(number)) : Value{};
    case 0xd3:
      return take(8, number) ? of_integer(static_cast<std::int64_t>(number)) : Value{};
    case 0xd4:
    case 0xd5:
    case 0xd6:
    case 0xd7:
    case 0xd8:
      return blob(Kind::other, sized(0xd4) + 1);
    case 0xd9:
    case 0xda:
    case 0xdb:
      return take(sized(0xd9), number) ? blob(Kind::text, number) : Value{};
    case 0xdc:
    case 0xdd:
      return take(sized(0xdc) * 2, number) ? container(Kind::array, number) : Value{};
    case 0xde:
    case 0xdf:
      return take(sized(0xde) * 2, number) ? container(Kind::map, number) : Value{};
    default:
      return {};
  }
}

bool MsgpackReader::skip() {
  return skip_rest(next());
}

bool MsgpackReader::skip_rest(const Value& head) {
  if (head.kind == Kind::broken) return false;
  std::uint64_t left = head.kind == Kind::map ? head.count * 2 : head.kind == Kind::array ? head.count : 0;
  while (left > 0) {
    const Value value = next();
    if (value.kind == Kind::broken) return false;
    --left;
    if (value.kind == Kind::map) left += value.count * 2;
    if (value.kind == Kind::array) left += value.count;
    if (left > bytes_.size() - at_) return false;
  }
  return true;
}

}  // namespace envlock::channel
