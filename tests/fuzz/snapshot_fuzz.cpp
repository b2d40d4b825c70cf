// A snapshot: an Error, or a document that is written as it is read and can be summed up.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "envlock/core/text.h"
#include "envlock/report/snapshot_report.h"
#include "envlock/snapshot/snapshot.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace envlock;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)snapshot::is_snapshot(text);
  try {
    const snapshot::Snapshot read = snapshot::parse(text, "fuzz");
    const std::string written = snapshot::format(read);
    if (!snapshot::is_snapshot(written)) std::abort();
    if (snapshot::parse(written, "fuzz") != read) std::abort();
    if (snapshot::format(snapshot::parse(written, "fuzz")) != written) std::abort();
    const std::string drawn = report::text_snapshot(read, {});
    if (!core::is_valid_utf8(drawn) || drawn.find('\x1b') != std::string::npos) std::abort();
  } catch (const core::Error& error) {
    if (error.diagnostics().front().code.rfind("snapshot-", 0) != 0) std::abort();
  }
  return 0;
}
