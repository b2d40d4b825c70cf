#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "envlock/channel/condarc.h"
#include "envlock/channel/repository.h"
#include "envlock/conda/channel.h"
#include "envlock/core/progress.h"
#include "envlock/core/time.h"
#include "envlock/fetch/fetcher.h"
#include "output.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace envlock::tools {

/// The options that every command which reads channels shares, as given.
struct ChannelArgs {
  std::vector<std::string> channels;     ///< -c, in order of priority
  std::vector<std::string> channel_map;  ///< --channel-map NAME=LOCATION
  bool offline = false;                  ///< --offline
  std::string cache;                     ///< --cache DIR; empty: the default
  bool no_condarc = false;               ///< --no-condarc
  std::string exclude_newer;             ///< --exclude-newer TIME
  bool exclude_newer_strict = false;     ///< --exclude-newer-strict
  std::string channel_priority;          ///< --channel-priority strict|flexible|disabled; empty: not said
};

/// An option that takes one value and may be repeated. CLI11's own vector options swallow the words that follow them,
/// so that `-c conda-forge environment.yml` would name two channels.
CLI::Option* add_list_option(CLI::App& command, const std::string& name, std::vector<std::string>& values,
                             const std::string& description);

/// Adds them, in the help group "Channels".
void add_channel_options(CLI::App& command, ChannelArgs& args);
/// Only those of them that bear on getting files whose names are known: --channel-map, --offline, --cache,
/// --no-condarc.
void add_transport_options(CLI::App& command, ChannelArgs& args);

/// What the options and .condarc open: the way to the channels.
struct Session {
  channel::Condarc condarc;  ///< all defaults under --no-condarc; `network.offline` is true under --offline
  std::shared_ptr<core::Progress> progress;
  std::filesystem::path cache;
  std::unique_ptr<fetch::Fetcher> fetcher;
  std::map<std::string, std::vector<std::string>> channel_map;  ///< for channel::ResolveOptions
  /// As given on the command line; absent: not said there (then envlock.toml, then condarc.channel_priority, then
  /// strict).
  std::optional<conda::ChannelPriority> channel_priority;
  std::optional<core::Milliseconds> exclude_newer;  ///< likewise
  bool exclude_newer_strict = false;
  bool no_condarc = false;  ///< nothing of what other tools are set up with counts
};

/// Reads .condarc (notes into out.notes) and makes the fetcher over out.progress().
/// Throws: core::Error "invalid-argument" for a malformed NAME=LOCATION, time or priority; what read_condarc throws.
Session open_session(const ChannelArgs& args, Out& out);

/// Moves what the fetcher noticed (a cache that cannot be written, a dead mirror) into out.notes: call it after the
/// work.
void take_fetch_notes(const Session& session, Out& out);

/// One word of the command line as a priority or a time. Throws: core::Error "invalid-argument", naming `flag`.
conda::ChannelPriority parse_channel_priority(const std::string& text, const std::string& flag);
core::Milliseconds parse_cut_off(const std::string& text, const std::string& flag);

}  // namespace envlock::tools
