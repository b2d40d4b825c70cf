#include "baseline_file.h"

#include <algorithm>

#include "envlock/core/file.h"
#include "envlock/core/text.h"
#include "envlock/probe/pins.h"

namespace envlock::tools {
namespace {

constexpr std::size_t kMostBytes = std::size_t{64} << 20;

/// What concerns some classes only.
bool is_partial(const core::Diagnostic& trouble) {
  return trouble.code == "baseline-edited" || trouble.code == "baseline-conflict";
}

void tell_what_is_left_out(const BaselineFile& file, core::Notes& notes) {
  if (file.troubles.empty()) return;
  core::Diagnostic note{.code = "baseline-replaced",
                        .what = "what cannot be believed of `" + core::printable(file.path.string()) +
                                "` was left out of what was written",
                        .where = std::nullopt,
                        .why = {},
                        .hints = {"git has the old file"}};
  for (const core::Diagnostic& trouble : file.troubles) {
    if (trouble.code != "baseline-conflict") note.why.push_back(trouble.what);
    note.why.insert(note.why.end(), trouble.code == "baseline-conflict" ? trouble.why.begin() : trouble.why.end(),
                    trouble.why.end());
  }
  if (note.why.empty()) return;  // a conflict in which both sides are kept
  notes.warning(std::move(note));
}

}  // namespace

bool BaselineFile::is_usable() const {
  return exists && std::all_of(troubles.begin(), troubles.end(), is_partial);
}

BaselineFile read_baseline_file(const std::filesystem::path& path) {
  BaselineFile file{.path = path, .baseline = {}};
  std::error_code ignored;
  file.exists = std::filesystem::exists(path, ignored);
  if (!file.exists) return file;
  try {
    file.baseline = probe::parse_baseline(core::read_file(path, kMostBytes), path.string(), &file.troubles);
  } catch (const core::Error& error) {
    file.troubles = error.diagnostics();
  }
  return file;
}

void check_replaceable(const BaselineFile& file) {
  for (const core::Diagnostic& trouble : file.troubles) {
    if (!is_partial(trouble) && trouble.code != "baseline-spec") throw core::Error(trouble);
  }
}

std::size_t write_accepted(BaselineFile& file, const probe::HardwareClass& hardware, Reach reach,
                           std::vector<probe::AcceptedTier> tiers, core::Notes& notes) {
  check_replaceable(file);
  tell_what_is_left_out(file, notes);
  file.baseline.tiers_spec = probe::kTiersVersion;
  const std::size_t superseded =
      reach == Reach::this_machine ? 0 : std::erase_if(file.baseline.classes, [&](const probe::AcceptedClass& each) {
        return each.hardware != hardware && probe::covers(hardware, each.hardware);
      });
  file.baseline.replace(hardware, std::move(tiers));
  core::write_file_atomically(file.path, probe::format(file.baseline));
  file.exists = true;
  file.troubles.clear();
  return superseded;
}

}  // namespace envlock::tools
