#include "cli_options.h"

#include <CLI/CLI.hpp>
#include <array>
#include <utility>

#include "envlock/core/text.h"

namespace envlock::tools {
namespace {

[[noreturn]] void refuse(const std::string& what, const std::string& flag, const std::string& value,
                         std::vector<std::string> hints) {
  const std::string text = flag + " " + value;
  throw core::Error({.code = "invalid-argument",
                     .what = what,
                     .where = core::SourceSpan{.file = "<command line>",
                                               .line = 1,
                                               .column = core::count_code_points(flag) + 2,
                                               .length = 0,
                                               .text = text},
                     .why = {},
                     .hints = std::move(hints)});
}

std::map<std::string, std::vector<std::string>> parse_channel_map(const std::vector<std::string>& entries) {
  std::map<std::string, std::vector<std::string>> map;
  for (const std::string& entry : entries) {
    // A channel may itself be a URL, but neither a name nor a sane URL holds '='; a location's query may.
    const std::size_t equals = entry.find('=');
    if (equals == std::string::npos || equals == 0 || equals + 1 == entry.size()) {
      refuse("`" + entry + "` is not of the form NAME=LOCATION", "--channel-map", entry,
             {"give a channel's name and where to find it: `--channel-map conda-forge=/srv/mirror/conda-forge`"});
    }
    map[entry.substr(0, equals)].push_back(entry.substr(equals + 1));
  }
  return map;
}

}  // namespace

conda::ChannelPriority parse_channel_priority(const std::string& text, const std::string& flag) {
  if (text == "strict") return conda::ChannelPriority::strict;
  if (text == "flexible") return conda::ChannelPriority::flexible;
  if (text == "disabled") return conda::ChannelPriority::disabled;
  const std::vector<std::string> known{"strict", "flexible", "disabled"};
  const std::optional<std::string> meant = core::closest_match(text, known);
  refuse("`" + text + "` is not a channel priority", flag, text,
         {meant ? "did you mean `" + *meant + "`?" : "give strict, flexible or disabled"});
}

core::Milliseconds parse_cut_off(const std::string& text, const std::string& flag) {
  if (const std::optional<core::Milliseconds> time = core::parse_time(text)) return *time;
  refuse("`" + text + "` is neither a date nor a time", flag, text,
         {"give a day, whose end in UTC counts, as in 2026-03-01, or a time as in 2026-03-01T12:00:00Z"});
}

CLI::Option* add_list_option(CLI::App& command, const std::string& name, std::vector<std::string>& values,
                             const std::string& description) {
  return command.add_option(name, values, description)->type_size(1)->allow_extra_args(false);
}

void add_channel_options(CLI::App& command, ChannelArgs& args) {
  constexpr const char* kGroup = "Channels";
  add_list_option(command, "-c,--channel", args.channels,
                  "a channel's name, URL or folder; may be repeated, the first is preferred")
      ->type_name("CHANNEL")
      ->group(kGroup);
  command
      .add_option("--channel-priority", args.channel_priority,
                  "strict (the first channel that has a name hides the others), flexible or disabled")
      ->type_name("PRIORITY")
      ->group(kGroup);
  command
      .add_option("--exclude-newer", args.exclude_newer,
                  "leave out packages newer than this day or time, as in 2026-03-01 (its end, UTC)")
      ->type_name("TIME")
      ->group(kGroup);
  command
      .add_flag("--exclude-newer-strict", args.exclude_newer_strict,
                "with --exclude-newer: also leave out packages whose channel states no time")
      ->group(kGroup);
  add_transport_options(command, args);
}

void add_transport_options(CLI::App& command, ChannelArgs& args) {
  constexpr const char* kGroup = "Channels";
  add_list_option(
      command, "--channel-map", args.channel_map,
      "get a channel from another place: a mirror's URL or a folder; the lock does not change; may be repeated")
      ->type_name("NAME=LOCATION")
      ->group(kGroup);
  command.add_flag("--offline", args.offline, "use the cache and folders only, never the network")->group(kGroup);
  command.add_option("--cache", args.cache, "where downloads are kept (default: $XDG_CACHE_HOME/envlock)")
      ->type_name("DIR")
      ->group(kGroup);
  command.add_flag("--no-condarc", args.no_condarc, "read no .condarc file and no CONDA_* variable")->group(kGroup);
}

Session open_session(const ChannelArgs& args, Out& out) {
  Session session;
  session.channel_map = parse_channel_map(args.channel_map);
  if (!args.channel_priority.empty()) {
    session.channel_priority = parse_channel_priority(args.channel_priority, "--channel-priority");
  }
  if (!args.exclude_newer.empty()) session.exclude_newer = parse_cut_off(args.exclude_newer, "--exclude-newer");
  session.exclude_newer_strict = args.exclude_newer_strict;
  session.no_condarc = args.no_condarc;
  if (!args.no_condarc) session.condarc = channel::read_condarc(channel::process_environment(), out.notes);
  if (args.offline) session.condarc.network.offline = true;
  session.cache = args.cache.empty() ? fetch::default_cache_folder() : std::filesystem::path(args.cache);
  session.progress = out.progress();
  session.fetcher = fetch::make_fetcher(session.condarc.network, session.cache, session.progress);
  return session;
}

void take_fetch_notes(const Session& session, Out& out) {
  core::Notes noticed;
  for (const core::Note& note : session.fetcher->notes()) {
    note.severity == core::Severity::warning ? noticed.warning(note.diagnostic) : noticed.note(note.diagnostic);
  }
  out.notes.append(noticed);
}

}  // namespace envlock::tools
