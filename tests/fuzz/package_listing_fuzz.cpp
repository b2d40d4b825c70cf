#include <cstdint>
#include <cstdlib>
#include <string>

#include "envlock/core/digest.h"
#include "listing.h"

using namespace envlock;

namespace {

void check(const std::string& bytes) {
  if (std::optional<archive::Unpacked> package = archive::parse_listing(bytes)) {
    if (archive::format_listing(*package) != bytes) std::abort();
    const std::string stamps =
        archive::format_stamps(package->listing, std::vector<archive::FileStamp>(package->files.size()));
    if (!archive::parse_stamps(stamps, package->listing, package->files)) std::abort();
  }
  archive::Unpacked one{.files = {{}}};
  (void)archive::parse_stamps(bytes, archive::identity_of(archive::format_listing(one)), one.files);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string bytes(reinterpret_cast<const char*>(data), size);
  check(bytes);
  // And with a right checksum, since whoever can write the cache can compute one.
  const core::Sha256 digest = core::sha256(bytes);
  check(bytes.append(reinterpret_cast<const char*>(digest.bytes.data()), digest.bytes.size()));
  return 0;
}
