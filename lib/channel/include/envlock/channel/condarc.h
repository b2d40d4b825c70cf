#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "envlock/conda/channel.h"
#include "envlock/conda/package_record.h"
#include "envlock/core/diagnostic.h"
#include "envlock/fetch/fetcher.h"

namespace envlock::channel {

/// The settings of conda that bear on channels and the network, merged from all .condarc files and CONDA_* variables.
/// Order: files, highest precedence first: $CONDARC, $CONDA_PREFIX, ~/.condarc, ~/.conda, ~/.config/conda,
/// $XDG_CONFIG_HOME/conda, the base environment, /var/lib/conda, /etc/conda; in each folder condarc.d before condarc
/// before .condarc. Variables come before files. Lists are joined, highest first, and maps united, key by key; a value
/// marked `#!final` hides what has higher precedence, `#!top` and `#!bottom` move an item of a list.
/// Source: conda's documentation of .condarc, "Searching for .condarc" and "Settings".
struct Condarc {
  std::string channel_alias = "https://conda.anaconda.org";
  std::vector<std::string> channels;  ///< used when environment.yml names none and has no nodefaults
  /// What `defaults` means. Source of the value: conda's documentation, "default_channels", for Linux and macOS.
  std::vector<std::string> default_channels = {"https://repo.anaconda.com/pkgs/main",
                                               "https://repo.anaconda.com/pkgs/r"};
  std::map<std::string, std::string> custom_channels;                    ///< name -> base location
  std::map<std::string, std::vector<std::string>> custom_multichannels;  ///< name -> members
  std::map<std::string, std::vector<std::string>> mirrored_channels;     ///< name -> mirror URLs, in order
  std::vector<std::string> allowlist_channels;                           ///< empty: all allowed
  std::vector<std::string> denylist_channels;
  std::optional<conda::ChannelPriority> channel_priority;
  std::string local_channel;       ///< the folder of conda-build's packages, when there is one: `local`
  std::vector<std::string> files;  ///< those that were read, lowest precedence first
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

  bool operator==(const Location&) const = default;
};

struct ResolveOptions {
  std::filesystem::path base_folder;  ///< relative paths in environment.yml start here (the folder of the file)
  std::filesystem::path lock_folder;  ///< folder channels are named relative to this
  std::map<std::string, std::vector<std::string>>
      channel_map;  ///< --channel-map NAME=LOCATION: transport, never stored
};

/// Turns channel names, URLs and paths into locations, ranked in order; multichannels become their members; a channel
/// named twice keeps its first place. Transport is --channel-map's when it knows the channel, else that of
/// `mirrored_channels`, else the channel's own address; none of them changes `channel`.
/// A folder's base begins with "./" or "../" (or is "."), so that no name can be taken for it.
/// Throws: core::Error "unknown-channel", "channel-not-allowed", with the hint that helps.
std::vector<Location> resolve_channels(const std::vector<std::string>& names, const Condarc& condarc,
                                       const ResolveOptions& options);

/// Where a record's file can be downloaded: the transport of its channel, in order, then its canonical URL.
std::vector<std::string> download_urls(const std::vector<Location>& locations, const conda::PackageRecord& record);

}  // namespace envlock::channel
