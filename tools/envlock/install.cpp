// `envlock install`: makes a prefix equal to a lock.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <memory>
#include <set>

#include "commands.h"
#include "complete_records.h"
#include "environment_path.h"
#include "envlock/core/text.h"
#include "envlock/core/url.h"
#include "envlock/prefix/transaction.h"
#include "envlock/report/install_report.h"
#include "envlock/report/units.h"
#include "heap.h"
#include "install_packages.h"
#include "interruption.h"
#include "lock_target.h"
#include "provided_check.h"
#include "run_records.h"
#include "source_wheels.h"
#include "verify_prefix.h"

namespace envlock::tools {
namespace {

struct InstallArgs {
  LockTargetArgs target;
  PrefixArgs prefix;
  ChannelArgs channel;
  bool dry_run = false;
  bool no_compile = false;
  bool allow_scripts = false;
  bool allow_build = false;
  bool copy = false;
  bool force = false;
  bool repair = false;
  std::size_t threads = 0;
};

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// What the prefix keeps of the lock. An envlock.lock never holds credentials; the URLs of other tools' may, and a
/// prefix goes where they must not.
std::string copy_of(const lock::InstallSet& set) {
  if (set.format == lock::LockFormat::envlock) return set.bytes;
  std::string copy;
  std::string_view rest = set.bytes;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, std::min(rest.find('\n'), rest.size() - 1) + 1);
    copy += line.find("://") == std::string_view::npos ? std::string(line) : core::without_secrets(line);
    rest.remove_prefix(line.size());
  }
  return copy;
}

/// As direct_url.json names it: PEP 610 wants a URL, for a file too.
std::string url_of(const lock::LockedWheel& wheel, const std::filesystem::path& lock_folder) {
  if (core::looks_like_url(wheel.url)) return core::strip_credentials(wheel.url);
  return core::file_url(std::filesystem::absolute(lock_folder / wheel.url).lexically_normal().string());
}

prefix::DirectUrl direct_of(const lock::LockedWheel& wheel) {
  if (!wheel.direct || !wheel.sha256) return {};
  return {.kind = prefix::DirectUrl::Kind::archive, .sha256 = *wheel.sha256};
}

void add_wheels(const std::vector<SourceWheel>& made, prefix::Target& target) {
  for (const SourceWheel& wheel : made) {
    target.wheels.push_back({.name = wheel.name,
                             .version = wheel.version,
                             .url = wheel.url,
                             .sha256 = wheel.sha256,
                             .file = wheel.file,
                             .direct = wheel.direct});
  }
}

prefix::Target make_target(const LockTarget& lock) {
  prefix::Target target;
  for (const lock::InstallPackage& package : lock.platform.packages) {
    target.packages.push_back({package.record, package.requested_specs});
  }
  for (const lock::LockedWheel& wheel : lock.platform.wheels) {
    target.wheels.push_back({.name = wheel.name,
                             .version = wheel.version,
                             .url = url_of(wheel, lock.file.parent_path()),
                             .sha256 = wheel.sha256.value_or(core::Sha256{}),
                             .file = {},
                             .direct = direct_of(wheel)});
  }
  target.variables = lock.set.variables;
  target.lock_bytes = copy_of(lock.set);
  return target;
}

/// Those of the lock's packages that have to be linked.
std::vector<lock::InstallPackage> packages_to_get(const LockTarget& lock, const prefix::Difference& difference) {
  std::set<std::string> names;
  for (const prefix::WantedPackage& wanted : difference.to_link) names.insert(wanted.record.name);
  std::vector<lock::InstallPackage> packages;
  for (const lock::InstallPackage& package : lock.platform.packages) {
    if (names.contains(package.record.name)) packages.push_back(package);
  }
  return packages;
}

prefix::InstallOptions make_options(const InstallArgs& args) {
  return {.pyc = args.no_compile ? prefix::Pyc::none : prefix::Pyc::compile,
          .scripts = args.allow_scripts ? prefix::Scripts::run : prefix::Scripts::list,
          .link = args.copy ? prefix::LinkMethod::copy : prefix::LinkMethod::automatic,
          .threads = args.threads,
          .force = args.force,
          .is_stopped = [] { return StopRequests::signal() != 0; }};
}

/// Links what was obtained. A cached file that was changed since it was unpacked, or a cached package that makes no
/// sense any more, costs one more round: the packages are thrown away and unpacked anew.
prefix::InstallResult link(const std::filesystem::path& folder, const prefix::Target& target,
                           const prefix::Difference& difference, const std::vector<lock::InstallPackage>& to_get,
                           const LockTarget& lock, Packages& packages, Obtained& obtained, const InstallArgs& args,
                           Session& session, Out& out) {
  const auto unpacked = [&obtained](const conda::PackageRecord& record) -> const archive::Unpacked& {
    return obtained.unpacked.at(conda::package_url(record));
  };
  const auto install = [&] {
    return prefix::install(folder, target, difference, packages.cache(), unpacked, make_options(args),
                           *session.progress, out.notes);
  };
  const StopRequests stop_requests;
  try {
    return install();
  } catch (const core::Error& error) {
    const std::string& code = error.diagnostics().front().code;
    const bool cache_is_to_blame = code == "cache-changed" || (code == "package-invalid" && obtained.was_unpacked > 0);
    if (!cache_is_to_blame) throw;
  }
  for (const lock::InstallPackage& package : to_get) {
    packages.cache().remove(unpacked(package.record).package);
  }
  obtained = packages.obtain(to_get, lock.platform.wheels, args.threads);
  return install();
}

void note_unmet(const LockTarget& lock, core::Notes& notes) {
  for (const core::Diagnostic& unmet : lock.unmet) notes.warning(unmet);
}

/// Bytes of archives that would have to come: of packages that are not unpacked yet.
std::uint64_t bytes_to_get(const std::vector<lock::InstallPackage>& to_get, const archive::PackageCache& cache) {
  std::uint64_t bytes = 0;
  for (const lock::InstallPackage& package : to_get) {
    const bool here = package.record.sha256 && cache.find(*package.record.sha256);
    if (!here) bytes += package.record.size.value_or(0);
  }
  return bytes;
}

/// Packages of the lock whose files are not what their archives say.
std::vector<std::string> packages_to_repair(const std::filesystem::path& folder, const LockTarget& lock,
                                            const InstallArgs& args, Packages& packages, Session& session, Out& out) {
  const verify::Verification verification = verify_prefix({.prefix = folder,
                                                           .lock = &lock,
                                                           .accepted = {},
                                                           .depth = verify::Depth::full,
                                                           .fetch = true,
                                                           .threads = args.threads,
                                                           .installed_at = {},
                                                           .command = {}},
                                                          packages, session, out);
  std::set<std::string> names;
  for (const verify::Finding& finding : verification.findings) {
    if (finding.weight == verify::Weight::fault && !finding.package.empty()) names.insert(finding.package);
  }
  return {names.begin(), names.end()};
}

/// What is to be repaired is unpacked anew: a cache that was made to fit the damage would bring it back.
void throw_away(const std::vector<std::string>& names, const std::vector<lock::InstallPackage>& to_get,
                const archive::PackageCache& cache) {
  for (const lock::InstallPackage& package : to_get) {
    const bool broken = std::find(names.begin(), names.end(), package.record.name) != names.end();
    if (broken && package.record.sha256) cache.remove(*package.record.sha256);
  }
}

/// What pip put there stays, and is no part of the lock.
void note_extra_distributions(const std::filesystem::path& folder, const prefix::Target& target, core::Notes& notes) {
  const std::vector<prefix::Distribution> extra = prefix::extra_distributions(folder, target);
  if (extra.empty()) return;
  core::Diagnostic diagnostic{
      .code = "distribution-extra",
      .what = report::count_of(extra.size(), "distribution") + " that the lock does not have " +
              (extra.size() == 1 ? "is kept" : "are kept") + ", and `envlock verify` will not accept " +
              (extra.size() == 1 ? "it" : "them"),
      .where = std::nullopt,
      .why = {},
      .hints = {"`python -m pip uninstall NAME` in the environment removes one",
                "to keep it, ask for its conda package in environment.yml, and run `envlock lock`"}};
  for (const prefix::Distribution& each : extra) {
    diagnostic.why.push_back("`" + core::printable(each.name + " " + each.version) + "`" +
                             (each.installer.empty() ? "" : ", installed by " + core::printable(each.installer, 40)));
  }
  notes.note(std::move(diagnostic));
}

Exit tell(const report::InstallSummary& summary, Out& out) {
  if (out.json) {
    out.data(report::json_install(summary, out.notes.all()));
  } else {
    out.show_notes();
    if (!out.quiet) out.words(report::text_install(summary, out.stderr_style()));
  }
  return Exit::yes;
}

Exit run_install(const InstallArgs& args, Out& out) {
  use_large_pages();
  const LockTarget lock = choose_lock_target(args.target, out.notes);
  note_unmet(lock, out.notes);
  const std::filesystem::path folder = prefix_to_create(args.prefix, lock.file);
  Session session = open_session(args.channel, out);
  Packages packages(session, lock.file.parent_path(), out);

  report::InstallSummary summary;
  summary.prefix = folder.string();
  summary.lock_file = lock.file.string();
  summary.platform = lock.platform.platform.name;
  summary.dry_run = args.dry_run;
  summary.packages = lock.platform.packages.size() + lock.platform.wheels.size() + lock.platform.sources.size();
  (void)prefix::check_prefix(folder, args.force);  // a dry run, too, shall not promise what would be refused
  if (!args.dry_run) summary.recovered = prefix::recover(folder);
  prefix::Target target = make_target(lock);
  const prefix::InstalledPackages installed =
      prefix::is_environment(folder) ? prefix::read_conda_meta(folder) : prefix::InstalledPackages{};
  if (!installed.broken.empty()) throw core::Error(installed.broken);
  std::vector<std::string> relink;
  if (args.repair && prefix::is_environment(folder)) {
    relink = packages_to_repair(folder, lock, args, packages, session, out);
    target.renewed_wheels = relink;
  }
  prefix::Difference difference = prefix::compare(installed, target, relink);
  summary.difference = &difference;
  const std::vector<lock::InstallPackage> to_get = packages_to_get(lock, difference);
  if (!args.dry_run) throw_away(relink, to_get, packages.cache());
  SourceWheels sources(lock, session, args.allow_build);
  sources.check_folders();  // before anything is fetched or built
  if (args.dry_run) {
    summary.download_bytes_expected = bytes_to_get(to_get, packages.cache());
    return tell(summary, out);
  }

  if (!to_get.empty() && lock.unmet.empty() && !out.json) {
    out.words("this machine has all that " + core::printable(summary.platform) + " and its packages ask for\n");
  }
  const std::filesystem::path own = lock.file.parent_path() / ".envlock";
  if (folder == std::filesystem::absolute(own / "env").lexically_normal()) {
    std::filesystem::create_directories(own);
    keep_out_of_git(own);
  }
  const Clock::time_point start = Clock::now();
  Obtained obtained = packages.obtain(to_get, lock.platform.wheels, args.threads);
  summary.downloaded = obtained.downloaded;
  summary.downloaded_bytes = obtained.downloaded_bytes;
  summary.borrowed = obtained.borrowed;
  summary.seconds_getting = seconds_since(start);
  for (prefix::WantedWheel& wheel : target.wheels) wheel.file = obtained.wheels.at(wheel.name);
  if (!lock.platform.sources.empty()) add_wheels(sources.make(packages.pip(), out.notes), target);
  complete_records(lock.set.format, obtained, installed, target, difference);

  const Clock::time_point linking = Clock::now();
  summary.result = link(folder, target, difference, to_get, lock, packages, obtained, args, session, out);
  summary.seconds_linking = seconds_since(linking);
  note_extra_distributions(folder, target, out.notes);
  check_provided(folder, lock, out.notes);
  return tell(summary, out);
}

}  // namespace

void add_install(CLI::App& app, Commands& commands) {
  auto args = std::make_shared<InstallArgs>();
  CLI::App& command = commands.add(
      app,
      {.name = "install",
       .purpose = "Make a prefix equal to the lock",
       .synopsis = "envlock install [LOCK] [-p PREFIX | -n NAME] [options]",
       .details =
           "Takes the platform of the lock whose virtual packages this machine has, gets the packages that the prefix\n"
           "lacks, checks every hash, and changes only what differs. The same lock in the same place gives the same\n"
           "bytes. Whatever goes wrong, the prefix is put back; what you changed in it is kept aside.\n"
           "LOCK may be an envlock.lock, an @EXPLICIT file, a conda-lock.yml or a pixi.lock.",
       .examples = {"# make .envlock/env beside the lock\nenvlock install",
                    "# an environment that conda knows by name\nenvlock install -n train",
                    "# what would change? Downloads nothing, writes nothing\nenvlock install --dry-run",
                    "# put back what was changed since\nenvlock install --repair",
                    "# on a build machine without a GPU: name the platform\nenvlock install --platform linux-64-cuda12 "
                    "-p /opt/train"}},
      [args](Out& out) { return run_install(*args, out); });
  add_lock_argument(command, args->target, "the lock to install (default: envlock.lock)");
  add_prefix_options(command, args->prefix);
  add_lock_target_options(command, args->target);
  command.add_flag("--dry-run", args->dry_run, "only say what would change");
  command.add_flag("--no-compile", args->no_compile, "do not compile the python sources of noarch packages");
  command.add_flag("--allow-scripts", args->allow_scripts, "run the post-link and pre-unlink scripts of packages");
  command.add_flag("--allow-build", args->allow_build,
                   "build wheels of what the lock names without one: runs code of those projects");
  command.add_flag("--copy", args->copy, "copy files from the cache, never link them");
  command.add_flag("--repair", args->repair, "verify what is there first, and put anew what is not as it should be");
  command.add_flag("--force", args->force, "change an environment that is marked as frozen");
  add_transport_options(command, args->channel);
  command.add_option("--threads", args->threads, "threads to use (default: one per core); never changes the result")
      ->type_name("N")
      ->check(CLI::Range(1, 1024).description(""))
      ->group("Advanced");
}

}  // namespace envlock::tools
