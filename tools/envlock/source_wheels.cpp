#include "source_wheels.h"

#include <unistd.h>

#include <algorithm>
#include <system_error>
#include <utility>

#include "envlock/core/file.h"
#include "envlock/core/text.h"
#include "envlock/core/url.h"
#include "envlock/prefix/project_wheel.h"
#include "envlock/pypi/project_folder.h"
#include "envlock/pypi/tags.h"
#include "envlock/pypi/version.h"
#include "git_source.h"
#include "pip_build.h"

namespace envlock::tools {
namespace {

namespace fs = std::filesystem;
using Source = lock::LockedDistribution::Source;

std::string shown(const lock::LockedDistribution& distribution) {
  return "`" + core::printable(distribution.name) + "`";
}

/// The lock was made of another state of the project than the one that is there.
[[noreturn]] void refuse_stale(const lock::LockedDistribution& distribution, const fs::path& folder, std::string want,
                               std::string have) {
  throw core::Error(
      {.code = "project-stale",
       .what = "`" + core::printable(folder.string()) + "` has changed since " + shown(distribution) + " was locked",
       .why = {"the lock has " + std::move(want), "the folder has " + std::move(have)},
       .hints = {"lock again: `envlock lock`"}});
}

std::string list_of(const std::vector<std::string>& needs) {
  return needs.empty() ? "no dependencies" : "the dependencies " + core::printable(core::join(needs, ", "), 300);
}

/// The project still is what the lock says of it.
void check_fresh(const lock::LockedDistribution& distribution, const fs::path& folder) {
  const pypi::FolderMetadata read = pypi::read_project_folder(folder);
  if (!read.obstacle.empty()) return;  // for whoever makes the wheel to tell
  const pypi::Metadata& metadata = read.metadata;
  if (metadata.name != distribution.name) {
    refuse_stale(distribution, folder, "the name " + core::printable(distribution.name),
                 "the name " + core::printable(metadata.name));
  }
  const auto locked = pypi::Version::try_parse(distribution.version);
  if (read.version_known && (!locked || *locked != pypi::Version::parse(metadata.version))) {
    refuse_stale(distribution, folder, "version " + core::printable(distribution.version),
                 "version " + core::printable(metadata.version));
  }
  if (metadata.requires_dist != distribution.requires_dist) {
    refuse_stale(distribution, folder, list_of(distribution.requires_dist), list_of(metadata.requires_dist));
  }
  if (metadata.requires_python != distribution.requires_python) {
    refuse_stale(distribution, folder, "requires-python " + core::printable(distribution.requires_python),
                 "requires-python " + core::printable(metadata.requires_python));
  }
}

prefix::ProjectWheel folder_wheel(const lock::LockedDistribution& distribution, const fs::path& folder) {
  std::error_code error;
  if (!fs::is_directory(folder, error)) {
    throw core::Error({.code = "project-folder-missing",
                       .what = "the folder of " + shown(distribution) + " is not there",
                       .why = {"looked for `" + core::printable(folder.string()) + "`",
                               "the lock says `" + core::printable(distribution.url) + "`, seen from where it lies"},
                       .hints = {"put the folder there, or lock again with the place that it has now"}});
  }
  check_fresh(distribution, folder);
  return prefix::make_project_wheel(folder, distribution.version, prefix::ProjectUse::link);
}

[[noreturn]] void refuse_build(const lock::LockedDistribution& distribution, std::string what, std::string why) {
  throw core::Error({.code = "build-not-allowed",
                     .what = std::move(what) + ", which would run code of " + shown(distribution),
                     .why = {std::move(why)},
                     .hints = {"`envlock install --allow-build` lets it run",
                               "or ask for a version that has wheels, and lock again"}});
}

fs::path joined(const fs::path& folder, const std::string& below) {
  return below.empty() ? folder : (folder / below).lexically_normal();
}

}  // namespace

SourceWheels::SourceWheels(const LockTarget& lock, const Session& session, bool allow_build)
    : lock_(lock), session_(session), allow_build_(allow_build) {
  lock_folder_ = fs::absolute(lock.file.has_parent_path() ? lock.file.parent_path() : ".").lexically_normal();
  for (const lock::InstallPackage& package : lock.platform.packages) {
    if (package.record.name == "python") python_version_ = package.record.version;
  }
}

SourceWheels::~SourceWheels() {
  std::error_code error;
  if (!private_folder_.empty()) fs::remove_all(private_folder_, error);
}

fs::path SourceWheels::folder_of(const lock::LockedDistribution& distribution) const {
  fs::path folder = (lock_folder_ / distribution.url).lexically_normal();
  if (!folder.has_filename()) folder = folder.parent_path();
  return joined(folder, distribution.subdirectory);
}

fs::path SourceWheels::keep(const std::string& file_name, const std::string& bytes) {
  const fs::path below = fs::path(core::format(core::sha256(bytes))) / file_name;
  const auto write = [&](const fs::path& root) {
    std::error_code error;
    fs::create_directories((root / below).parent_path(), error);
    if (!fs::exists(root / below, error) || core::read_file(root / below) != bytes) {
      core::write_file_atomically(root / below, bytes);
    }
    return root / below;
  };
  if (private_folder_.empty()) {
    try {
      return write(session_.cache / "projects-1");
    } catch (const core::Error&) {
      std::string name = (fs::temp_directory_path() / "envlock-projects-XXXXXX").string();
      if (mkdtemp(name.data()) == nullptr) throw;
      private_folder_ = name;
    }
  }
  return write(private_folder_);
}

prefix::DirectUrl SourceWheels::direct_of(const lock::LockedDistribution& distribution) const {
  using Kind = prefix::DirectUrl::Kind;
  if (distribution.source == Source::directory) return {.kind = Kind::folder};
  if (distribution.source == Source::vcs) {
    return {.kind = Kind::repository, .commit = distribution.commit, .subdirectory = distribution.subdirectory};
  }
  if (!distribution.index.empty() || !distribution.sha256 || !lock_.set.pip) return {};
  // A source distribution of find-links has a place too: only a line that names it asked for it by its place.
  const auto& lines = lock_.set.pip->lines;
  const bool asked = std::any_of(lines.begin(), lines.end(), [&](const lock::PipLine& line) {
    return line.kind == lock::PipLine::Kind::archive && line.text.find(distribution.url) != std::string::npos;
  });
  return asked ? prefix::DirectUrl{.kind = Kind::archive, .sha256 = *distribution.sha256} : prefix::DirectUrl{};
}

SourceWheel SourceWheels::of_folder(const lock::LockedDistribution& distribution) {
  const fs::path folder = folder_of(distribution);
  const prefix::ProjectWheel made = folder_wheel(distribution, folder);
  return {.name = distribution.name,
          .version = made.version,
          .url = core::file_url(folder.string()),
          .sha256 = core::sha256(made.bytes),
          .file = keep(made.file_name, made.bytes),
          .direct = direct_of(distribution)};
}

std::optional<SourceWheel> SourceWheels::plain_wheel_of_commit(const lock::LockedDistribution& distribution,
                                                               const fs::path& checkout, std::string& why) {
  const fs::path folder = joined(checkout, distribution.subdirectory);
  try {
    const prefix::ProjectWheel made =
        prefix::make_project_wheel(folder, distribution.version, prefix::ProjectUse::copy);
    return SourceWheel{.name = distribution.name,
                       .version = made.version,
                       .url = core::strip_credentials(distribution.url),
                       .sha256 = core::sha256(made.bytes),
                       .file = keep(made.file_name, made.bytes),
                       .direct = direct_of(distribution)};
  } catch (const core::Error& error) {
    if (error.diagnostics().front().code != "project-layout-unknown") throw;
    why = error.diagnostics().front().why.front();
    return std::nullopt;
  }
}

SourceWheel SourceWheels::of_commit(const lock::LockedDistribution& distribution, PipTransport& transport,
                                    core::Notes& notes) {
  auto checkout = find_checkout(distribution.url, distribution.commit, session_.cache);
  const bool is_remote = core::looks_like_url(distribution.url) && !distribution.url.starts_with("file:");
  if (!checkout && session_.condarc.network.offline && is_remote) {
    throw core::Error({.code = "offline-miss",
                       .what = "`--offline`, and commit " + core::printable(distribution.commit) + " of " +
                               shown(distribution) + " is not in the cache",
                       .hints = {"run once without `--offline`"}});
  }
  if (!checkout) checkout = check_out(distribution.url, distribution.commit, session_.cache);
  std::string why;
  if (auto plain = plain_wheel_of_commit(distribution, *checkout, why)) return *std::move(plain);
  if (!allow_build_) refuse_build(distribution, "a wheel has to be built of commit " + distribution.commit, why);
  WheelBuilder builder(transport.fetcher(), session_.cache);
  const BuiltWheel built =
      builder.build_commit(distribution.name, *checkout, distribution.commit, distribution.subdirectory,
                           {lock_.platform.platform.subdir, python_version_});
  notes.note({.code = "built-not-hashed",
              .what = "the wheel of " + shown(distribution) + " was built here, and the lock has no hash of it",
              .why = {"the lock names commit " + distribution.commit + " of " +
                      core::printable(core::without_secrets(distribution.url))},
              .hints = {"`envlock verify` cannot prove its files"}});
  // A version that only a build tells is 0 in the lock.
  const auto wheel = pypi::parse_wheel_name(built.file.filename().string());
  const bool is_known = distribution.version != "0" || !wheel;
  return {.name = distribution.name,
          .version = is_known ? distribution.version : pypi::Version::parse(wheel->version).format(),
          .url = core::strip_credentials(distribution.url),
          .sha256 = built.sha256,
          .file = built.file,
          .direct = direct_of(distribution)};
}

SourceWheel SourceWheels::of_sdist(const lock::LockedSource& source, PipTransport& transport) {
  const lock::LockedDistribution& distribution = source.distribution;
  const BuildTarget target{lock_.platform.platform.subdir, python_version_};
  SourceWheel wheel{.name = distribution.name,
                    .version = distribution.version,
                    .url = source.url,
                    .sha256 = *distribution.built_sha256,
                    .file = {},
                    .direct = direct_of(distribution)};
  if (!core::looks_like_url(wheel.url)) {
    wheel.url = core::file_url((lock_folder_ / wheel.url).lexically_normal().string());
  }
  const fs::path folder = built_folder(session_.cache, core::format(*distribution.sha256), target);
  if (const auto known = find_built(folder, distribution.built_file, wheel.sha256)) {
    wheel.file = *known;
    return wheel;
  }
  if (!allow_build_) {
    throw core::Error(
        {.code = "build-not-allowed",
         .what = "the wheel of " + shown(distribution) + " was built where it was locked, and is not in the cache here",
         .why = {"want sha256 " + core::format(wheel.sha256) + "  " + core::printable(distribution.built_file)},
         .hints = {"copy it from the cache of the machine that locked it to `" + core::printable(folder.string()) + "`",
                   "or let it be built here, which runs its code: `envlock install --allow-build`"}});
  }
  std::string place = source.url;
  if (!core::looks_like_url(place) && !place.starts_with('/')) {
    place = (lock_folder_ / place).lexically_normal().string();
  }
  fetch::Download sdist{.urls = transport.places(distribution.index, place),
                        .label = distribution.file,
                        .sha256 = distribution.sha256,
                        .size = distribution.size,
                        .caching = fetch::Caching::immutable};
  // What comes in the end is in the cache, where the build finds it by its hash.
  const fetch::Fetched fetched = transport.fetch(sdist, distribution.index, distribution.name, distribution.file);
  if (fetched.status == fetch::Status::ok) sdist.urls = {fs::absolute(fetched.path).string()};
  WheelBuilder builder(transport.fetcher(), session_.cache);
  wheel.file =
      builder.build_locked(distribution.name, sdist, distribution.file, target, distribution.built_file, wheel.sha256)
          .file;
  return wheel;
}

std::vector<SourceWheel> SourceWheels::make(PipTransport& transport, core::Notes& notes) {
  std::vector<SourceWheel> wheels;
  std::vector<core::Diagnostic> failures;
  for (const lock::LockedSource& source : lock_.platform.sources) {
    try {
      switch (source.distribution.source) {
        case Source::directory:
          wheels.push_back(of_folder(source.distribution));
          break;
        case Source::vcs:
          wheels.push_back(of_commit(source.distribution, transport, notes));
          break;
        default:
          wheels.push_back(of_sdist(source, transport));
      }
    } catch (const core::Error& error) {
      failures.insert(failures.end(), error.diagnostics().begin(), error.diagnostics().end());
    }
  }
  if (!failures.empty()) throw core::Error(std::move(failures));
  return wheels;
}

void SourceWheels::check_folders() const {
  std::vector<core::Diagnostic> failures;
  for (const lock::LockedSource& source : lock_.platform.sources) {
    if (source.distribution.source != Source::directory) continue;
    try {
      (void)folder_wheel(source.distribution, folder_of(source.distribution));
    } catch (const core::Error& error) {
      failures.insert(failures.end(), error.diagnostics().begin(), error.diagnostics().end());
    }
  }
  if (!failures.empty()) throw core::Error(std::move(failures));
}

SeenSource SourceWheels::seen(const lock::LockedSource& source, bool fetch) {
  const lock::LockedDistribution& distribution = source.distribution;
  SeenSource seen{.name = distribution.name, .version = distribution.version};
  if (distribution.source == Source::directory) {
    seen.is_folder = true;
    seen.place = folder_of(distribution).string();
    seen.wheel = of_folder(distribution);
  } else if (distribution.source == Source::vcs) {
    seen.place = core::strip_credentials(distribution.url) + " at commit " + distribution.commit;
    std::string why;
    auto checkout = find_checkout(distribution.url, distribution.commit, session_.cache);
    if (!checkout && fetch) checkout = check_out(distribution.url, distribution.commit, session_.cache);
    if (checkout) {
      seen.wheel = plain_wheel_of_commit(distribution, *checkout, why);
    }
  } else {
    seen.is_hashed = true;
    seen.place = distribution.file;
    const fs::path folder = built_folder(session_.cache, core::format(*distribution.sha256),
                                         {lock_.platform.platform.subdir, python_version_});
    seen.wheel = SourceWheel{
        .name = distribution.name,
        .version = distribution.version,
        .url = source.url,
        .sha256 = *distribution.built_sha256,
        .file = find_built(folder, distribution.built_file, *distribution.built_sha256).value_or(fs::path()),
        .direct = direct_of(distribution)};
  }
  return seen;
}

std::vector<SeenSource> SourceWheels::look(bool fetch) {
  std::vector<SeenSource> all;
  for (const lock::LockedSource& source : lock_.platform.sources) {
    try {
      all.push_back(seen(source, fetch));
    } catch (const core::Error& error) {
      const bool is_folder = source.distribution.source == Source::directory;
      all.push_back({.name = source.distribution.name,
                     .version = source.distribution.version,
                     .is_folder = is_folder,
                     .place = is_folder ? folder_of(source.distribution).string() : source.distribution.url,
                     .trouble = error.diagnostics().front()});
    }
  }
  return all;
}

}  // namespace envlock::tools
