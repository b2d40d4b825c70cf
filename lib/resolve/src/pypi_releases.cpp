#include "pypi_releases.h"

#include <algorithm>
#include <tuple>
#include <unordered_map>

namespace envlock::resolve {
namespace {

/// A wheel that the platform takes.
struct FittingWheel {
  std::uint32_t rank = 0;
  std::pair<std::uint64_t, std::string> build;
  pypi::IndexFile* file = nullptr;
};

/// The files of one version, weighed for the platform.
struct Weighed {
  std::vector<FittingWheel> wheels;
  pypi::IndexFile* sdist = nullptr;
  const pypi::IndexFile* other_python = nullptr;  ///< refused by Requires-Python
  bool has_wheels = false;
  bool too_new = false;
  bool other_hash = false;
};

class ReleaseMaker {
 public:
  ReleaseMaker(const PypiProblem& problem, pypi::ProjectPage& page, Project& project)
      : problem_(problem),
        page_(page),
        project_(project),
        python_(pypi::Version::try_parse(problem.environment.python_full_version)),
        wheels_allowed_(allows_wheels(problem, page.name)),
        sdists_allowed_(allows_sdists(problem, page.name)) {
    for (const auto* lines : {&problem.requests, &problem.constraints}) {
      for (const pypi::PipRequest& line : *lines) {
        if (line.requirement.name == page.name && !line.hashes.empty()) hashes_.push_back(&line.hashes);
      }
    }
  }

  void run() {
    for (pypi::IndexFile& file : page_.files) weigh(file);
    for (auto version = versions_.rbegin(); version != versions_.rend(); ++version)
      add(version->first, version->second);
  }

 private:
  bool accepts_python(const pypi::IndexFile& file) {
    if (file.requires_python.empty() || !python_) return true;
    const auto [found, added] = pythons_.emplace(file.requires_python, true);
    if (added) {
      const auto specifiers = pypi::Specifiers::parse_leniently(file.requires_python);
      found->second = !specifiers || specifiers->contains(*python_);
    }
    return found->second;
  }

  /// A line with `--hash` takes no other file.
  bool has_wanted_hash(const pypi::IndexFile& file) const {
    return std::all_of(hashes_.begin(), hashes_.end(), [&](const std::vector<core::Sha256>* wanted) {
      return file.sha256 && std::find(wanted->begin(), wanted->end(), *file.sha256) != wanted->end();
    });
  }

  /// Two spellings of one version ("1.0-RC.1", "1.0rc1") are one, and so are "1.0" and "1.0.0".
  Weighed* weighed(const std::string& text) {
    const auto [known, added] = spellings_.try_emplace(text, nullptr);
    if (!added) return known->second;
    const auto version = pypi::Version::try_parse(text);
    if (version) known->second = &versions_[*version];
    return known->second;
  }

  /// What a wheel's name says, as far as it matters here.
  struct KnownWheel {
    Weighed* files = nullptr;
    std::optional<std::uint32_t> rank;  ///< absent: it does not fit
    std::pair<std::uint64_t, std::string> build;
  };

  /// Large projects have tens of thousands of wheels, whose names end in a few dozen ways and hold a few hundred
  /// versions: each of these is read once. Absent: it is no wheel of this project.
  std::optional<KnownWheel> know_wheel(const std::string& file_name) {
    const std::string_view stem = std::string_view(file_name).substr(0, file_name.size() - 4);
    const auto dashes = static_cast<std::size_t>(std::count(stem.begin(), stem.end(), '-'));
    std::size_t tags = stem.size();
    for (int i = 0; i < 3 && tags != std::string_view::npos; ++i) tags = stem.rfind('-', tags - 1);
    if ((dashes != 4 && dashes != 5) || tags == std::string_view::npos) return std::nullopt;
    const std::string_view start = stem.substr(0, stem.find('-', stem.find('-') + 1));  // name and version
    const auto known_start = wheel_starts_.find(start);
    const std::string_view end = stem.substr(tags);
    const auto known_end = ranks_.find(end);
    if (dashes == 4 && known_start != wheel_starts_.end() && known_end != ranks_.end()) {
      if (known_start->second == nullptr) return std::nullopt;
      return KnownWheel{known_start->second, known_end->second, {}};
    }
    const auto wheel = pypi::parse_wheel_name(file_name);
    if (!wheel) return std::nullopt;
    KnownWheel result;
    result.files = wheel->name == page_.name ? weighed(wheel->version) : nullptr;
    result.rank = known_end != ranks_.end() ? known_end->second : problem_.tags->rank(*wheel);
    result.build = wheel->build.value_or(std::pair<std::uint64_t, std::string>{});
    wheel_starts_.emplace(start, result.files);
    ranks_.emplace(end, result.rank);
    if (result.files == nullptr) return std::nullopt;
    return result;
  }

  void weigh(pypi::IndexFile& file) {
    std::optional<KnownWheel> wheel;
    Weighed* files = nullptr;
    if (file.file_name.ends_with(".whl")) {
      wheel = know_wheel(file.file_name);
      if (wheel) files = wheel->files;
    } else if (const auto version = pypi::parse_sdist_version(file.file_name, page_.name)) {
      files = weighed(*version);
    }
    if (files == nullptr) return;
    if (!has_wanted_hash(file)) {
      files->other_hash = true;
      return;
    }
    if (problem_.exclude_newer && file.upload_time && *file.upload_time > *problem_.exclude_newer) {
      files->too_new = true;
      return;
    }
    if (wheel && !wheels_allowed_) return;
    files->has_wheels |= wheel.has_value();
    if (!accepts_python(file)) {
      files->other_python = &file;
      return;
    }
    if (!wheel) {
      if (files->sdist == nullptr || file.file_name.ends_with(".tar.gz")) files->sdist = &file;
      return;
    }
    if (wheel->rank) files->wheels.push_back({*wheel->rank, std::move(wheel->build), &file});
  }

  void add(const pypi::Version& version, Weighed& files) {
    Release release;
    release.version = version;
    release.version_text = version.format();
    if (!files.wheels.empty()) {
      std::sort(files.wheels.begin(), files.wheels.end(), [](const FittingWheel& left, const FittingWheel& right) {
        return std::tie(left.file->yanked, left.rank, right.build, left.file->file_name) <
               std::tie(right.file->yanked, right.rank, left.build, right.file->file_name);
      });
      release.file = std::move(*files.wheels.front().file);
      for (std::size_t i = 1; i < files.wheels.size(); ++i) release.others.push_back(std::move(*files.wheels[i].file));
    } else if (files.sdist != nullptr && sdists_allowed_) {
      release.file = std::move(*files.sdist);
      release.needs_build = true;
    } else {
      leave_out(version, release.version_text, files);
      return;
    }
    release.yanked = release.file.yanked;
    project_.releases.push_back(std::move(release));
  }

  void leave_out(const pypi::Version& version, const std::string& text, const Weighed& files) {
    using Cause = LeftOut::Cause;
    LeftOut left_out{version, text, Cause::other_platform};
    if (files.other_python != nullptr && files.sdist == nullptr) {
      left_out.cause = Cause::other_python;
      left_out.words += " (Requires-Python " + files.other_python->requires_python + ")";
    } else if (!files.has_wheels && files.sdist != nullptr) {
      left_out.cause = Cause::only_sdist;
    } else if (!files.has_wheels && files.too_new) {
      left_out.cause = Cause::too_new;
    } else if (!files.has_wheels && files.other_hash) {
      left_out.cause = Cause::other_hash;
    } else if (!files.has_wheels) {
      return;
    }
    project_.left_out.push_back(std::move(left_out));
  }

  const PypiProblem& problem_;
  pypi::ProjectPage& page_;
  Project& project_;
  const std::optional<pypi::Version> python_;
  const bool wheels_allowed_;
  const bool sdists_allowed_;
  std::vector<const std::vector<core::Sha256>*> hashes_;
  std::map<pypi::Version, Weighed> versions_;
  // Looked up only, never iterated; views are of file names of the page.
  std::unordered_map<std::string, Weighed*> spellings_;
  std::unordered_map<std::string_view, Weighed*> wheel_starts_;  ///< null: of another project, or no version
  std::unordered_map<std::string_view, std::optional<std::uint32_t>> ranks_;
  std::unordered_map<std::string, bool> pythons_;
};

bool has(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

bool allows_wheels(const PypiProblem& problem, std::string_view name) {
  if (has(problem.no_binary, name)) return false;
  return !has(problem.no_binary, ":all:") || has(problem.only_binary, name);
}

bool allows_sdists(const PypiProblem& problem, std::string_view name) {
  if (!problem.allow_build || has(problem.only_binary, name)) return false;
  return !has(problem.only_binary, ":all:") || has(problem.no_binary, name);
}

void make_releases(const PypiProblem& problem, pypi::ProjectPage page, Project& project) {
  ReleaseMaker(problem, page, project).run();
}

}  // namespace envlock::resolve
