// `envlock export`: a lock in the formats of other tools, so that conda, mamba and conda-lock install what we locked.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <functional>
#include <memory>
#include <utility>

#include "cli_options.h"
#include "commands.h"
#include "envlock/core/file.h"
#include "envlock/core/text.h"
#include "envlock/lock/export.h"
#include "envlock/report/export_report.h"
#include "envlock/spec/spec.h"
#include "lock_file.h"

namespace envlock::tools {
namespace {

struct ExportArgs {
  std::string format;
  std::string lock = kDefaultLock;
  std::vector<std::string> platforms;
  std::vector<std::string> environment;
  std::string output;
  bool md5 = false;
};

constexpr std::string_view kPlaceholder = "{platform}";

std::string output_for(const std::string& output, const std::string& platform) {
  std::string file = output;
  for (std::size_t at = 0; (at = file.find(kPlaceholder, at)) != std::string::npos; at += platform.size()) {
    file.replace(at, kPlaceholder.size(), platform);
  }
  return file;
}

/// A format that holds one platform.
struct SinglePlatformFormat {
  std::string what;
  std::string example;  ///< of a name with a place for the platform's
};

/// One file for each platform that was chosen.
std::vector<report::ExportedFile> export_each(const ExportArgs& args, const lock::Lock& lock,
                                              const SinglePlatformFormat& single,
                                              const std::function<std::string(const lock::LockedPlatform&)>& format) {
  const std::vector<const lock::LockedPlatform*> platforms = choose_locked_platforms(lock, args.lock, args.platforms);
  if (platforms.size() > 1 && args.output.find(kPlaceholder) == std::string::npos) {
    std::vector<std::string> names;
    for (const lock::LockedPlatform* platform : platforms) names.push_back(platform->platform.name);
    throw core::Error({.code = "several-platforms",
                       .what = single.what + " is for one platform, and " + core::printable(args.lock) + " has " +
                               std::to_string(platforms.size()),
                       .where = std::nullopt,
                       .why = {"it locks " + core::join(names, ", ")},
                       .hints = {"choose one: `-p " + names.front() + "`",
                                 "or write a file for each: `-o '" + single.example + "'`"}});
  }
  std::vector<report::ExportedFile> files;
  for (const lock::LockedPlatform* platform : platforms) {
    const std::string& name = platform->platform.name;
    files.push_back({name, output_for(args.output, name), format(*platform)});
  }
  return files;
}

/// The lock with the platforms that were chosen alone.
lock::Lock chosen_platforms(const ExportArgs& args, lock::Lock lock) {
  std::vector<lock::LockedPlatform> chosen;
  for (const lock::LockedPlatform* platform : choose_locked_platforms(lock, args.lock, args.platforms)) {
    chosen.push_back(*platform);
  }
  lock.platforms = std::move(chosen);
  return lock;
}

std::string export_conda_lock(const ExportArgs& args, const lock::Lock& lock, Out& out) {
  std::optional<spec::Spec> spec;
  if (!args.environment.empty()) {
    spec = spec::read({args.environment.begin(), args.environment.end()}, out.notes);
  }
  return lock::format_conda_lock(lock, spec ? &*spec : nullptr, &out.notes);
}

std::vector<report::ExportedFile> make_files(const ExportArgs& args, Out& out) {
  using Lock = lock::Lock;
  using Platform = lock::LockedPlatform;
  const lock::ExplicitHash hash = args.md5 ? lock::ExplicitHash::md5 : lock::ExplicitHash::sha256;
  const auto explicit_list = [&](const Lock& lock, const Platform& platform) {
    if (!platform.distributions.empty()) {
      out.notes.warning({.code = "export-no-pip",
                         .what = "an explicit file holds conda packages only: it lacks the " +
                                 std::to_string(platform.distributions.size()) + " distributions of PyPI of " +
                                 platform.platform.name,
                         .hints = {"`envlock export requirements` writes those, for `pip install --no-deps`"}});
    }
    return lock::format_explicit(lock, platform, hash);
  };
  const auto requirements = [&](const Lock& lock, const Platform& platform) {
    return lock::format_requirements(lock, platform, &out.notes);
  };
  const auto conda_lock = [&](const Lock& lock) { return export_conda_lock(args, lock, out); };

  const std::vector<std::string> formats{"explicit", "conda-lock", "requirements", "pylock", "cyclonedx", "spdx"};
  if (std::find(formats.begin(), formats.end(), args.format) == formats.end()) {
    const std::optional<std::string> meant = core::closest_match(args.format, formats);
    throw core::Error({.code = "unknown-format",
                       .what = "`" + core::printable(args.format) + "` is not a format that envlock exports",
                       .where = std::nullopt,
                       .why = {},
                       .hints = {meant ? "did you mean `envlock export " + *meant + "`?"
                                       : "there are " + core::join(formats, ", ")}});
  }
  const Lock lock = read_lock_file(args.lock);
  const auto one_platform = [&](const SinglePlatformFormat& single, const auto& format) {
    return export_each(args, lock, single, [&](const Platform& platform) { return format(lock, platform); });
  };
  const auto all_platforms = [&](const auto& format) -> std::vector<report::ExportedFile> {
    return {{"", args.output, format(chosen_platforms(args, lock))}};
  };
  if (args.format == "explicit") return one_platform({"an explicit file", "conda-{platform}.lock"}, explicit_list);
  if (args.format == "requirements")
    return one_platform({"a requirements file", "requirements-{platform}.txt"}, requirements);
  if (args.format == "conda-lock") return all_platforms(conda_lock);
  if (args.format == "pylock") return all_platforms(lock::format_pylock);
  return all_platforms(args.format == "spdx" ? lock::format_spdx : lock::format_cyclonedx);
}

Exit run_export(const ExportArgs& args, Out& out) {
  const std::vector<report::ExportedFile> files = make_files(args, out);
  for (const report::ExportedFile& file : files) {
    if (!file.file.empty()) core::write_file_atomically(file.file, file.content);
  }
  if (out.json) {
    out.data(report::json_export(args.format, args.lock, files, out.notes.all()));
    return Exit::yes;
  }
  out.show_notes();
  for (const report::ExportedFile& file : files) {
    if (file.file.empty()) {
      out.data(file.content);
    } else {
      out.words("wrote " + core::printable(file.file) + "\n");
    }
  }
  return Exit::yes;
}

}  // namespace

void add_export(CLI::App& app, Commands& commands) {
  auto args = std::make_shared<ExportArgs>();
  CLI::App& command = commands.add(
      app,
      {.name = "export",
       .purpose = "Write a lock in another tool's format",
       .synopsis = "envlock export FORMAT [LOCK] [options]",
       .details =
           "explicit: one URL with its hash a line, which `conda create --file` and `micromamba create -f` install\n"
           "without solving; one platform a file. conda-lock: a conda-lock.yml for all platforms.\n"
           "Of the pip section alone: requirements, for `pip install --require-hashes --no-deps -r FILE`, one "
           "platform\n"
           "a file; pylock: a pylock.toml (PEP 751) for all platforms.\n"
           "Bills of materials of the whole lock: cyclonedx (1.6) and spdx (2.3), as JSON.",
       .examples = {"# install with conda what envlock locked\nenvlock export explicit -p linux-64 -o "
                    "conda-linux-64.lock\nconda "
                    "create -n train --file conda-linux-64.lock",
                    "# one explicit file for each platform\nenvlock export explicit -o 'conda-{platform}.lock'",
                    "# for conda-lock and those who read its format\nenvlock export conda-lock -o conda-lock.yml",
                    "# what is in there, under which licenses\nenvlock export spdx -o environment.spdx.json"}},
      [args](Out& out) { return run_export(*args, out); });
  command.add_option("FORMAT", args->format, "explicit, conda-lock, requirements, pylock, cyclonedx or spdx")
      ->required();
  command.add_option("LOCK", args->lock, "the lock to read (default: envlock.lock)");
  add_list_option(command, "-p,--platform", args->platforms,
                  "only this platform of the lock; may be repeated (default: all)")
      ->type_name("PLATFORM")
      ->group("Export");
  command
      .add_option("-o,--output", args->output,
                  "where to write (default: standard output); {platform} in it stands for each platform's name")
      ->type_name("FILE")
      ->group("Export");
  command.add_flag("--md5", args->md5, "explicit: MD5 instead of SHA-256, for tools that know no other")
      ->group("Export");
  add_list_option(command, "-f,--file", args->environment,
                  "conda-lock: the environment.yml, so that conda-lock's own freshness check agrees; may be repeated")
      ->type_name("FILE")
      ->group("Export");
}

}  // namespace envlock::tools
