#include "pip_local_check.h"

#include <algorithm>
#include <optional>
#include <string>
#include <system_error>

#include "envlock/core/file.h"
#include "envlock/core/text.h"
#include "envlock/core/url.h"
#include "envlock/pypi/project_folder.h"
#include "envlock/pypi/version.h"
#include "pip_places.h"

namespace envlock::tools {
namespace {

using Source = lock::LockedDistribution::Source;

std::string quoted(const std::string& text) {
  return "`" + core::printable(core::without_secrets(text), 200) + "`";
}

void add_differing_texts(const std::vector<std::string>& locked, const std::vector<std::string>& now,
                         std::vector<std::string>& why) {
  const auto tell_missing = [&](const std::vector<std::string>& from, const std::vector<std::string>& in,
                                const char* words) {
    for (const std::string& text : from) {
      if (std::find(in.begin(), in.end(), text) == in.end()) why.push_back(words + quoted(text));
    }
  };
  const std::size_t before = why.size();
  tell_missing(now, locked, "it needs now ");
  tell_missing(locked, now, "it needs no longer ");
  if (locked != now && why.size() == before) why.push_back("what it needs stands in another order");
}

struct Changes {
  std::vector<std::string> why;
  std::string hint = "lock it as it is now: `envlock lock`";
};

/// Of what cannot be locked as it is now, what is to be done first.
Changes unlockable(std::vector<std::string> why, const std::string& first) {
  return {.why = std::move(why), .hint = first + ", then `envlock lock`"};
}

/// Every way in which a folder's pyproject.toml says something else than the lock.
Changes changes_of_folder(const lock::LockedDistribution& locked, const std::filesystem::path& folder) {
  pypi::FolderMetadata read;
  try {
    read = pypi::read_project_folder(folder);
  } catch (const core::Error& error) {
    const core::Diagnostic& mistake = error.diagnostics().front();
    std::vector<std::string> why{mistake.what};
    why.insert(why.end(), mistake.why.begin(), mistake.why.end());
    return unlockable(std::move(why), "mend the folder, or take its line out");
  }
  if (!read.obstacle.empty()) {
    return unlockable({read.obstacle}, "write name, version and dependencies into the [project] table");
  }
  std::vector<std::string> why;
  const auto tell = [&](const char* what, const std::string& before, const std::string& now) {
    if (before == now) return;
    why.push_back(std::string("its ") + what + " is " + (now.empty() ? "not said" : quoted(now)) +
                  ", and the lock has " + (before.empty() ? "none" : quoted(before)));
  };
  const auto version = pypi::Version::try_parse(read.metadata.version);
  tell("name", locked.name, read.metadata.name);
  tell("version", locked.version, version ? version->format() : read.metadata.version);
  tell("Requires-Python", locked.requires_python, read.metadata.requires_python);
  add_differing_texts(locked.requires_dist, read.metadata.requires_dist, why);
  if (why.empty() && locked.provides_extra != read.metadata.provides_extra) why.push_back("it has other extras");
  return {.why = std::move(why)};
}

Changes changes_of_file(const lock::LockedDistribution& locked, const std::filesystem::path& file) {
  try {
    const core::Sha256 now = core::sha256(core::MappedFile(file).bytes());
    if (now == locked.sha256) return {};
    return {.why = {"its SHA-256 is " + core::format(now) + ", and the lock has " +
                    (locked.sha256 ? core::format(*locked.sha256) : std::string("none"))}};
  } catch (const core::Error& error) {
    std::vector<std::string> why{error.diagnostics().front().what};
    // Without it, another wheel of the index or of the folder may do.
    if (locked.source == Source::find_links) return {.why = std::move(why)};
    return unlockable(std::move(why), "put the file back, or take its line out");
  }
}

/// The line that asks for the distribution: by its place, else by its name.
std::optional<core::SourceSpan> line_of(const PipInputs& inputs, const lock::LockedDistribution& locked,
                                        const std::filesystem::path& lock_folder) {
  for (const pypi::PipRequest& request : inputs.requests.requests) {
    const bool is_place = request.kind != pypi::PipRequest::Kind::named;
    if (is_place ? canonical_place(request.location, lock_folder) == locked.url &&
                       request.subdirectory == locked.subdirectory
                 : request.requirement.name == locked.name) {
      return request.where;
    }
  }
  return std::nullopt;
}

}  // namespace

std::vector<core::Diagnostic> check_local_places(const PipInputs& inputs, const lock::Lock& lock,
                                                 const std::filesystem::path& lock_folder) {
  refuse_places_named_twice(inputs, lock, lock_folder);
  std::vector<core::Diagnostic> findings;
  for (const lock::LockedDistribution& locked : lock.distributions) {
    const bool is_folder = locked.source == Source::directory;
    const bool is_sdist = locked.source == Source::built && locked.index.empty();
    const bool is_file = locked.source == Source::archive || locked.source == Source::find_links || is_sdist;
    if ((!is_folder && !is_file) || core::looks_like_url(locked.url)) continue;
    const std::optional<core::SourceSpan> where = line_of(inputs, locked, lock_folder);
    // Of a place that no line names any longer, the line is what is told.
    if (!where && locked.source != Source::find_links && !is_sdist) continue;
    const std::filesystem::path place = (lock_folder / locked.url / locked.subdirectory).lexically_normal();
    Changes changes = is_folder ? changes_of_folder(locked, place)
                                : changes_of_file(locked, (lock_folder / locked.url).lexically_normal());
    if (changes.why.empty()) continue;
    findings.push_back(
        {.code = "stale-place",
         .what = quoted(locked.url) + (is_folder ? " says something else of itself than when it was locked"
                                                 : " is not the file that was locked"),
         .where = where,
         .why = std::move(changes.why),
         .hints = {std::move(changes.hint)}});
  }
  return findings;
}

}  // namespace envlock::tools
