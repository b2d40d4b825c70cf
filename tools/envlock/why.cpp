// `envlock why`: which line of environment.yml a locked package is there for.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "cli_options.h"
#include "commands.h"
#include "envlock/core/text.h"
#include "envlock/lock/lock.h"
#include "envlock/lock/pip_graph.h"
#include "envlock/pypi/name.h"
#include "envlock/report/why_report.h"
#include "lock_file.h"
#include "why_artifact.h"
#include "why_places.h"

namespace envlock::tools {
namespace {

struct WhyArgs {
  std::string name;
  std::string lock = kDefaultLock;
  std::vector<std::string> platforms;
  std::string artifact;
  std::vector<std::string> records;
};

/// What a platform holds under a name, each with its reason: the conda package, the distribution, or else the conda
/// package that brings the distribution.
void add_reasons(const lock::Lock& lock, const lock::LockedPlatform& platform, const std::string& name,
                 report::WhyReport& why) {
  const std::string& where = platform.platform.name;
  const auto add_package = [&](const std::string& package, const std::string& brings) {
    for (const lock::PlatformPackage& each : platform.packages) {
      const conda::PackageRecord& record = lock.packages.at(each.package).record;
      if (record.name != package) continue;
      auto reason = brings.empty() ? lock::why(lock, where, package) : lock::why_distribution(lock, where, brings);
      if (reason) {
        why.platforms.push_back({where, record, {}, brings, std::move(*reason)});
      }
    }
  };
  const std::size_t before = why.platforms.size();
  add_package(core::to_lower(name), "");
  const std::string normalized = pypi::normalize_name(name);
  const std::vector<lock::PipNode> graph = lock::pip_graph(lock, platform);
  const lock::PipNode* node = lock::find_node(graph, normalized);
  if (node != nullptr && node->distribution) {
    if (auto reason = lock::why_distribution(lock, where, normalized)) {
      why.platforms.push_back(
          {where, lock.distributions.at(*node->distribution), node->extras, "", std::move(*reason)});
    }
  } else if (node != nullptr && why.platforms.size() == before) {
    add_package(node->conda_name, normalized);
  }
  if (why.platforms.size() == before) why.without.push_back(where);
}

core::Diagnostic not_locked(const lock::Lock& lock, const WhyArgs& args) {
  core::Diagnostic diagnostic{.code = "not-locked",
                              .what = "`" + args.name + "` is not in " + args.lock +
                                      (args.platforms.empty() ? "" : " for " + core::join(args.platforms, ", ")),
                              .where = std::nullopt,
                              .why = {},
                              .hints = {}};
  std::vector<std::string> names;
  for (const lock::LockedPackage& package : lock.packages) names.push_back(package.record.name);
  for (const lock::LockedDistribution& distribution : lock.distributions) names.push_back(distribution.name);
  const auto is_locked = [&](const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  if (is_locked(args.name) || is_locked(pypi::normalize_name(args.name))) {
    diagnostic.hints.push_back("other platforms of the lock hold it: leave out -p");
  } else if (const auto meant = core::closest_match(args.name, names)) {
    diagnostic.hints.push_back("did you mean `" + *meant + "`?");
  }
  return diagnostic;
}

Exit run_why(WhyArgs args, Out& out) {
  if (!args.artifact.empty()) return run_why_artifact(args.artifact, args.lock, args.records, out);
  if (args.name.empty()) {
    throw core::Error({.code = "missing-argument",
                       .what = "`envlock why` needs a package's name",
                       .where = std::nullopt,
                       .why = {},
                       .hints = {"write `envlock why NAME`, or `envlock why --artifact FILE`"}});
  }
  args.name = core::to_lower(args.name);
  const lock::Lock lock = read_lock_file(args.lock);
  report::WhyReport why{.name = args.name, .file = args.lock, .platforms = {}, .without = {}};
  for (const lock::LockedPlatform* platform : choose_locked_platforms(lock, args.lock, args.platforms)) {
    add_reasons(lock, *platform, args.name, why);
  }
  const AskedPlaces places(args.lock);
  for (report::PlatformReason& each : why.platforms) each.where = places.find(each.reason);
  const bool found = !why.platforms.empty();
  if (out.json) {
    out.data(report::json_why(why, out.notes.all()));
  } else if (found) {
    out.data(report::text_why(why, out.stdout_style()));
    if (!why.without.empty()) out.words("not locked for " + core::join(why.without, ", ") + "\n");
  } else {
    out.show(not_locked(lock, args), report::Kind::error);
  }
  return found ? Exit::yes : Exit::no;
}

}  // namespace

void add_why(CLI::App& app, Commands& commands) {
  auto args = std::make_shared<WhyArgs>();
  CLI::App& command = commands.add(
      app,
      {.name = "why",
       .purpose = "Tell why a package is in the lock, or which run made a file",
       .synopsis = "envlock why NAME [LOCK] [-p PLATFORM]... | envlock why --artifact FILE",
       .details =
           "Shows the shortest way from a line of environment.yml to the package, of conda or of PyPI, and who\n"
           "else needs it. Reads the lock, and the environment.yml beside it for the place of the line. Exit code 1\n"
           "when the package is not locked. With --artifact: finds the record that `envlock run --output FILE`\n"
           "left, by the file's hash, wherever the file is now.",
       .examples = {"# why is cuda-version locked?\nenvlock why cuda-version",
                    "# the same for one platform of another lock\nenvlock why libblas ci/envlock.lock -p osx-arm64",
                    "# which run made this checkpoint?\nenvlock why --artifact model.safetensors"}},
      [args](Out& out) { return run_why(*args, out); });
  CLI::Option* name = command.add_option("NAME", args->name, "the package's name");
  command.add_option("LOCK", args->lock, "the lock to read (default: envlock.lock)");
  add_list_option(command, "-p,--platform", args->platforms,
                  "only this platform of the lock; may be repeated (default: all)")
      ->type_name("PLATFORM")
      ->group("Options");
  command.add_option("--artifact", args->artifact, "find the run that made this file")
      ->type_name("FILE")
      ->group("Options")
      ->excludes(name);
  add_list_option(command, "--records", args->records,
                  "with --artifact: a folder of records (default: .envlock/runs here); may be repeated")
      ->type_name("DIR")
      ->group("Options");
}

}  // namespace envlock::tools
