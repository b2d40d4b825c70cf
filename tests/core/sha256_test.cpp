#include <openssl/evp.h>

#include <array>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "../../lib/core/src/sha256_pair.h"
#include "envlock/core/digest.h"
#include "envlock/core/sha256_company.h"
#include "support/catch.h"

using namespace envlock::core;

namespace {

Sha256 word_of_openssl(std::string_view bytes) {
  Sha256 digest;
  unsigned length = 0;
  EVP_Digest(bytes.data(), bytes.size(), digest.bytes.data(), &length, EVP_sha256(), nullptr);
  return digest;
}

class Random {
 public:
  explicit Random(std::uint32_t seed) : state_(seed) {}
  std::size_t below(std::size_t limit) { return next() % limit; }
  std::string bytes(std::size_t length) {
    std::string bytes(length, '\0');
    for (char& byte : bytes) byte = static_cast<char>(next());
    return bytes;
  }

 private:
  std::uint32_t next() { return (state_ = state_ * 1664525 + 1013904223) >> 8; }
  std::uint32_t state_;
};

/// A message and how far its hash is.
struct Reading {
  std::string bytes;
  std::size_t done = 0;
  Sha256Hasher hasher;

  std::string_view take(std::size_t count) {
    const std::string_view piece = std::string_view(bytes).substr(done, count);
    done += piece.size();
    return piece;
  }
  bool is_over() const { return done == bytes.size(); }
};

/// Messages one after the other, shown in pieces.
class Messages : public Sha256Companion {
 public:
  Messages(std::vector<std::string> messages, std::size_t piece) : messages_(std::move(messages)), piece_(piece) {
    skip_empty();
  }
  Ready next() override {
    if (digests.size() == messages_.size()) return {};
    return {&hasher_, std::string_view(messages_[digests.size()]).substr(done_, piece_)};
  }
  void hashed(std::size_t count) override {
    REQUIRE(count > 0);
    done_ += count;
    skip_empty();
  }
  std::vector<Sha256> digests;

 private:
  void skip_empty() {
    while (digests.size() < messages_.size() && done_ == messages_[digests.size()].size()) {
      digests.push_back(std::exchange(hasher_, {}).finish());
      done_ = 0;
    }
  }
  std::vector<std::string> messages_;
  std::size_t piece_;
  Sha256Hasher hasher_;
  std::size_t done_ = 0;
};

void hash_wrongly(const Sha256Lane& first, const Sha256Lane& second, std::size_t count) {
  sha256_pair_function()(first, second, count);
  second.words[7] ^= 1;
}

void hash_first_only(const Sha256Lane& first, const Sha256Lane& second, std::size_t count) {
  std::array<std::uint32_t, 8> lost{};
  sha256_pair_function()(first, {lost.data(), second.blocks}, count);
}

}  // namespace

TEST_CASE("two messages of any lengths, hashed together, have the digests that OpenSSL gives each") {
  constexpr std::size_t kLengths = 301;
  Random random(1);
  const std::string one = random.bytes(kLengths), two = random.bytes(kLengths);
  std::vector<Sha256> of_one, of_two;
  for (std::size_t length = 0; length < kLengths; ++length) {
    of_one.push_back(word_of_openssl(std::string_view(one).substr(0, length)));
    of_two.push_back(word_of_openssl(std::string_view(two).substr(0, length)));
  }
  for (std::size_t i = 0; i < kLengths; ++i) {
    for (std::size_t j = 0; j < kLengths; ++j) {
      Sha256Hasher first, second;
      Sha256Hasher::update_both(first, std::string_view(one).substr(0, i), second, std::string_view(two).substr(0, j));
      const bool second_ends_first = (i + j) % 2 != 0;
      const Sha256 late = second_ends_first ? second.finish() : first.finish();
      const Sha256 last = second_ends_first ? first.finish() : second.finish();
      if ((second_ends_first ? last : late) != of_one[i] || (second_ends_first ? late : last) != of_two[j]) {
        FAIL("lengths " << i << " and " << j);
      }
    }
  }
}

TEST_CASE("however two messages are cut, together and apart, their digests are those of the whole") {
  for (std::uint32_t seed = 0; seed < 400; ++seed) {
    Random random(seed);
    const std::size_t longest = seed % 4 == 0 ? 100'000 : 2'000;
    Reading one{random.bytes(random.below(longest))}, two{random.bytes(random.below(longest))};
    const std::size_t piece = 1 + random.below(seed % 3 == 0 ? 200 : 5'000);
    while (!one.is_over() || !two.is_over()) {
      const std::string_view of_one = one.take(random.below(piece + 1)), of_two = two.take(random.below(piece + 1));
      if (random.below(4) == 0) {
        one.hasher.update(of_one);
        two.hasher.update(of_two);
      } else if (random.below(2) == 0) {
        Sha256Hasher::update_both(one.hasher, of_one, two.hasher, of_two);
      } else {
        Sha256Hasher::update_both(two.hasher, of_two, one.hasher, of_one);
      }
    }
    INFO("seed " << seed);
    REQUIRE(one.hasher.finish() == word_of_openssl(one.bytes));
    REQUIRE(two.hasher.finish() == word_of_openssl(two.bytes));
  }
}

TEST_CASE("the length of a message that is hashed beside another counts beyond 32 bits") {
  const std::string piece(std::size_t{1} << 20, 'x');
  constexpr std::size_t kPieces = 513;  // a piece above 2^32 bits
  Sha256Hasher one, two, alone;
  for (std::size_t i = 0; i < kPieces; ++i) {
    Sha256Hasher::update_both(one, piece, two, piece);
    alone.update(piece);
  }
  const Sha256 want = alone.finish();
  CHECK(one.finish() == want);
  CHECK(two.finish() == want);
}

TEST_CASE("a hash can be its own partner, and the bytes of two hashes may be the same") {
  const std::string bytes = Random(3).bytes(1'000);
  Sha256Hasher hasher;
  Sha256Hasher::update_both(hasher, bytes, hasher, bytes);
  CHECK(hasher.finish() == word_of_openssl(bytes + bytes));
  Sha256Hasher one, two;
  Sha256Hasher::update_both(one, bytes, two, bytes);
  CHECK(one.finish() == word_of_openssl(bytes));
  CHECK(two.finish() == word_of_openssl(bytes));
}

TEST_CASE("what is hashed in company, and the company, have the digests that OpenSSL gives") {
  Random random(4);
  std::vector<std::string> messages;
  for (std::size_t i = 0; i < 60; ++i) messages.push_back(random.bytes(random.below(i % 5 == 0 ? 20'000 : 300)));
  for (const std::size_t piece : {1, 63, 64, 65, 1'000, 50'000}) {
    Messages companion(messages, piece);
    {
      const Sha256Company company(companion);
      for (std::size_t length = 0; length < 400; ++length) {
        Reading reading{random.bytes(length * (length % 7))};
        while (!reading.is_over()) reading.hasher.update(reading.take(1 + random.below(700)));
        REQUIRE(reading.hasher.finish() == word_of_openssl(reading.bytes));
      }
    }
    CHECK((companion.digests.size() > 1 || sha256_pair_function() == nullptr));
    for (std::size_t i = 0; i < companion.digests.size(); ++i) {
      REQUIRE(companion.digests[i] == word_of_openssl(messages[i]));
    }
  }
}

TEST_CASE("company ends with the object that gave it, and stays with its thread") {
  Messages outer({std::string(1'000'000, 'a')}, 1'000'000), inner({std::string(1'000'000, 'b')}, 1'000'000);
  const std::string bytes(10'000, 'c');
  const auto left = [](Messages& messages) { return messages.next().bytes.size(); };
  const std::size_t step = sha256_pair_function() == nullptr ? 0 : bytes.size() / kSha256Block * kSha256Block;
  {
    const Sha256Company first(outer);
    sha256(bytes);
    CHECK(left(outer) == 1'000'000 - step);
    {
      const Sha256Company second(inner);
      sha256(bytes);
    }
    CHECK(left(outer) == 1'000'000 - step);
    CHECK(left(inner) == 1'000'000 - step);
    sha256(bytes);
    CHECK(left(outer) == 1'000'000 - 2 * step);
  }
  sha256(bytes);
  CHECK(left(outer) == 1'000'000 - 2 * step);
}

TEST_CASE("a function that does not hash as OpenSSL does is not taken") {
  CHECK(proved_pair_function(nullptr) == nullptr);
  const Sha256PairFunction found = sha256_pair_function();
  if (found == nullptr) {
    std::ifstream stream("/proc/cpuinfo");
    const std::string facts((std::istreambuf_iterator<char>(stream)), {});
    CHECK(facts.find(" sha_ni") == std::string::npos);  // or ours was refused
    return;
  }
  CHECK(proved_pair_function(found) == found);
  CHECK(proved_pair_function(hash_wrongly) == nullptr);
  CHECK(proved_pair_function(hash_first_only) == nullptr);
}
