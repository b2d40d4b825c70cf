#include "why_places.h"

#include <system_error>

#include "envlock/pypi/requirement_lines.h"
#include "envlock/spec/spec.h"

namespace envlock::tools {
namespace {

lock::PipInput read_pip_lines(const spec::Spec& spec, const std::filesystem::path& folder) {
  std::vector<pypi::PipSourceLine> lines;
  for (const spec::PipLine& line : spec.pip) lines.push_back({line.text, line.category, line.selector, line.where});
  core::Notes ignored;
  try {
    return lock::pip_input(pypi::read_requirement_lines(lines, folder, ignored), {});
  } catch (const core::Error&) {  // a variable that is not set here, say
    return {};
  }
}

}  // namespace

AskedPlaces::AskedPlaces(const std::filesystem::path& lock_file) {
  for (const char* name : {"environment.yml", "environment.yaml"}) {
    const std::filesystem::path file = lock_file.parent_path() / name;
    std::error_code error;
    if (!std::filesystem::is_regular_file(file, error)) continue;
    core::Notes ignored;
    try {
      const spec::Spec spec = spec::read({file}, ignored);
      requests_ = spec.requests;
      pip_ = read_pip_lines(spec, std::filesystem::absolute(file).parent_path());
    } catch (const core::Error&) {  // the lock is what was asked about
    }
    return;
  }
}

std::optional<core::SourceSpan> AskedPlaces::find(const lock::Reason& reason) const {
  if (const auto* wanted = std::get_if<conda::Request>(&reason.origin)) {
    for (const conda::Request& each : requests_) {
      const bool same = each.spec == wanted->spec && each.category == wanted->category &&
                        each.selector == wanted->selector && !wanted->implied_by;
      if (same && each.where.line > 0) return each.where;
    }
  }
  if (const auto* wanted = std::get_if<lock::PipLine>(&reason.origin)) {
    for (std::size_t i = 0; i < pip_.lines.size(); ++i) {
      if (pip_.lines[i] == *wanted && pip_.places[i].line > 0) return pip_.places[i];
    }
  }
  return std::nullopt;
}

}  // namespace envlock::tools
