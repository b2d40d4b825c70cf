#include "pip_places.h"

#include <algorithm>
#include <optional>

#include "envlock/core/file.h"
#include "envlock/core/text.h"
#include "envlock/core/url.h"
#include "envlock/pypi/name.h"
#include "envlock/pypi/project_folder.h"
#include "envlock/pypi/tags.h"
#include "git_source.h"

namespace envlock::tools {
namespace {

class PlaceReader {
 public:
  PlaceReader(const PipInputs& inputs, const lock::Lock* previous, const std::set<std::string>& freed,
              pypi::Source& source, fetch::Fetcher& fetcher, const std::filesystem::path& lock_folder,
              const std::optional<PlaceBuilds>& builds, core::Notes& notes)
      : inputs_(inputs),
        previous_(previous),
        freed_(freed),
        source_(source),
        fetcher_(fetcher),
        lock_folder_(lock_folder),
        builds_(builds),
        notes_(notes) {}

  PlacedRequest read(const pypi::PipRequest& request) {
    switch (request.kind) {
      case pypi::PipRequest::Kind::archive:
        return read_archive(request);
      case pypi::PipRequest::Kind::vcs:
        return read_repository(request);
      default:
        return read_directory(request);
    }
  }

 private:
  static core::Diagnostic trouble(const pypi::PipRequest& request, std::string code, std::string what) {
    return {.code = std::move(code), .what = std::move(what), .where = request.where};
  }

  /// `may_help`: --allow-build would let it be built.
  [[noreturn]] static void needs_build(const pypi::PipRequest& request, const std::string& why, bool may_help) {
    core::Diagnostic diagnostic =
        trouble(request, "place-needs-build",
                "what `" + core::printable(request.text, 80) + "` needs is known only after a build");
    diagnostic.why.push_back(why);
    diagnostic.why.push_back("a build runs the project's own code, which locking does not do");
    diagnostic.hints = {"write name, version and dependencies into the [project] table of its pyproject.toml",
                        "or name a released version that has wheels"};
    if (may_help) diagnostic.hints.insert(diagnostic.hints.begin(), "`--allow-build` builds a wheel here");
    throw core::Error(std::move(diagnostic));
  }

  PlacedRequest read_directory(const pypi::PipRequest& request) const {
    const std::filesystem::path folder = request.subdirectory.empty()
                                             ? std::filesystem::path(request.location)
                                             : std::filesystem::path(request.location) / request.subdirectory;
    pypi::FolderMetadata read = read_folder(request, folder);
    if (!read.obstacle.empty()) needs_build(request, read.obstacle, false);
    PlacedRequest result = of_folder(request, std::move(read));
    result.locked.source = lock::LockedDistribution::Source::directory;
    result.locked.url = canonical_place(request.location, lock_folder_);
    result.locked.subdirectory = request.subdirectory;
    result.locked.editable = request.editable;
    return result;
  }

  pypi::FolderMetadata read_folder(const pypi::PipRequest& request, const std::filesystem::path& folder) const {
    try {
      return pypi::read_project_folder(folder);
    } catch (core::Error& error) {
      std::vector<core::Diagnostic> diagnostics = error.diagnostics();
      if (!diagnostics.front().where) diagnostics.front().where = request.where;
      throw core::Error(std::move(diagnostics));
    }
  }

  /// Its mistakes name the repository, not the cache that its files lie in.
  pypi::FolderMetadata read_checkout(const pypi::PipRequest& request, const std::filesystem::path& root,
                                     const std::filesystem::path& folder) const {
    try {
      return read_folder(request, folder);
    } catch (core::Error& error) {
      std::vector<core::Diagnostic> diagnostics = error.diagnostics();
      const std::string repository = core::without_secrets(lock::without_login(request.location));
      for (core::Diagnostic& diagnostic : diagnostics) {
        const std::size_t at = diagnostic.what.find(root.string());
        if (at != std::string::npos) diagnostic.what.replace(at, root.string().size(), repository);
        const bool in_cache = diagnostic.where && diagnostic.where->file.starts_with(root.string());
        if (in_cache) diagnostic.where = request.where;
      }
      throw core::Error(std::move(diagnostics));
    }
  }

  PlacedRequest of_folder(const pypi::PipRequest& request, pypi::FolderMetadata read) const {
    if (!read.version_known) {
      notes_.warning(
          {.code = "project-version-unknown",
           .what = "the version of `" + read.metadata.name + "` is known only after a build, and counts as 0",
           .where = request.where,
           .why = {"its pyproject.toml leaves it to the build backend"},
           .hints = {"write the version into the [project] table"}});
    }
    PlacedRequest result;
    result.placed.metadata = std::move(read.metadata);
    return result;
  }

  /// What a wheel says that is built of a commit.
  PlacedRequest of_built_commit(const pypi::PipRequest& request, const std::filesystem::path& checkout,
                                const std::string& commit) const {
    const BuiltWheel built = builds_->builder.build_commit(core::printable(request.text, 80), checkout, commit,
                                                           request.subdirectory, builds_->target);
    const std::string file_name = built.file.filename().string();
    const auto wheel = pypi::parse_wheel_name(file_name);
    if (!wheel) throw core::Error(trouble(request, "build-failed", "`" + file_name + "` is no name of a wheel"));
    const pypi::IndexFile file{.file_name = file_name,
                               .url = core::file_url(std::filesystem::absolute(built.file).string()),
                               .sha256 = built.sha256};
    const std::string version = pypi::Version::parse(wheel->version).format();
    const pypi::FoundMetadata found = source_.metadata({{wheel->name, version, "", file}}).front();
    if (!found.metadata) throw core::Error(found.failure.value_or(core::Diagnostic{.code = "metadata-unavailable"}));
    PlacedRequest result;
    result.placed.metadata = *found.metadata;
    return result;
  }

  PlacedRequest read_repository(const pypi::PipRequest& request) const {
    if (inputs_.network.offline && core::looks_like_url(request.location) && !request.location.starts_with("file:")) {
      core::Diagnostic diagnostic = trouble(request, "offline-miss", "`--offline`, and a repository is to be read");
      diagnostic.hints = {"run once without `--offline`"};
      throw core::Error(std::move(diagnostic));
    }
    if (("/" + request.subdirectory + "/").find("/../") != std::string::npos || request.subdirectory.starts_with('/')) {
      throw core::Error(trouble(request, "project-folder-invalid",
                                "`" + core::printable(request.subdirectory, 80) + "` leads out of the repository"));
    }
    const std::string commit = locked_commit(request).value_or("");
    const std::string chosen = commit.empty() ? find_commit(request.location, request.revision) : commit;
    const std::filesystem::path root = check_out(request.location, chosen, inputs_.indexes.cache);
    const std::filesystem::path folder = request.subdirectory.empty() ? root : root / request.subdirectory;
    pypi::FolderMetadata read = read_checkout(request, root, folder);
    const bool is_static = read.obstacle.empty() && (read.version_known || !builds_);
    if (!is_static && !builds_) needs_build(request, read.obstacle, true);
    PlacedRequest result = is_static ? of_folder(request, std::move(read)) : of_built_commit(request, root, chosen);
    result.locked.source = lock::LockedDistribution::Source::vcs;
    result.locked.url = lock::without_login(request.location);
    result.locked.commit = chosen;
    result.locked.subdirectory = request.subdirectory;
    return result;
  }

  /// The commit that the lock has for the same line: a branch that moved on does not move a lock.
  std::optional<std::string> locked_commit(const pypi::PipRequest& request) const {
    if (previous_ == nullptr) return std::nullopt;
    const lock::PipLine line = lock::canonical(request, false);
    const bool same_line =
        std::any_of(previous_->pip_lines.begin(), previous_->pip_lines.end(),
                    [&](const lock::PipLine& other) { return other.text == line.text && other.kind == line.kind; });
    if (!same_line) return std::nullopt;
    for (const lock::LockedDistribution& locked : previous_->distributions) {
      if (locked.source == lock::LockedDistribution::Source::vcs &&
          locked.url == lock::without_login(request.location) && locked.subdirectory == request.subdirectory) {
        return freed_.contains(locked.name) ? std::nullopt : std::optional(locked.commit);
      }
    }
    return std::nullopt;
  }

  PlacedRequest read_archive(const pypi::PipRequest& request) const {
    const std::string plain = core::strip_credentials(request.location);
    std::string file_name = plain.substr(0, plain.find_first_of("?#"));
    file_name = file_name.substr(file_name.rfind('/') + 1);
    const auto wheel = pypi::parse_wheel_name(file_name);
    fetch::Download download{.urls = {request.location}, .label = file_name};
    if (!request.hashes.empty()) download.sha256 = request.hashes.front();
    const fetch::Fetched fetched = fetcher_.fetch_one(download);
    if (fetched.status != fetch::Status::ok) {
      core::Diagnostic diagnostic = fetched.failure.value_or(
          trouble(request, "archive-unreachable",
                  "there is no file at `" + core::printable(core::without_secrets(request.location)) + "`"));
      diagnostic.where = request.where;
      throw core::Error(std::move(diagnostic));
    }
    const core::MappedFile content(fetched.path);
    pypi::IndexFile file;
    file.file_name = file_name;
    file.url = core::file_url(std::filesystem::absolute(fetched.path).string());
    file.sha256 = core::sha256(content.bytes());
    file.size = content.bytes().size();
    if (!wheel && !builds_) needs_build(request, "`" + core::printable(file_name) + "` is no wheel", true);
    const std::string version = wheel ? pypi::Version::parse(wheel->version).format() : "";
    const std::string name = wheel ? wheel->name : request.requirement.name;
    const pypi::FoundMetadata found = source_.metadata({{name, version, "", file}}).front();
    if (!found.metadata) {
      if (found.failure && found.failure->code == "sdist-needs-build") {
        needs_build(request, found.failure->what, !builds_);
      }
      core::Diagnostic diagnostic = found.failure.value_or(core::Diagnostic{.code = "metadata-unavailable"});
      diagnostic.where = request.where;
      throw core::Error(std::move(diagnostic));
    }
    PlacedRequest result;
    result.placed.metadata = *found.metadata;
    result.placed.file_name = file_name;
    using Source = lock::LockedDistribution::Source;
    result.locked.source = wheel ? Source::archive : Source::built;
    if (!wheel) result.sdist = file;
    result.locked.url = canonical_place(request.location, lock_folder_);
    result.locked.file = file_name;
    result.locked.sha256 = file.sha256;
    result.locked.sha256_computed = request.hashes.empty();
    result.locked.size = file.size;
    return result;
  }

  const PipInputs& inputs_;
  const lock::Lock* previous_;
  const std::set<std::string>& freed_;
  pypi::Source& source_;
  fetch::Fetcher& fetcher_;
  const std::filesystem::path& lock_folder_;
  const std::optional<PlaceBuilds>& builds_;
  core::Notes& notes_;
};

core::Diagnostic named_twice(const std::string& name, const pypi::PipRequest& request) {
  return {.code = "place-twice",
          .what = "`" + name + "` is named by two places",
          .where = request.where,
          .hints = {"keep one of the lines"}};
}

/// Of a line that does not tell the name, what lies at its place in the lock. "": nothing does.
std::string locked_name(const pypi::PipRequest& request, const lock::Lock& lock,
                        const std::filesystem::path& lock_folder) {
  if (!request.requirement.name.empty()) return request.requirement.name;
  const std::string place = request.kind == pypi::PipRequest::Kind::vcs
                                ? lock::without_login(request.location)
                                : canonical_place(request.location, lock_folder);
  for (const lock::LockedDistribution& locked : lock.distributions) {
    if (locked.url == place && locked.subdirectory == request.subdirectory) return locked.name;
  }
  return "";
}

}  // namespace

void refuse_places_named_twice(const PipInputs& inputs, const lock::Lock& lock,
                               const std::filesystem::path& lock_folder) {
  std::set<std::string> names;
  std::vector<core::Diagnostic> mistakes;
  for (const pypi::PipRequest& request : inputs.requests.requests) {
    if (request.kind == pypi::PipRequest::Kind::named) continue;
    const std::string name = locked_name(request, lock, lock_folder);
    if (!name.empty() && !names.insert(name).second) mistakes.push_back(named_twice(name, request));
  }
  if (!mistakes.empty()) throw core::Error(std::move(mistakes));
}

std::string canonical_place(const std::string& place, const std::filesystem::path& lock_folder) {
  if (core::looks_like_url(place)) {
    const std::string url = core::strip_credentials(place);
    return url.substr(0, url.find_first_of("?#"));  // a query may be a secret
  }
  const std::string path = std::filesystem::path(place).lexically_proximate(lock_folder).generic_string();
  return path.starts_with("..") || path == "." ? path : "./" + path;
}

std::map<std::string, PlacedRequest> look_at_places(PipInputs& inputs, const lock::Lock* previous,
                                                    const std::set<std::string>& freed, pypi::Source& source,
                                                    fetch::Fetcher& fetcher, const std::filesystem::path& lock_folder,
                                                    const std::optional<PlaceBuilds>& builds, core::Notes& notes) {
  PlaceReader reader(inputs, previous, freed, source, fetcher, lock_folder, builds, notes);
  std::map<std::string, PlacedRequest> placed;
  std::vector<core::Diagnostic> mistakes;
  for (pypi::PipRequest& request : inputs.requests.requests) {
    if (request.kind == pypi::PipRequest::Kind::named) continue;
    try {
      PlacedRequest read = reader.read(request);
      const std::string name = read.placed.metadata.name;
      if (!request.requirement.name.empty() && request.requirement.name != name) {
        mistakes.push_back(
            {.code = "place-name-differs",
             .what = "`" + core::printable(request.text, 80) + "` leads to a project called `" + name + "`",
             .where = request.where,
             .hints = {"call it `" + name + "`"}});
        continue;
      }
      request.requirement.name = name;
      const auto [known, added] = placed.emplace(name, std::move(read));
      if (!added) {
        mistakes.push_back(named_twice(name, request));
      }
    } catch (const core::Error& error) {
      for (core::Diagnostic mistake : error.diagnostics()) {
        if (!mistake.where) mistake.where = request.where;
        mistakes.push_back(std::move(mistake));
      }
    }
  }
  if (!mistakes.empty()) throw core::Error(std::move(mistakes));
  return placed;
}

}  // namespace envlock::tools
