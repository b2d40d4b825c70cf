#include "lock_target.h"

#include <CLI/CLI.hpp>

#include "cli_options.h"
#include "envlock/core/text.h"
#include "envlock/snapshot/machine.h"
#include "lock_file.h"

namespace envlock::tools {
namespace {

const lock::InstallPlatform& named_platform(const lock::InstallSet& set, const std::string& name,
                                            const std::string& file) {
  std::vector<std::string> known;
  for (const lock::InstallPlatform& platform : set.platforms) {
    if (platform.platform.name != name) {
      known.push_back(platform.platform.name);
      continue;
    }
    if (platform.platform.subdir == conda::native_subdir()) return platform;
    throw core::Error({.code = "foreign-platform",
                       .what = "`" + core::printable(name) + "` is for machines of another kind",
                       .where = std::nullopt,
                       .why = {"it is a " + core::printable(platform.platform.subdir) +
                               " platform, and this machine is " + std::string(conda::native_subdir())},
                       .hints = {}});
  }
  const std::optional<std::string> meant = core::closest_match(name, known);
  throw core::Error({.code = "unknown-platform",
                     .what = "`" + core::printable(name) + "` is not a platform of " + core::printable(file),
                     .where = std::nullopt,
                     .why = {"it locks " + core::join(known, ", ")},
                     .hints = meant ? std::vector<std::string>{"did you mean `--platform " + *meant + "`?"}
                                    : std::vector<std::string>{}});
}

std::vector<conda::PackageRecord> records_of(const lock::InstallPlatform& platform) {
  std::vector<conda::PackageRecord> records;
  for (const lock::InstallPackage& package : platform.packages) records.push_back(package.record);
  return records;
}

}  // namespace

void add_lock_argument(CLI::App& command, LockTargetArgs& args, const std::string& description) {
  // `install "$UNSET"` must not mean the lock that happens to be here.
  command.add_option("LOCK", args.lock, description)
      ->check(CLI::Validator([](const std::string& text) { return std::string(text.empty() ? "is empty" : ""); }, ""));
}

void add_lock_target_options(CLI::App& command, LockTargetArgs& args) {
  command
      .add_option("--platform", args.platform,
                  "the platform of the lock (default: the one whose virtual packages this machine has)")
      ->type_name("NAME")
      ->group("Lock");
  add_list_option(command, "--category", args.categories,
                  "only what this category of the lock needs; may be repeated (default: all)")
      ->type_name("NAME")
      ->group("Lock");
  command.add_option("--environment", args.environment, "the environment of a pixi.lock (default: its `default`)")
      ->type_name("NAME")
      ->group("Lock");
}

LockTarget choose_lock_target(const LockTargetArgs& args, core::Notes& notes) {
  LockTarget target;
  target.file = args.lock.empty() ? kDefaultLock : args.lock;
  target.set = read_install_file(target.file.string(), args.environment, notes);
  target.machine = snapshot::detect_virtual_packages(notes);
  const bool named = !args.platform.empty();
  const lock::InstallPlatform& chosen =
      named ? named_platform(target.set, args.platform, target.file.string())
            : lock::choose_platform(target.set, conda::native_subdir(), target.machine, target.file.string());
  target.platform = lock::only_categories(chosen, args.categories);
  if (target.platform.packages.empty() && target.platform.wheels.empty() && target.platform.sources.empty()) {
    throw core::Error({.code = "nothing-locked",
                       .what = "`" + core::printable(target.file.string()) + "` names no package for this machine",
                       .where = std::nullopt,
                       .why = {"an environment of nothing is hardly what is meant"},
                       .hints = {"is the file cut off? lock again, or delete the environment by hand"}});
  }
  target.unmet = lock::unmet_machine_needs(records_of(target.platform), target.machine);
  if (!named && !args.may_lack && !target.unmet.empty()) {
    for (core::Diagnostic& diagnostic : target.unmet) {
      diagnostic.hints.push_back("to go on in spite of it, as on a build machine: `--platform " +
                                 core::printable(target.platform.platform.name) + "`");
    }
    throw core::Error(target.unmet);
  }
  return target;
}

}  // namespace envlock::tools
