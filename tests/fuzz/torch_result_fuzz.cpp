// What an environment's python wrote: an Error, or runs that can be written and read again.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "envlock/core/diagnostic.h"
#include "envlock/core/text.h"
#include "envlock/torch/torch_result.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace envlock;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    const torch::ProgramOutput output = torch::read_program_output(text);
    for (const probe::TierRun& run : output.runs) {
      const std::string written = probe::format(run);
      if (!core::is_valid_utf8(written) || !(probe::parse_tier_run(written, "fuzz") == run)) std::abort();
    }
    if (output.unfinished && !core::is_valid_utf8(output.unfinished->stage + output.unfinished->tier)) std::abort();
  } catch (const core::Error& error) {
    if (error.diagnostics().front().code != "torch-result-malformed") std::abort();
    for (const std::string& why : error.diagnostics().front().why) {
      if (!core::is_valid_utf8(why)) std::abort();
    }
  }
  return 0;
}
