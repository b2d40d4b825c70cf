#include "archive_input.h"

using namespace envlock;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const envlock_fuzz::InputFile file(data, size);
  for (const archive::Part part : {archive::Part::info, archive::Part::all}) {
    try {
      envlock_fuzz::CheckingSink sink;
      const archive::FileDigest digest = archive::read_package(file.path(), part, sink, envlock_fuzz::kLimits);
      if (digest.sha256 != core::sha256({reinterpret_cast<const char*>(data), size})) std::abort();
    } catch (const core::Error&) {  // NOLINT: the only thing that may come out
    }
  }
  return 0;
}
