#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace envlock::core {

/// The bytes of a hash. Ordered and compared bytewise.
template <std::size_t N>
struct Digest {
  std::array<std::uint8_t, N> bytes{};
  auto operator<=>(const Digest&) const = default;
};
using Sha256 = Digest<32>;
using Md5 = Digest<16>;

/// Lower or upper case hex of exactly the right length; anything else is absent.
std::optional<Sha256> parse_sha256(std::string_view hex);
std::optional<Md5> parse_md5(std::string_view hex);
/// Lower case hex.
std::string format(const Sha256& digest);
std::string format(const Md5& digest);

/// A streaming hash: update any number of times, then finish once.
class Sha256Hasher {
 public:
  Sha256Hasher();
  ~Sha256Hasher();
  Sha256Hasher(Sha256Hasher&&) noexcept;
  Sha256Hasher& operator=(Sha256Hasher&&) noexcept;
  void update(std::string_view bytes);
  /// As an update of each. On processors with instructions for SHA-256 it takes little longer than that of the one with
  /// more bytes: give both about as many.
  static void update_both(Sha256Hasher& first, std::string_view first_bytes, Sha256Hasher& second,
                          std::string_view second_bytes);
  Sha256 finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

class Md5Hasher {
 public:
  Md5Hasher();
  ~Md5Hasher();
  void update(std::string_view bytes);
  Md5 finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The hash of a fixed prefix followed by other bytes. The prefix is hashed once; `of` allocates nothing and may be
/// called from several threads.
class Sha256Prefix {
 public:
  explicit Sha256Prefix(std::string_view prefix);
  Sha256 of(std::string_view bytes) const { return of(bytes, {}); }
  Sha256 of(std::string_view first, std::string_view second) const;

 private:
  static constexpr std::size_t kStateBytes = 128;
  alignas(8) std::array<unsigned char, kStateBytes> state_{};
};

Sha256 sha256(std::string_view bytes);
Md5 md5(std::string_view bytes);

}  // namespace envlock::core
