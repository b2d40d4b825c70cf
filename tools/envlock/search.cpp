// `envlock search`: what the channels hold of a spec, newest first.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <tuple>
#include <utility>

#include "cli_options.h"
#include "commands.h"
#include "envlock/channel/repository.h"
#include "envlock/conda/match_spec.h"
#include "envlock/conda/platform.h"
#include "envlock/core/text.h"
#include "envlock/report/search_report.h"
#include "envlock/report/units.h"
#include "envlock/snapshot/machine.h"

namespace envlock::tools {
namespace {

struct SearchArgs {
  std::string spec;
  std::vector<std::string> subdirs;
  bool here = false;
  std::size_t limit = 20;
  ChannelArgs channel;
};

/// A record found, with what orders it.
struct Found {
  conda::PackageRecord record;
  conda::Version version;
  std::uint32_t channel_rank = 0;
};

/// What the channels know of the asked name, for the words when nothing matches.
struct Near {
  std::size_t records = 0;  ///< of the name, whatever version
  std::optional<conda::Version> oldest;
  std::optional<conda::Version> newest;
};

conda::MatchSpec parse_spec(const std::string& text, Out& out) {
  try {
    return conda::MatchSpec::parse(text, conda::SpecSyntax::lenient, &out.notes);
  } catch (const core::Error& error) {
    std::vector<core::Diagnostic> diagnostics = error.diagnostics();
    for (core::Diagnostic& diagnostic : diagnostics) {
      if (!diagnostic.where) diagnostic.where = core::SourceSpan{};
      diagnostic.where->file = "<command line>";
      diagnostic.where->line = 1;
      diagnostic.where->text = text;
    }
    throw core::Error(std::move(diagnostics));
  }
}

std::vector<std::string> choose_subdirs(const SearchArgs& args, const conda::MatchSpec& spec) {
  std::vector<std::string> subdirs = args.subdirs;
  if (subdirs.empty() && spec.subdir) subdirs.push_back(*spec.subdir);
  if (subdirs.empty()) subdirs.emplace_back(conda::native_subdir());
  for (const std::string& subdir : subdirs) {
    if (subdir == "noarch" || conda::is_known_subdir(subdir)) continue;
    const std::optional<std::string> meant = core::closest_match(subdir, conda::known_subdirs());
    throw core::Error({.code = "unknown-platform",
                       .what = "`" + subdir + "` is not a platform that channels have a folder for",
                       .where = std::nullopt,
                       .why = {},
                       .hints = {meant ? "did you mean `" + *meant + "`?"
                                       : "known are " + core::join(conda::known_subdirs(), ", ")}});
  }
  std::sort(subdirs.begin(), subdirs.end());
  subdirs.erase(std::unique(subdirs.begin(), subdirs.end()), subdirs.end());
  return subdirs;
}

std::vector<std::string> choose_channels(const SearchArgs& args, const conda::MatchSpec& spec, const Session& session) {
  if (!args.channel.channels.empty()) return args.channel.channels;
  if (spec.channel) return {*spec.channel};
  if (!session.condarc.channels.empty()) return session.condarc.channels;
  throw core::Error({.code = "no-channels",
                     .what = "no channel is named, neither by -c nor by a .condarc file",
                     .where = std::nullopt,
                     .why = {},
                     .hints = {"name one: `envlock search -c conda-forge " + args.spec + "`"}});
}

/// True for "py*", "*" and "^py.*$": a search over names.
bool is_pattern(const std::string& name) {
  return name.find_first_of("*^$") != std::string::npos;
}

std::vector<std::string> names_matching(const std::string& name, const channel::Repository& repository) {
  if (!is_pattern(name)) return {name};
  const conda::StringSpec pattern = conda::StringSpec::parse(name);
  std::vector<std::string> names = repository.all_names();
  names.erase(std::remove_if(names.begin(), names.end(), [&](const auto& each) { return !pattern.matches(each); }),
              names.end());
  return names;
}

/// Everything that matches, each file once.
std::vector<Found> find_records(const conda::MatchSpec& spec, const std::vector<std::string>& subdirs,
                                const std::vector<std::string>& names, const std::set<std::string>& bases,
                                const channel::Repository& repository, Near& near, core::Notes& notes) {
  conda::MatchSpec any_name = spec;  // the names are chosen already, by pattern or not
  std::vector<Found> found;
  std::set<std::tuple<std::string, std::string, std::string>> seen;
  for (const std::string& subdir : subdirs) {
    const conda::Index index = repository.load(subdir, names, {}, notes);
    for (const std::string& name : names) {
      any_name.name = name;
      for (const conda::Candidate& candidate : index.find(name)) {
        const auto id = static_cast<conda::CandidateId>(&candidate - index.candidates.data());
        conda::PackageRecord record = index.record(id);
        std::optional<conda::Version> version = conda::Version::try_parse(record.version);
        if (!version) continue;
        ++near.records;
        if (!near.oldest || *version < *near.oldest) near.oldest = version;
        if (!near.newest || *version > *near.newest) near.newest = version;
        if (!any_name.matches(record) || (!bases.empty() && bases.count(record.channel) == 0)) continue;
        if (!seen.emplace(record.channel, record.subdir, record.file_name).second) continue;
        found.push_back({std::move(record), std::move(*version), index.channels.at(candidate.channel).rank});
      }
    }
  }
  return found;
}

/// By name; then newest first: version, build number, time; then the preferred channel.
void sort_newest_first(std::vector<Found>& found) {
  std::sort(found.begin(), found.end(), [](const Found& left, const Found& right) {
    if (left.record.name != right.record.name) return left.record.name < right.record.name;
    if (const auto order = left.version <=> right.version; order != 0) return order > 0;
    const auto rest = [](const Found& each) {
      return std::make_tuple(each.record.build_number, each.record.timestamp.value_or(0));
    };
    if (rest(left) != rest(right)) return rest(left) > rest(right);
    const auto ties = [](const Found& each) {
      return std::tie(each.channel_rank, each.record.subdir, each.record.file_name);
    };
    return ties(left) < ties(right);
  });
}

/// What this machine lacks for a record to run: its own virtual depends and constrains, not those of its dependencies.
std::vector<std::string> unmet_here(const conda::PackageRecord& record,
                                    const std::vector<conda::VirtualPackage>& machine) {
  std::vector<std::string> unmet;
  if (record.subdir != "noarch" && record.subdir != conda::native_subdir()) {
    unmet.push_back("a " + record.subdir + " machine");
  }
  const auto check = [&](const std::string& text, bool must_be_there) {
    if (text.rfind("__", 0) != 0) return;
    try {
      const conda::MatchSpec spec = conda::MatchSpec::parse(text);
      for (const conda::VirtualPackage& package : machine) {
        if (package.name != spec.name) continue;
        const std::optional<conda::Version> version = conda::Version::try_parse(package.version);
        if (!version || !spec.matches(package.name, *version, package.build, 0)) unmet.push_back(text);
        return;
      }
    } catch (const core::Error&) {
      // a dependency that cannot be read cannot be met
    }
    if (must_be_there) unmet.push_back(text);
  };
  for (const std::string& depend : record.depends) check(depend, true);
  for (const std::string& constrain : record.constrains) check(constrain, false);
  return unmet;
}

core::Diagnostic nothing_matches(const SearchArgs& args, const conda::MatchSpec& spec, const Near& near,
                                 const std::vector<std::string>& subdirs, const channel::Repository& repository) {
  std::vector<std::string> channels;
  for (const channel::Location& location : repository.locations()) channels.push_back(location.channel.name);
  core::Diagnostic diagnostic{.code = "no-match",
                              .what = "nothing matches `" + args.spec + "` in " + core::join(channels, ", ") + " for " +
                                      core::join(subdirs, ", "),
                              .where = std::nullopt,
                              .why = {},
                              .hints = {}};
  if (near.records > 0 && near.oldest && near.newest) {
    diagnostic.why.push_back("there are " + report::format_count(near.records) + " records of `" + spec.name +
                             "`, versions " + near.oldest->text() + " to " + near.newest->text());
    diagnostic.hints.push_back("search for `" + spec.name + "` alone to see them");
  } else if (!is_pattern(spec.name)) {
    if (const auto meant = core::closest_match(spec.name, repository.all_names())) {
      diagnostic.hints.push_back("did you mean `" + *meant + "`?");
    } else {
      diagnostic.hints.push_back("search for a part of the name: `envlock search '*" + spec.name + "*'`");
    }
  }
  return diagnostic;
}

Exit run_search(const SearchArgs& args, Out& out) {
  const conda::MatchSpec spec = parse_spec(args.spec, out);
  const std::vector<std::string> subdirs = choose_subdirs(args, spec);
  Session session = open_session(args.channel, out);
  channel::ResolveOptions resolve{.base_folder = ".", .lock_folder = ".", .channel_map = session.channel_map};
  std::vector<channel::Location> locations =
      channel::resolve_channels(choose_channels(args, spec, session), session.condarc, resolve);
  std::set<std::string> bases;
  if (spec.channel) {
    for (const channel::Location& one : channel::resolve_channels({*spec.channel}, session.condarc, resolve)) {
      bases.insert(one.channel.base);
    }
  }

  channel::OpenOptions open;
  open.subdirs = subdirs;
  open.priority = conda::ChannelPriority::disabled;  // a search hides nothing
  open.exclude_newer = session.exclude_newer;
  open.exclude_newer_strict = session.exclude_newer_strict;
  open.cache = session.cache;
  const channel::Repository repository =
      channel::Repository::open(std::move(locations), std::move(open), *session.fetcher, *session.progress, out.notes);

  Near near;
  std::vector<Found> found =
      find_records(spec, subdirs, names_matching(spec.name, repository), bases, repository, near, out.notes);
  sort_newest_first(found);

  report::SearchReport search{.spec = args.spec, .subdirs = subdirs, .matches = {}, .total = found.size(), .here = {}};
  if (args.here) search.here = snapshot::detect_virtual_packages(out.notes);
  std::map<std::string, std::string> names_of_channels;
  for (const channel::Location& location : repository.locations()) {
    names_of_channels.emplace(location.channel.base, location.channel.name);
  }
  if (args.limit > 0 && found.size() > args.limit) found.resize(args.limit);
  for (Found& one : found) {
    std::vector<std::string> unmet = args.here ? unmet_here(one.record, *search.here) : std::vector<std::string>{};
    std::string channel = names_of_channels[one.record.channel];
    search.matches.push_back({std::move(one.record), std::move(channel), std::move(unmet)});
  }

  take_fetch_notes(session, out);
  const Exit exit = search.total > 0 ? Exit::yes : Exit::no;
  if (out.json) {
    out.data(report::json_search(search, out.notes.all()));
    return exit;
  }
  out.show_notes();
  if (exit == Exit::no) out.show(nothing_matches(args, spec, near, subdirs, repository), report::Kind::error);
  out.data(report::text_search(search, out.stdout_style()));
  if (search.total > search.matches.size()) {
    out.words("and " + report::format_count(search.total - search.matches.size()) + " more; --limit 0 shows all\n");
  }
  return exit;
}

}  // namespace

void add_search(CLI::App& app, Commands& commands) {
  auto args = std::make_shared<SearchArgs>();
  CLI::App& command = commands.add(
      app,
      {.name = "search",
       .purpose = "Show what the channels hold of a package, newest first",
       .synopsis = "envlock search SPEC [-c CHANNEL]... [options]",
       .details =
           "SPEC is what a line of environment.yml says: a name, with version and build if you like. In a name,\n"
           "* stands for any text. Without -c the channels of .condarc are searched. Exit code 1 when nothing\n"
           "matches.",
       .examples = {"# the newest builds of pytorch\nenvlock search -c conda-forge pytorch",
                    "# which CUDA builds of 2.5 would run on this machine?\nenvlock search -c conda-forge "
                    "'pytorch=2.5.*=*cuda*' --here",
                    "# every package whose name begins with torch, for Apple laptops\nenvlock search -c conda-forge "
                    "'torch*' -p osx-arm64"}},
      [args](Out& out) { return run_search(*args, out); });
  command.add_option("SPEC", args->spec, "what to look for: numpy, 'numpy>=1.26,<2', 'torch*', conda-forge::numpy")
      ->required();
  add_list_option(command, "-p,--platform", args->subdirs,
                  "the platform to search for, as in linux-64; may be repeated (default: this machine's)")
      ->type_name("SUBDIR")
      ->group("Search");
  command.add_flag("--here", args->here, "say for each match whether this machine can run it: its driver, glibc, CPU")
      ->group("Search");
  command.add_option("--limit", args->limit, "show so many matches at most; 0: all (default: 20)")
      ->type_name("N")
      ->group("Search");
  add_channel_options(command, args->channel);
}

}  // namespace envlock::tools
