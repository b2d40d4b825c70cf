#include "mapped_digests.h"

#include <utility>

#include "envlock/core/diagnostic.h"
#include "envlock/core/file.h"

namespace envlock::tools {
namespace {

std::optional<core::Sha256> digest_of(const std::filesystem::path& file) {
  try {
    return core::sha256(core::MappedFile(file).bytes());
  } catch (const core::Error&) {
    return std::nullopt;  // it was deleted since
  }
}

}  // namespace

MappedDigests::MappedDigests(std::filesystem::path prefix) : prefix_(std::move(prefix)) {}

void MappedDigests::add_to(probe::TierRun& run) {
  std::erase_if(run.mapped, [&](probe::MappedFile& file) {
    if (file.outside) return false;
    const auto [known, is_new] = digests_.try_emplace(file.path);
    if (is_new) known->second = digest_of(prefix_ / file.path);
    if (known->second) file.sha256 = *known->second;
    return !known->second;
  });
}

}  // namespace envlock::tools
