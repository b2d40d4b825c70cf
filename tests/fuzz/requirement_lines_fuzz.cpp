// Any bytes are the lines of a `pip:` list or errors, each with a place and none with a password.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "envlock/core/diagnostic.h"
#include "envlock/core/text.h"
#include "envlock/core/url.h"
#include "envlock/pypi/requirement_lines.h"

namespace {

namespace core = envlock::core;

void require(bool holds) {
  if (!holds) std::abort();
}

/// Files of this machine are not for a fuzzer.
bool includes_files(std::string_view line) {
  for (const char* option : {"-r", "-c", "--r", "--c", "-\\", "-'", "-\""}) {
    if (line.find(option) != std::string_view::npos) return true;
  }
  return false;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  std::vector<envlock::pypi::PipSourceLine> lines;
  // "|" parts the items of the list, so that items of several lines come up.
  for (const std::string_view item : core::split(text, '|')) {
    if (includes_files(item)) continue;
    envlock::pypi::PipSourceLine line;
    line.text = item;
    line.where = {"environment.yml", 1, 7, 0, core::printable(core::without_secrets("    - " + line.text), 300)};
    lines.push_back(std::move(line));
  }
  core::Notes notes;
  try {
    const auto requests = envlock::pypi::read_requirement_lines(lines, "/nowhere", notes);
    for (const auto& request : requests.requests) {
      require(request.where.line == 1 && request.where.column >= 7);
      require(request.written_location.find("hunter2@") == std::string::npos);
    }
  } catch (const core::Error& error) {
    for (const core::Diagnostic& diagnostic : error.diagnostics()) {
      require(diagnostic.where && diagnostic.where->column >= 7);
      require(static_cast<std::size_t>(diagnostic.where->column) <= size + 8);
    }
  }
  return 0;
}
