#include "record_hash.h"

#include <openssl/evp.h>

#include <array>
#include <new>
#include <stdexcept>

namespace envlock::prefix {
namespace {

const EVP_MD* method_of(std::string_view name) {
  if (name == "sha256") return EVP_sha256();
  if (name == "sha384") return EVP_sha384();
  if (name == "sha512") return EVP_sha512();
  return nullptr;
}

}  // namespace

struct RecordHasher::State {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  State() = default;
  ~State() { EVP_MD_CTX_free(context); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
};

bool RecordHasher::knows(std::string_view name) {
  return method_of(name) != nullptr;
}

RecordHasher::RecordHasher(std::string_view name) : state_(std::make_unique<State>()) {
  const EVP_MD* method = method_of(name);
  if (method == nullptr) throw std::logic_error("a hash that nobody knows");
  if (state_->context == nullptr || EVP_DigestInit_ex(state_->context, method, nullptr) != 1) throw std::bad_alloc();
}

RecordHasher::~RecordHasher() = default;
RecordHasher::RecordHasher(RecordHasher&&) noexcept = default;
RecordHasher& RecordHasher::operator=(RecordHasher&&) noexcept = default;

void RecordHasher::update(std::string_view bytes) {
  if (EVP_DigestUpdate(state_->context, bytes.data(), bytes.size()) != 1) throw std::bad_alloc();
}

std::string RecordHasher::finish() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned int size = 0;
  if (EVP_DigestFinal_ex(state_->context, bytes.data(), &size) != 1) throw std::bad_alloc();
  return {reinterpret_cast<const char*>(bytes.data()), size};
}

}  // namespace envlock::prefix
