#include "lock_pip.h"

#include <algorithm>
#include <utility>

#include "envlock/core/file.h"
#include "envlock/core/text.h"
#include "envlock/core/url.h"
#include "envlock/lock/wheel_python.h"
#include "envlock/pypi/name.h"
#include "envlock/spec/spec.h"
#include "pip_build.h"
#include "pip_facts.h"
#include "pip_hashes.h"
#include "remembering_source.h"

namespace envlock::tools {
namespace {

/// How many proposals for the conda half are tried.
constexpr std::size_t kMostWishes = 2;

const conda::PackageRecord& python_of(const PlatformOutcome& outcome, const PipInputs& inputs) {
  const auto& records = std::get<conda::Solution>(outcome.result).records;
  const auto python = std::find_if(records.begin(), records.end(),
                                   [](const conda::PackageRecord& record) { return record.name == "python"; });
  if (python != records.end()) return *python;
  core::Diagnostic diagnostic{
      .code = "pip-without-python",
      .what = "there is a `pip:` list, and the conda part has no python for " + outcome.platform.name,
      .why = {"which wheels fit depends on the python that conda brings"},
      .hints = {"add `python` to `dependencies:`"}};
  if (!inputs.requests.requests.empty()) diagnostic.where = inputs.requests.requests.front().where;
  throw core::Error(std::move(diagnostic));
}

pypi::TagPlatform tag_platform(const conda::Platform& platform) {
  pypi::TagPlatform result{.subdir = platform.subdir, .glibc_version = "", .musl_version = "", .osx_version = ""};
  for (const conda::VirtualPackage& package : platform.virtual_packages) {
    if (package.name == "__glibc") result.glibc_version = package.version;
    if (package.name == "__osx") result.osx_version = package.version;
  }
  return result;
}

bool holds_on(const pypi::PipRequest& request, const conda::Platform& platform) {
  return request.selector.empty() || spec::selector_holds(request.selector, platform.subdir);
}

pypi::Metadata metadata_of(const lock::LockedDistribution& locked) {
  return {.metadata_version = "2.1",
          .name = locked.name,
          .version = locked.version,
          .requires_python = locked.requires_python,
          .requires_dist = locked.requires_dist,
          .provides_extra = locked.provides_extra,
          .license = locked.license};
}

class PlatformSolver {
 public:
  PlatformSolver(const PipInputs& inputs, const std::map<std::string, PlacedRequest>& placed,
                 const PipSolveOptions& options, pypi::Source& source, WheelBuilder& builder)
      : inputs_(inputs), placed_(placed), options_(options), source_(source), builder_(builder) {}

  /// What is to be said of the platform goes to its own notes.
  void run(PlatformOutcome& outcome, core::Notes& notes) {
    const conda::PackageRecord& python = python_of(outcome, inputs_);
    const pypi::Tags tags(lock::wheel_python(python), tag_platform(outcome.platform));
    resolve::PypiProblem problem = make_problem(outcome, python, tags);
    target_ = {outcome.platform.subdir, python.version};
    BuildingSource building(source_, builder_, target_);
    pypi::Source& asked = problem.allow_build ? building : source_;
    resolve::PypiOutcome result = resolve::pypi(problem, asked, notes);
    if (auto* conflict = std::get_if<resolve::PypiConflict>(&result)) {
      settle_wishes(*conflict, outcome.platform);
      outcome.result = conda::Conflict{std::move(conflict->diagnostic), std::move(conflict->core)};
      outcome.more_conflicts = std::move(conflict->others);
      return;
    }
    auto& solution = std::get<resolve::PypiSolution>(result);
    judge_like(outcome, solution, problem.provided);
    note_cuda_wheels(outcome.platform, solution, notes);
    for (resolve::PypiPick& pick : solution.picks) {
      lock::LockedDistribution locked = make_locked(pick);
      outcome.distributions.push_back({std::move(locked), std::move(pick.extras)});
    }
    for (const resolve::ProvidedExtra& each : solution.provided_extras) {
      for (const resolve::ProvidedDistribution& provided : problem.provided) {
        if (provided.name != each.name) continue;
        outcome.provided_extras.push_back({each.name, provided.version, each.extra, each.requires_dist});
      }
    }
  }

 private:
  /// Says of every wish of conda whether it can be had and helps: each is a solve of the conda half and of this one.
  void settle_wishes(resolve::PypiConflict& conflict, const conda::Platform& platform) {
    std::vector<std::string>& hints = conflict.diagnostic.hints;
    if (!conflict.others.empty() || !options_.try_conda) return;  // mending one line would leave the others
    for (std::size_t i = 0; i < conflict.wishes.size() && i < kMostWishes; ++i) {
      const resolve::CondaWish& wish = conflict.wishes[i];
      const auto hint = std::find(hints.begin(), hints.end(), wish.hint);
      if (hint == hints.end()) continue;
      const std::optional<std::string> better = try_wish(wish, platform);
      better ? static_cast<void>(*hint = *better) : static_cast<void>(hints.erase(hint));
    }
  }

  /// What to do, having seen that it helps; or that conda cannot. Absent: it does not help.
  std::optional<std::string> try_wish(const resolve::CondaWish& wish, const conda::Platform& platform) {
    PlatformOutcome tried;
    try {
      tried = options_.try_conda(platform, wish.spec);
      if (std::holds_alternative<conda::Conflict>(tried.result)) {
        return "conda cannot bring `" + wish.spec +
               "` beside its other lines: ask for another version in the `pip:` line";
      }
      const conda::PackageRecord& python = python_of(tried, inputs_);
      // Pages were read for the wheels of the python that was chosen at first.
      if (python.version != target_.python_version) return wish.hint;
      const pypi::Tags tags(lock::wheel_python(python), tag_platform(platform));
      resolve::PypiProblem problem = make_problem(tried, python, tags);
      problem.allow_build = false;
      problem.seek_remedies = false;
      core::Notes unheard;
      if (std::holds_alternative<resolve::PypiConflict>(resolve::pypi(problem, source_, unheard))) return std::nullopt;
    } catch (const core::Error&) {
      return wish.hint;  // an index that does not answer now: what was proposed stands unproved
    }
    std::string brought;
    for (const conda::PackageRecord& record : std::get<conda::Solution>(tried.result).records) {
      if (record.name == wish.conda_name) brought = ": conda brings " + record.name + " " + record.version;
    }
    const std::string line = options_.conda_line(platform, wish.conda_name);
    return "with `" + wish.spec + "` under `dependencies:`" + (line.empty() ? "" : ", in place of " + line) +
           ", there is an answer" + brought;
  }

  resolve::PypiProblem make_problem(const PlatformOutcome& outcome, const conda::PackageRecord& python,
                                    const pypi::Tags& tags) const {
    resolve::PypiProblem problem;
    problem.platform = outcome.platform.name;
    for (const pypi::PipRequest& request : inputs_.requests.requests) {
      if (!holds_on(request, outcome.platform)) continue;
      problem.requests.push_back(request);
      if (const auto place = placed_.find(request.requirement.name); place != placed_.end()) {
        problem.placed.emplace(place->first, place->second.placed);
      }
    }
    for (const pypi::PipRequest& bound : inputs_.requests.constraints) {
      if (holds_on(bound, outcome.platform)) problem.constraints.push_back(bound);
    }
    const auto& records = std::get<conda::Solution>(outcome.result).records;
    for (const lock::ProvidedDistribution& each :
         lock::provided_distributions(records, inputs_.input.options.mapping)) {
      problem.provided.push_back({each.name, each.version, each.conda_name});
    }
    problem.environment = pypi::make_marker_environment(outcome.platform.subdir, python.version);
    problem.tags = &tags;
    problem.pre = inputs_.input.options.pre;
    problem.allow_build = inputs_.input.options.allow_build;
    problem.no_binary = inputs_.input.options.no_binary;
    problem.only_binary = inputs_.input.options.only_binary;
    problem.exclude_newer = options_.exclude_newer;
    problem.favored = favored_on(outcome.platform);
    problem.known_extras = extras_on(outcome.platform, problem.provided);
    return problem;
  }

  std::vector<resolve::FavoredDistribution> favored_on(const conda::Platform& platform) const {
    std::vector<resolve::FavoredDistribution> favored = locked_on(platform);
    for (const lock::Preference& pick : options_.like) {
      if (!pick.pypi || !concerns(pick, platform) || options_.freed.contains(pick.name)) continue;
      favored.push_back({pick.name, pick.version, "", {}, std::nullopt});
    }
    return favored;
  }

  std::vector<resolve::FavoredDistribution> locked_on(const conda::Platform& platform) const {
    std::vector<resolve::FavoredDistribution> favored;
    if (options_.previous == nullptr || options_.free_all) return favored;
    for (const lock::LockedPlatform& locked_platform : options_.previous->platforms) {
      if (locked_platform.platform.name != platform.name) continue;
      for (const lock::PlatformDistribution& each : locked_platform.distributions) {
        const lock::LockedDistribution& locked = options_.previous->distributions[each.distribution];
        const bool from_index = locked.source == lock::LockedDistribution::Source::index ||
                                locked.source == lock::LockedDistribution::Source::find_links;
        if (!from_index || options_.freed.contains(locked.name)) continue;
        if (locked.source == lock::LockedDistribution::Source::index && !may_come_from(locked.index, locked.name)) {
          continue;
        }
        if (was_replaced(locked)) continue;
        favored.push_back({locked.name,
                           locked.version,
                           locked.index,
                           {.file_name = locked.file,
                            .url = locked.index.empty() ? locked.url : lock::file_url_at(locked.index, locked.url),
                            .sha256 = locked.sha256,
                            .requires_python = locked.requires_python,
                            .size = locked.size,
                            .upload_time = locked.upload_time,
                            .yanked = locked.yanked},
                           metadata_of(locked),
                           must_ask()});
      }
    }
    return favored;
  }

  /// Adds to the tally of `--like` how its distributions fared.
  void judge_like(PlatformOutcome& outcome, const resolve::PypiSolution& solution,
                  const std::vector<resolve::ProvidedDistribution>& provided) const {
    for (const lock::Preference& pick : options_.like) {
      if (!pick.pypi || !concerns(pick, outcome.platform) || options_.freed.contains(pick.name)) continue;
      const auto is_it = [&](const auto& each) { return each.name == pick.name; };
      if (std::any_of(provided.begin(), provided.end(), is_it)) continue;  // conda's affair
      ++outcome.like.wanted;
      const auto chosen = std::find_if(solution.picks.begin(), solution.picks.end(), is_it);
      const auto version = chosen == solution.picks.end() ? std::nullopt : pypi::Version::try_parse(chosen->version);
      if (version && *version == pypi::Version::parse(pick.version)) {
        ++outcome.like.kept;
      } else {
        outcome.like.replaced.push_back(pick.name + " " + pick.version + " -> " +
                                        (chosen == solution.picks.end() ? "nothing asks for it" : chosen->version));
      }
    }
  }

  /// Those that the lock holds for the versions that conda brings now.
  std::vector<resolve::ProvidedExtra> extras_on(const conda::Platform& platform,
                                                const std::vector<resolve::ProvidedDistribution>& provided) const {
    std::vector<resolve::ProvidedExtra> known;
    if (options_.previous == nullptr || options_.free_all) return known;
    for (const lock::LockedPlatform& locked : options_.previous->platforms) {
      if (locked.platform.name != platform.name) continue;
      for (const lock::ProvidedExtra& each : locked.provided_extras) {
        const bool same = std::any_of(provided.begin(), provided.end(), [&](const auto& fact) {
          return fact.name == each.name && fact.version == each.version;
        });
        if (same && !options_.freed.contains(each.name)) known.push_back({each.name, each.extra, each.requires_dist});
      }
    }
    return known;
  }

  /// Another list of indexes may have other projects by the same names; other wheels are not in a lock without them.
  bool must_ask() const {
    const std::optional<lock::PipOptions>& before = options_.previous->pip;
    const lock::PipOptions& now = inputs_.input.options;
    return !before || before->indexes != now.indexes || (now.all_artifacts && !before->all_artifacts);
  }

  /// The other wheels that a lock holds for a file.
  const std::vector<lock::OtherArtifact>* locked_others(const lock::LockedDistribution& locked) const {
    if (options_.previous == nullptr || !options_.previous->pip || !options_.previous->pip->all_artifacts)
      return nullptr;
    for (const lock::LockedDistribution& before : options_.previous->distributions) {
      if (before.file == locked.file && before.index == locked.index && before.sha256 == locked.sha256) {
        return &before.others;
      }
    }
    return nullptr;
  }

  /// A wheel of a folder that is another file now, or gone: what is there is weighed as new.
  bool was_replaced(const lock::LockedDistribution& locked) const {
    if (locked.source != lock::LockedDistribution::Source::find_links || core::looks_like_url(locked.url)) return false;
    try {
      const core::MappedFile file((options_.lock_folder / locked.url).lexically_normal());
      return core::sha256(file.bytes()) != locked.sha256;
    } catch (const core::Error&) {
      return true;
    }
  }

  /// Still an index of the list, and the one that the name is pinned to.
  bool may_come_from(const std::string& base, const std::string& name) const {
    const auto pin = inputs_.indexes.pinned.find(name);
    if (pin != inputs_.indexes.pinned.end() && pin->second != base) return false;
    const std::vector<std::string>& indexes = inputs_.input.options.indexes;
    return std::find(indexes.begin(), indexes.end(), base) != indexes.end();
  }

  std::vector<std::string> mirrors_of(const std::string& base) const {
    for (const pypi::IndexLocation& index : inputs_.indexes.indexes) {
      if (index.base == base) return index.urls;
    }
    return {};
  }

  lock::LockedDistribution make_locked(const resolve::PypiPick& pick) {
    lock::LockedDistribution locked;
    if (const auto place = placed_.find(pick.name); pick.placed && place != placed_.end()) {
      locked = place->second.locked;
      if (place->second.sdist) add_built(pick.name, *place->second.sdist, locked);
    } else {
      locked.source =
          pick.index.empty() ? lock::LockedDistribution::Source::find_links : lock::LockedDistribution::Source::index;
      locked.index = pick.index;
      locked.file = pick.file.file_name;
      locked.url = pick.index.empty() ? links_place(pick.file.url)
                                      : lock::canonical_file_url(pick.index, pick.file.url, mirrors_of(pick.index));
      locked.sha256 = pick.file.sha256;
      locked.size = pick.file.size;
      locked.upload_time = pick.file.upload_time;
      locked.yanked = pick.file.yanked;
      locked.sha256_computed = was_computed(locked);
      if (pick.needs_build) add_built(pick.name, pick.file, locked);
      if (options_.all_artifacts) {
        for (const pypi::IndexFile& other : pick.others) {
          if (other.sha256) locked.others.push_back({other.file_name, *other.sha256, other.size});
        }
        std::sort(locked.others.begin(), locked.others.end(),
                  [](const auto& left, const auto& right) { return left.file < right.file; });
        // What was told by the lock alone comes without its other wheels.
        const auto* known = locked.others.empty() ? locked_others(locked) : nullptr;
        if (known != nullptr) locked.others = *known;
      }
    }
    locked.name = pick.name;
    locked.version = pick.version;
    locked.requires_python = pick.metadata.requires_python;
    locked.requires_dist = pick.metadata.requires_dist;
    locked.provides_extra = pick.metadata.provides_extra;
    locked.license = pick.metadata.license;
    return locked;
  }

  void add_built(const std::string& name, const pypi::IndexFile& sdist, lock::LockedDistribution& locked) {
    const BuiltWheel built = builder_.build(name, sdist, target_);
    locked.source = lock::LockedDistribution::Source::built;
    locked.sha256_computed = locked.sha256_computed || !locked.sha256;
    locked.sha256 = built.source_sha256;
    locked.built_file = built.file.filename().string();
    locked.built_sha256 = built.sha256;
  }

  /// The index had no hash when the file was locked, and the one at hand is the lock's own.
  bool was_computed(const lock::LockedDistribution& locked) const {
    if (options_.previous == nullptr || !locked.sha256) return false;
    const auto& before = options_.previous->distributions;
    return std::any_of(before.begin(), before.end(), [&](const lock::LockedDistribution& other) {
      return other.sha256_computed && other.file == locked.file && other.url == locked.url &&
             other.sha256 == locked.sha256;
    });
  }

  std::string links_place(const std::string& url) const {
    if (const auto path = core::path_of_file_url(url)) {
      const std::string place = std::filesystem::path(*path).lexically_proximate(options_.lock_folder).generic_string();
      return place.starts_with("..") ? place : "./" + place;
    }
    return core::strip_credentials(url);
  }

  const PipInputs& inputs_;
  const std::map<std::string, PlacedRequest>& placed_;
  const PipSolveOptions& options_;
  pypi::Source& source_;
  WheelBuilder& builder_;
  BuildTarget target_;
};

/// Whether a platform of the run takes a wheel.
pypi::WheelFilter fits_some(const std::vector<PlatformOutcome>& outcomes, const PipInputs& inputs) {
  std::vector<pypi::Tags> tags;
  for (const PlatformOutcome& outcome : outcomes) {
    tags.emplace_back(lock::wheel_python(python_of(outcome, inputs)), tag_platform(outcome.platform));
  }
  return [tags = std::move(tags)](const pypi::WheelName& wheel) {
    return std::any_of(tags.begin(), tags.end(), [&](const pypi::Tags& each) { return each.rank(wheel).has_value(); });
  };
}

/// The platform for which wheels can be built here, if there is one.
const PlatformOutcome& buildable(const std::vector<PlatformOutcome>& outcomes) {
  for (const PlatformOutcome& outcome : outcomes) {
    if (outcome.platform.subdir == conda::native_subdir()) return outcome;
  }
  return outcomes.front();
}

}  // namespace

void solve_pip(PipInputs& inputs, const PipSolveOptions& options, const Session& session,
               std::vector<PlatformOutcome>& outcomes, core::Notes& notes) {
  inputs.indexes.fits = fits_some(outcomes, inputs);
  const PipSource opened = open_pip_source(inputs, session, notes);
  // Pages are large: for one platform they are not kept.
  RememberingSource remembering(*opened.source);
  pypi::Source& source = outcomes.size() > 1 ? remembering : *opened.source;
  WheelBuilder builder(*opened.fetcher, session.cache);
  std::optional<PlaceBuilds> builds;
  if (inputs.input.options.allow_build && !outcomes.empty()) {
    const PlatformOutcome& outcome = buildable(outcomes);
    builds.emplace(PlaceBuilds{builder, {outcome.platform.subdir, python_of(outcome, inputs).version}});
  }
  BuildingSource building(source, builder, builds ? builds->target : BuildTarget{});
  const std::map<std::string, PlacedRequest> placed =
      look_at_places(inputs, options.free_all ? nullptr : options.previous, options.freed, builds ? building : source,
                     *opened.fetcher, options.lock_folder, builds, notes);
  PlatformSolver solver(inputs, placed, options, source, builder);
  std::vector<core::Notes> of_platforms(outcomes.size());
  for (std::size_t i = 0; i < outcomes.size(); ++i) solver.run(outcomes[i], of_platforms[i]);
  append_merged(outcomes, of_platforms, notes);
  hash_files(outcomes, inputs, options.lock_folder, *opened.fetcher);
  for (const core::Note& note : opened.fetcher->notes()) {
    core::Notes one;
    note.severity == core::Severity::warning ? one.warning(note.diagnostic) : one.note(note.diagnostic);
    notes.append(one);
  }
}

}  // namespace envlock::tools
