// `envlock export`: a lock in the formats of other tools, so that conda, mamba and conda-lock install what we locked.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <memory>

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

std::vector<report::ExportedFile> export_explicit(const ExportArgs& args, const lock::Lock& lock) {
  const std::vector<const lock::LockedPlatform*> platforms = choose_locked_platforms(lock, args.lock, args.platforms);
  if (platforms.size() > 1 && args.output.find(kPlaceholder) == std::string::npos) {
    std::vector<std::string> names;
    for (const lock::LockedPlatform* platform : platforms) names.push_back(platform->platform.name);
    throw core::Error({.code = "several-platforms",
                       .what = "an explicit file is for one platform, and " + core::printable(args.lock) + " has " +
                               std::to_string(platforms.size()),
                       .where = std::nullopt,
                       .why = {"it locks " + core::join(names, ", ")},
                       .hints = {"choose one: `-p " + names.front() + "`",
                                 "or write a file for each: `-o 'conda-{platform}.lock'`"}});
  }
  const lock::ExplicitHash hash = args.md5 ? lock::ExplicitHash::md5 : lock::ExplicitHash::sha256;
  std::vector<report::ExportedFile> files;
  for (const lock::LockedPlatform* platform : platforms) {
    const std::string& name = platform->platform.name;
    files.push_back({name, output_for(args.output, name), lock::format_explicit(lock, *platform, hash)});
  }
  return files;
}

std::vector<report::ExportedFile> export_conda_lock(const ExportArgs& args, lock::Lock lock, Out& out) {
  std::vector<lock::LockedPlatform> chosen;
  for (const lock::LockedPlatform* platform : choose_locked_platforms(lock, args.lock, args.platforms)) {
    chosen.push_back(*platform);
  }
  lock.platforms = std::move(chosen);
  std::optional<spec::Spec> spec;
  if (!args.environment.empty()) {
    spec = spec::read({args.environment.begin(), args.environment.end()}, out.notes);
  }
  return {{"", args.output, lock::format_conda_lock(lock, spec ? &*spec : nullptr)}};
}

std::vector<report::ExportedFile> make_files(const ExportArgs& args, Out& out) {
  const std::vector<std::string> formats{"explicit", "conda-lock"};
  if (std::find(formats.begin(), formats.end(), args.format) == formats.end()) {
    const std::optional<std::string> meant = core::closest_match(args.format, formats);
    throw core::Error({.code = "unknown-format",
                       .what = "`" + core::printable(args.format) + "` is not a format that envlock exports",
                       .where = std::nullopt,
                       .why = {},
                       .hints = {meant ? "did you mean `envlock export " + *meant + "`?"
                                       : "there are " + core::join(formats, " and ")}});
  }
  lock::Lock lock = read_lock_file(args.lock);
  if (args.format == "explicit") return export_explicit(args, lock);
  return export_conda_lock(args, std::move(lock), out);
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
       .synopsis = "envlock export explicit|conda-lock [LOCK] [options]",
       .details =
           "explicit: one URL with its hash a line, which `conda create --file` and `micromamba create -f` install\n"
           "without solving; one platform a file. conda-lock: a conda-lock.yml for all platforms.",
       .examples = {"# install with conda what envlock locked\nenvlock export explicit -p linux-64 -o "
                    "conda-linux-64.lock\nconda "
                    "create -n train --file conda-linux-64.lock",
                    "# one explicit file for each platform\nenvlock export explicit -o 'conda-{platform}.lock'",
                    "# for conda-lock and those who read its format\nenvlock export conda-lock -o conda-lock.yml"}},
      [args](Out& out) { return run_export(*args, out); });
  command.add_option("FORMAT", args->format, "explicit or conda-lock")->required();
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
