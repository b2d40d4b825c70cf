#include "pip_build.h"

#include <algorithm>
#include <system_error>

#include "child_process.h"
#include "envlock/conda/platform.h"
#include "envlock/core/file.h"
#include "envlock/core/text.h"
#include "envlock/core/url.h"
#include "envlock/pypi/tags.h"

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

}  // namespace

std::filesystem::path built_folder(const std::filesystem::path& cache, const core::Sha256& sdist) {
  return cache / "built-1" / core::format(sdist);
}

BuiltWheel WheelBuilder::build(const std::string& name, const pypi::IndexFile& sdist, const BuildTarget& target) {
  fetch::Download download{.urls = {sdist.url}, .label = sdist.file_name, .sha256 = sdist.sha256, .size = sdist.size};
  if (sdist.sha256) download.caching = fetch::Caching::immutable;
  const fetch::Fetched fetched = fetcher_.fetch_one(download);
  if (fetched.status != fetch::Status::ok) {
    throw core::Error(fetched.failure.value_or(
        core::Diagnostic{.code = "archive-unreachable",
                         .what = "there is no file at `" + core::printable(core::without_secrets(sdist.url)) + "`"}));
  }
  const core::Sha256 sha256 = sdist.sha256 ? *sdist.sha256 : core::sha256(core::MappedFile(fetched.path).bytes());
  const std::filesystem::path folder =
      built_folder(cache_, sha256) / (target.subdir + "-" + minor_version(target.python_version));
  std::filesystem::path wheel = wheel_in(folder);
  if (wheel.empty()) {
    require_fitting_python(name, target);
    std::error_code error;
    const std::filesystem::path work = folder.string() + ".work";
    std::filesystem::remove_all(work, error);
    std::filesystem::create_directories(work, error);
    // pip goes by the file's name, which the cache does not keep.
    const std::filesystem::path source = work / sdist.file_name;
    std::filesystem::copy_file(fetched.path, source, error);
    if (error) {
      throw core::Error({.code = "build-failed",
                         .what = "`" + core::printable(sdist.file_name) + "` cannot be copied to where it is built",
                         .why = {error.message()}});
    }
    const auto ran = run_program({build_python(), "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-cache-dir",
                                  "--wheel-dir", (work / "out").string(), source.string()},
                                 work.string(), kTimeoutSeconds);
    const std::filesystem::path made = ran && ran->exit_code == 0 ? wheel_in(work / "out") : "";
    if (made.empty()) {
      core::Diagnostic failed{.code = "build-failed",
                              .what = "building a wheel of `" + core::printable(sdist.file_name) + "` did not work",
                              .hints = {"ask for a version that has wheels, or take it from conda"}};
      failed.why.push_back(ran ? "pip says: " + last_lines(ran->errors + ran->output, 4)
                               : "it took longer than half an hour, or there is no python to do it");
      std::filesystem::remove_all(work, error);
      throw core::Error(std::move(failed));
    }
    std::filesystem::create_directories(folder, error);
    wheel = folder / made.filename();
    std::filesystem::rename(made, wheel, error);
    std::filesystem::remove_all(work, error);
  }
  return {wheel, core::sha256(core::MappedFile(wheel).bytes())};
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
      found[i] = source_.metadata({wheel}).front();
    } catch (const core::Error& error) {
      found[i].failure = error.diagnostics().front();
    }
  }
  return found;
}

}  // namespace envlock::tools
