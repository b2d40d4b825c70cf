#include "expansion_guard.h"

#include "failure.h"

namespace envlock::archive {
namespace {

// Empty-looking files of this size in all harm nobody, however small they were packed.
constexpr std::uint64_t kHarmless = std::uint64_t{64} << 20;

}  // namespace

void ExpansionGuard::unpacked(std::uint64_t bytes) {
  unpacked_ += bytes;
  if (unpacked_ > limits_.max_total_bytes) {
    refuse_too_large(file_, "", "more than " + std::to_string(limits_.max_total_bytes) + " bytes come out of it");
  }
  if (unpacked_ > kHarmless && (unpacked_ - kHarmless) / (packed_ + 1) > limits_.max_expansion) {
    refuse_too_large(file_, "", std::to_string(unpacked_) + " bytes come out of " + std::to_string(packed_));
  }
}

}  // namespace envlock::archive
