#include "envlock/core/digest.h"

// The plain SHA256_* calls are deprecated, but their state is a value that can be copied without an allocation, which
// halves the cost of hashing many small pieces behind one prefix.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/evp.h>
#include <openssl/sha.h>

#include <cstring>
#include <new>
#include <utility>

namespace envlock::core {
namespace {

/// The value of each hex digit, 0x80 for all that is none. A table, because indexes hold hashes by the ten thousand.
constexpr std::array<std::uint8_t, 256> kHexValues = [] {
  std::array<std::uint8_t, 256> values{};
  values.fill(0x80);
  for (std::size_t i = 0; i < 10; ++i) values['0' + i] = static_cast<std::uint8_t>(i);
  for (std::size_t i = 0; i < 6; ++i) {
    values['a' + i] = values['A' + i] = static_cast<std::uint8_t>(10 + i);
  }
  return values;
}();

template <std::size_t N>
std::optional<Digest<N>> parse_hex(std::string_view hex) {
  if (hex.size() != 2 * N) return std::nullopt;
  Digest<N> digest;
  unsigned wrong = 0;
  for (std::size_t i = 0; i < N; ++i) {
    const unsigned high = kHexValues[static_cast<unsigned char>(hex[2 * i])];
    const unsigned low = kHexValues[static_cast<unsigned char>(hex[2 * i + 1])];
    wrong |= high | low;
    digest.bytes[i] = static_cast<std::uint8_t>(high * 16 + low);
  }
  if (wrong >= 0x80) return std::nullopt;
  return digest;
}

template <std::size_t N>
std::string format_hex(const Digest<N>& digest) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text(2 * N, '0');
  for (std::size_t i = 0; i < N; ++i) {
    text[2 * i] = kDigits[digest.bytes[i] >> 4];
    text[2 * i + 1] = kDigits[digest.bytes[i] & 15];
  }
  return text;
}

struct ContextDeleter {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_MD_CTX, ContextDeleter>;

Context start(const EVP_MD* method) {
  Context context(EVP_MD_CTX_new());
  if (!context || EVP_DigestInit_ex(context.get(), method, nullptr) != 1) throw std::bad_alloc();
  return context;
}

template <std::size_t N>
Digest<N> finish_context(EVP_MD_CTX* context) {
  Digest<N> digest;
  unsigned length = 0;
  EVP_DigestFinal_ex(context, digest.bytes.data(), &length);
  return digest;
}

}  // namespace

std::optional<Sha256> parse_sha256(std::string_view hex) {
  return parse_hex<32>(hex);
}
std::optional<Md5> parse_md5(std::string_view hex) {
  return parse_hex<16>(hex);
}
std::string format(const Sha256& digest) {
  return format_hex(digest);
}
std::string format(const Md5& digest) {
  return format_hex(digest);
}

struct Md5Hasher::State {
  Context context = start(EVP_md5());
};
Md5Hasher::Md5Hasher() : state_(std::make_unique<State>()) {}
Md5Hasher::~Md5Hasher() = default;
void Md5Hasher::update(std::string_view bytes) {
  EVP_DigestUpdate(state_->context.get(), bytes.data(), bytes.size());
}
Md5 Md5Hasher::finish() {
  return finish_context<16>(state_->context.get());
}

Sha256Prefix::Sha256Prefix(std::string_view prefix) {
  static_assert(sizeof(SHA256_CTX) <= kStateBytes);
  SHA256_CTX context;
  SHA256_Init(&context);
  SHA256_Update(&context, prefix.data(), prefix.size());
  std::memcpy(state_.data(), &context, sizeof context);
}

Sha256 Sha256Prefix::of(std::string_view first, std::string_view second) const {
  SHA256_CTX context;
  std::memcpy(&context, state_.data(), sizeof context);
  SHA256_Update(&context, first.data(), first.size());
  SHA256_Update(&context, second.data(), second.size());
  Sha256 digest;
  SHA256_Final(digest.bytes.data(), &context);
  return digest;
}

Sha256 sha256(std::string_view bytes) {
  Sha256Hasher hasher;
  hasher.update(bytes);
  return hasher.finish();
}

Md5 md5(std::string_view bytes) {
  Md5Hasher hasher;
  hasher.update(bytes);
  return hasher.finish();
}

}  // namespace envlock::core
