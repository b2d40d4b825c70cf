#include "siphash.h"

#include <bit>
#include <cstddef>

namespace envlock::verify {
namespace {

struct State {
  std::uint64_t a, b, c, d;

  void round() {
    a += b;
    b = std::rotl(b, 13) ^ a;
    a = std::rotl(a, 32);
    c += d;
    d = std::rotl(d, 16) ^ c;
    a += d;
    d = std::rotl(d, 21) ^ a;
    c += b;
    b = std::rotl(b, 17) ^ c;
    c = std::rotl(c, 32);
  }
  void absorb(std::uint64_t word, int rounds) {
    d ^= word;
    for (int i = 0; i < rounds; ++i) round();
    a ^= word;
  }
};

std::uint64_t little_endian(std::string_view bytes) {
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    word |= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
  }
  return word;
}

}  // namespace

std::uint64_t siphash(int compression_rounds, int finalization_rounds, std::uint64_t key, std::string_view bytes) {
  // The second half of the key is zero.
  State state{key ^ 0x736f6d6570736575, 0x646f72616e646f6d, key ^ 0x6c7967656e657261, 0x7465646279746573};
  const std::size_t whole = bytes.size() / 8 * 8;
  for (std::size_t at = 0; at < whole; at += 8) state.absorb(little_endian(bytes.substr(at, 8)), compression_rounds);
  const std::uint64_t length = static_cast<std::uint64_t>(bytes.size() & 0xff) << 56;
  state.absorb(little_endian(bytes.substr(whole)) | length, compression_rounds);
  state.c ^= 0xff;
  for (int i = 0; i < finalization_rounds; ++i) state.round();
  return state.a ^ state.b ^ state.c ^ state.d;
}

}  // namespace envlock::verify
