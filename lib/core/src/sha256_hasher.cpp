// The plain SHA256_* calls are deprecated, but their state can be reached: whole blocks of two messages are hashed by
// our own function (sha256_pair.h), all else, the padding too, by OpenSSL.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

#include <algorithm>
#include <utility>

#include "envlock/core/digest.h"
#include "envlock/core/sha256_company.h"
#include "sha256_pair.h"

namespace envlock::core {
namespace {

thread_local Sha256Companion* company = nullptr;

/// A hash, and the bytes that it has not had yet.
struct Message {
  SHA256_CTX& context;
  std::string_view bytes;

  void take(std::size_t count) {
    SHA256_Update(&context, bytes.data(), count);
    bytes.remove_prefix(count);
  }
  void finish_block() {
    if (context.num != 0) take(std::min(bytes.size(), kSha256Block - context.num));
  }
  Sha256Lane lane() const { return {context.h, reinterpret_cast<const unsigned char*>(bytes.data())}; }
  /// They were hashed by others.
  void pass(std::size_t blocks) {
    constexpr std::uint64_t kBitsPerBlock = 8 * kSha256Block;
    const std::uint64_t bits = (std::uint64_t{context.Nh} << 32 | context.Nl) + blocks * kBitsPerBlock;
    context.Nl = static_cast<SHA_LONG>(bits);
    context.Nh = static_cast<SHA_LONG>(bits >> 32);
    bytes.remove_prefix(blocks * kSha256Block);
  }
};

/// Hashes whole blocks of both for as long as both have some.
void hash_together(Message& first, Message& second) {
  const Sha256PairFunction hash_pair = sha256_pair_function();
  if (hash_pair == nullptr) return;
  first.finish_block();
  second.finish_block();
  const std::size_t blocks = std::min(first.bytes.size(), second.bytes.size()) / kSha256Block;
  if (blocks == 0) return;
  hash_pair(first.lane(), second.lane(), blocks);
  first.pass(blocks);
  second.pass(blocks);
}

}  // namespace

struct Sha256Hasher::State {
  SHA256_CTX context;
  State() { SHA256_Init(&context); }

  /// Hashes bytes of the thread's companion beside those of `message`.
  static void hash_in_company(Message& message);
};

void Sha256Hasher::State::hash_in_company(Message& message) {
  // The companion is alone with what it may hash itself.
  struct Leave {
    Sha256Companion* companion = std::exchange(company, nullptr);
    ~Leave() { company = companion; }
  } const leave;
  while (message.bytes.size() >= kSha256Block) {
    const Sha256Companion::Ready ready = leave.companion->next();
    if (ready.bytes.empty()) return;
    Message beside{ready.hasher->state_->context, ready.bytes};
    hash_together(message, beside);
    if (beside.bytes.size() < kSha256Block) beside.take(beside.bytes.size());
    const std::size_t count = ready.bytes.size() - beside.bytes.size();
    if (count > 0) leave.companion->hashed(count);
  }
}

Sha256Hasher::Sha256Hasher() : state_(std::make_unique<State>()) {}
Sha256Hasher::~Sha256Hasher() = default;
Sha256Hasher::Sha256Hasher(Sha256Hasher&&) noexcept = default;
Sha256Hasher& Sha256Hasher::operator=(Sha256Hasher&&) noexcept = default;

void Sha256Hasher::update(std::string_view bytes) {
  Message message{state_->context, bytes};
  if (company != nullptr) State::hash_in_company(message);
  message.take(message.bytes.size());
}

void Sha256Hasher::update_both(Sha256Hasher& first, std::string_view first_bytes, Sha256Hasher& second,
                               std::string_view second_bytes) {
  Message one{first.state_->context, first_bytes}, two{second.state_->context, second_bytes};
  if (&first != &second) hash_together(one, two);
  one.take(one.bytes.size());
  two.take(two.bytes.size());
}

Sha256 Sha256Hasher::finish() {
  Sha256 digest;
  SHA256_Final(digest.bytes.data(), &state_->context);
  return digest;
}

Sha256Company::Sha256Company(Sha256Companion& companion)
    : before_(std::exchange(company, sha256_pair_function() != nullptr ? &companion : nullptr)) {}

Sha256Company::~Sha256Company() {
  company = before_;
}

}  // namespace envlock::core
