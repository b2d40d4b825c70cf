#include "pip_build.h"

#include <unistd.h>

#include <algorithm>
#include <system_error>

#include "child_process.h"
#include "envlock/conda/platform.h"
#include "envlock/core/file.h"
#include "envlock/core/text.h"
#include "envlock/core/url.h"
#include "envlock/pypi/tags.h"
#include "envlock/pypi/version.h"

namespace envlock::tools {
namespace {

constexpr double kTimeoutSeconds = 1800;

std::string build_python() {
  return core::environment_variable("ENVLOCK_BUILD_PYTHON").value_or("python3");
}

/// "3.12" of "3.12.7".
std::string minor_version(const std::string& version) {
  const std::size_t first = version.find('.');
  const std::size_t second = first == std::string::npos ? first : version.find('.', first + 1);
  return version.substr(0, second);
}

core::Diagnostic impossible(const std::string& name, std::string why) {
  return {.code = "build-impossible",
          .what = "no wheel of `" + core::printable(name) + "` can be built here",
          .why = {std::move(why)},
          .hints = {"ask for a version that has wheels, or take it from conda",
                    "name a python that fits with ENVLOCK_BUILD_PYTHON=/path/to/python"}};
}

void require_fitting_python(const std::string& name, const BuildTarget& target) {
  if (target.subdir != conda::native_subdir()) {
    throw core::Error(impossible(
        name, "it is for " + target.subdir + ", and this machine is " + std::string(conda::native_subdir())));
  }
  const std::string python = build_python();
  const auto ran = run_program({python, "-I", "-c", "import pip, sys; print('%d.%d' % sys.version_info[:2])"}, "", 60);
  const std::string has = ran && ran->exit_code == 0 ? std::string(core::trim(ran->output)) : "";
  if (has.empty()) throw core::Error(impossible(name, "`" + core::printable(python) + "` does not run, or has no pip"));
  if (has != minor_version(target.python_version)) {
    throw core::Error(impossible(name, "the environment has python " + minor_version(target.python_version) +
                                           ", and `" + core::printable(python) + "` is " + core::printable(has)));
  }
}

/// The only wheel of a folder.
std::filesystem::path wheel_in(const std::filesystem::path& folder) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (entry.path().extension() == ".whl") return entry.path();
  }
  return {};
}

[[noreturn]] void refuse_build(const std::string& what, std::string why) {
  throw core::Error({.code = "build-failed",
                     .what = what,
                     .why = {std::move(why)},
                     .hints = {"ask for a version that has wheels, or take it from conda"}});
}

/// A folder in which one wheel is built, gone with this.
class BuildPlace {
 public:
  explicit BuildPlace(const std::filesystem::path& beside)
      : folder_(std::filesystem::absolute(beside).string() + ".work-" + std::to_string(getpid())) {
    std::error_code error;
    std::filesystem::remove_all(folder_, error);
    std::filesystem::create_directories(folder_, error);
  }
  ~BuildPlace() {
    std::error_code error;
    std::filesystem::remove_all(folder_, error);
  }
  BuildPlace(const BuildPlace&) = delete;
  BuildPlace& operator=(const BuildPlace&) = delete;

  const std::filesystem::path& folder() const { return folder_; }

  /// Runs `pip wheel` on a file or folder. What could change from run to run is the same for all; what pip says comes
  /// as one stream, whose end tells why a build failed.
  std::filesystem::path build(const std::string& source, const std::string& shown) const {
    const std::vector<std::string> words = {"env",
                                            "SOURCE_DATE_EPOCH=315532800",
                                            "PYTHONHASHSEED=0",
                                            "TZ=UTC0",
                                            "LC_ALL=C.UTF-8",
                                            "sh",
                                            "-c",
                                            "umask 022; exec \"$@\" 2>&1",
                                            "sh",
                                            build_python(),
                                            "-m",
                                            "pip",
                                            "wheel",
                                            "--quiet",
                                            "--no-deps",
                                            "--no-cache-dir",
                                            "--disable-pip-version-check",
                                            "--wheel-dir",
                                            (folder_ / "out").string(),
                                            source};
    const auto ran = run_program(words, folder_.string(), kTimeoutSeconds);
    const std::filesystem::path made = ran && ran->exit_code == 0 ? wheel_in(folder_ / "out") : "";
    if (!made.empty()) return made;
    refuse_build("building a wheel of `" + core::printable(shown) + "` did not work",
                 ran ? "pip says: " + last_lines(ran->output + ran->errors, 4)
                     : "it took longer than half an hour, or there is no python to do it");
  }

 private:
  std::filesystem::path folder_;
};

core::Sha256 hash_of(const std::filesystem::path& file) {
  return core::sha256(core::MappedFile(file).bytes());
}

/// pip goes by the file's name, which the cache does not keep.
std::filesystem::path make_of_sdist(const BuildPlace& place, const std::filesystem::path& sdist,
                                    const std::string& file_name) {
  std::error_code error;
  const std::filesystem::path source = place.folder() / file_name;
  std::filesystem::copy_file(sdist, source, error);
  if (error) {
    refuse_build("`" + core::printable(file_name) + "` cannot be copied to where it is built", error.message());
  }
  return place.build(source.string(), file_name);
}

/// Moves a wheel to where it is found again, unless one is there.
BuiltWheel keep(const std::filesystem::path& made, const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  const std::filesystem::path wheel = folder / made.filename();
  std::filesystem::rename(made, wheel, error);
  if (error) refuse_build("`" + core::printable(made.filename().string()) + "` cannot be kept", error.message());
  return {wheel, hash_of(wheel)};
}

[[noreturn]] void refuse_other_wheel(const std::string& name, const std::filesystem::path& folder,
                                     const std::string& locked_file, const core::Sha256& locked,
                                     const std::filesystem::path& made) {
  throw core::Error(
      {.code = "built-wheel-differs",
       .what = "the wheel of `" + core::printable(name) + "` that was built here is not the one that was locked",
       .why = {"want sha256 " + core::format(locked) + "  " + core::printable(locked_file),
               "have sha256 " + core::format(hash_of(made)) + "  " + core::printable(made.filename().string()),
               "what a build makes depends on its tools, which no lock names"},
       .hints = {"to install the locked one, copy it from the cache of the machine that locked it to `" +
                     core::printable(folder.string()) + "`",
                 "to lock this one: `envlock lock --allow-build --update " + core::printable(name) + "`"}});
}

}  // namespace

std::filesystem::path built_folder(const std::filesystem::path& cache, const std::string& source,
                                   const BuildTarget& target) {
  return cache / "built-1" / source / (target.subdir + "-" + minor_version(target.python_version));
}

std::optional<std::filesystem::path> find_built(const std::filesystem::path& folder, const std::string& file,
                                                const core::Sha256& sha256) {
  std::error_code error;
  const std::filesystem::path wheel = folder / file;
  if (!std::filesystem::is_regular_file(wheel, error)) return std::nullopt;
  try {
    if (hash_of(wheel) == sha256) return wheel;
  } catch (const core::Error&) {
    // As good as none.
  }
  return std::nullopt;
}

std::filesystem::path WheelBuilder::fetch_sdist(const fetch::Download& download) {
  const fetch::Fetched fetched = fetcher_.fetch_one(download);
  if (fetched.status == fetch::Status::ok) return fetched.path;
  const std::string place = download.urls.empty() ? "" : core::without_secrets(download.urls.back());
  throw core::Error(fetched.failure.value_or(
      core::Diagnostic{.code = "archive-unreachable", .what = "there is no file at `" + core::printable(place) + "`"}));
}

BuiltWheel WheelBuilder::build(const std::string& name, const pypi::IndexFile& sdist, const BuildTarget& target) {
  fetch::Download download{.urls = {sdist.url}, .label = sdist.file_name, .sha256 = sdist.sha256, .size = sdist.size};
  if (sdist.sha256) download.caching = fetch::Caching::immutable;
  const std::filesystem::path file = fetch_sdist(download);
  const core::Sha256 source = sdist.sha256 ? *sdist.sha256 : hash_of(file);
  const std::filesystem::path folder = built_folder(cache_, core::format(source), target);
  if (const std::filesystem::path known = wheel_in(folder); !known.empty()) return {known, hash_of(known), source};
  require_fitting_python(name, target);
  const BuildPlace place(folder);
  BuiltWheel built = keep(make_of_sdist(place, file, sdist.file_name), folder);
  built.source_sha256 = source;
  return built;
}

BuiltWheel WheelBuilder::build_locked(const std::string& name, const fetch::Download& sdist,
                                      const std::string& sdist_file, const BuildTarget& target,
                                      const std::string& wheel_file, const core::Sha256& wheel_sha256) {
  const std::filesystem::path folder = built_folder(cache_, core::format(*sdist.sha256), target);
  if (const auto known = find_built(folder, wheel_file, wheel_sha256)) return {*known, wheel_sha256};
  require_fitting_python(name, target);
  const std::filesystem::path file = fetch_sdist(sdist);
  const BuildPlace place(folder);
  const std::filesystem::path made = make_of_sdist(place, file, sdist_file);
  const bool is_locked = made.filename() == wheel_file && hash_of(made) == wheel_sha256;
  // One that differs is kept for locking again, unless there is one already, which other locks may name.
  if (!is_locked && wheel_in(folder).empty()) {
    refuse_other_wheel(name, folder, wheel_file, wheel_sha256, keep(made, folder).file);
  }
  if (!is_locked) refuse_other_wheel(name, folder, wheel_file, wheel_sha256, made);
  return keep(made, folder);
}

BuiltWheel WheelBuilder::build_commit(const std::string& name, const std::filesystem::path& folder,
                                      const std::string& commit, const std::string& subdirectory,
                                      const BuildTarget& target) {
  std::string source = "git-" + commit;
  if (!subdirectory.empty()) source += "-" + core::format(core::sha256(subdirectory)).substr(0, 16);
  const std::filesystem::path kept = built_folder(cache_, source, target);
  if (const std::filesystem::path known = wheel_in(kept); !known.empty()) return {known, hash_of(known)};
  require_fitting_python(name, target);
  // Backends write beside the sources, and the checkout is held against its commit.
  const BuildPlace place(kept);
  std::error_code error;
  const std::filesystem::path copy = place.folder() / "source";
  std::filesystem::copy(folder, copy,
                        std::filesystem::copy_options::recursive | std::filesystem::copy_options::copy_symlinks, error);
  if (error) {
    refuse_build("the checkout of `" + core::printable(name) + "` cannot be copied to where it is built",
                 error.message());
  }
  return keep(place.build((copy / subdirectory).lexically_normal().string(), name), kept);
}

std::vector<pypi::FoundMetadata> BuildingSource::metadata(const std::vector<pypi::MetadataWanted>& wanted) {
  std::vector<pypi::FoundMetadata> found = source_.metadata(wanted);
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (!found[i].failure || found[i].failure->code != "sdist-needs-build") continue;
    try {
      const BuiltWheel built = builder_.build(wanted[i].name, wanted[i].file, target_);
      pypi::MetadataWanted wheel = wanted[i];
      wheel.file = {.file_name = built.file.filename().string(),
                    .url = core::file_url(std::filesystem::absolute(built.file).string()),
                    .sha256 = built.sha256};
      // A line that names a place tells no version.
      if (const auto parts = pypi::parse_wheel_name(wheel.file.file_name); parts && wheel.version.empty()) {
        wheel.name = parts->name;
        wheel.version = pypi::Version::parse(parts->version).format();
      }
      found[i] = source_.metadata({wheel}).front();
    } catch (const core::Error& error) {
      found[i].failure = error.diagnostics().front();
    }
  }
  return found;
}

}  // namespace envlock::tools
