#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "envlock/conda/channel.h"
#include "envlock/core/diagnostic.h"
#include "envlock/fetch/fetcher.h"

namespace envlock::channel {

/// The settings of conda that bear on channels and the network, merged from all .condarc files and CONDA_* variables.
/// Source: conda's documentation of .condarc; files in order of precedence: $CONDARC, $CONDA_PREFIX/.condarc,
/// ~/.condarc, ~/.config/conda, $CONDA_ROOT, /etc/conda, with their condarc.d folders.
struct Condarc {
  std::string channel_alias = "https://conda.anaconda.org";
  std::vector<std::string> channels;          ///< used when environment.yml names none and has no nodefaults
  std::vector<std::string> default_channels;  ///< what `defaults` means
  std::map<std::string, std::string> custom_channels;                    ///< name -> base location
  std::map<std::string, std::vector<std::string>> custom_multichannels;  ///< name -> members
  std::map<std::string, std::vector<std::string>> mirrored_channels;     ///< name -> mirror URLs, in order
  std::vector<std::string> allowlist_channels;  ///< empty: all allowed
  std::vector<std::string> denylist_channels;
  std::optional<conda::ChannelPriority> channel_priority;
  std::vector<std::string> files;             ///< those that were read
  fetch::NetworkOptions network;
};

/// Where read_condarc looks; tests hand in their own.
struct CondarcEnvironment {
  std::function<std::optional<std::string>(std::string_view)> variable;  ///< the process environment
  std::filesystem::path home;
  std::filesystem::path system_folder = "/etc/conda";
};

/// Throws: core::Error, with positions, for a file that is no YAML or a key of the wrong type.
Condarc read_condarc(const CondarcEnvironment& environment, core::Notes& notes);
CondarcEnvironment process_environment();

/// A channel and where to get it.
struct Location {
  conda::Channel channel;
  std::vector<std::string> urls;  ///< base URLs or absolute paths, tried in order; may hold credentials and tokens
};

struct ResolveOptions {
  std::filesystem::path base_folder;  ///< relative paths in environment.yml start here (the folder of the file)
  std::filesystem::path lock_folder;  ///< folder channels are named relative to this
  std::map<std::string, std::vector<std::string>> channel_map;  ///< --channel-map NAME=LOCATION: transport, never stored
};

/// Turns channel names, URLs and paths into locations, ranked in order; multichannels become their members; a channel
/// named twice keeps its first place. A mirror changes `urls` and never `channel`.
/// Throws: core::Error "unknown-channel", "channel-not-allowed", with the hint that helps.
std::vector<Location> resolve_channels(const std::vector<std::string>& names, const Condarc& condarc,
                                       const ResolveOptions& options);

}  // namespace envlock::channel
