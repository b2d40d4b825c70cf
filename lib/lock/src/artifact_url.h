#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace envlock::lock {

/// What the URL or path of a conda package says by itself.
struct ArtifactName {
  std::string file_name;  ///< with percent escapes taken back: "%21" is the "!" of an epoch
  std::string package;
  std::string version;
  std::string build;
  std::string subdir;  ///< its folder, when that is "noarch" or a known subdir; else ""
};
/// Absent when the URL does not end in a conda package's file name. Credentials and queries do not matter; variables
/// may stand before the file name.
std::optional<ArtifactName> artifact_name(std::string_view url);

/// Where a file is, and how it may be called.
struct ArtifactPlace {
  std::string url;     ///< to fetch from: variables expanded, credentials kept; an absolute path for a local file
  std::string shown;   ///< without credentials, and without the values of variables that sound like secrets
  std::string folder;  ///< `shown` without query and file name; of a local file relative to the lock, as "./x"
};

/// Where relative paths may start: in the lock's folder, then, if not empty and the first has no such file, here.
struct PathBases {
  std::filesystem::path lock_folder;
  std::filesystem::path working_directory;
};

/// Reads a URL, a path or a Windows path (which is kept as written). `~` and variables are expanded.
ArtifactPlace artifact_place(std::string_view text, const PathBases& bases);

/// The names of variables in a URL or path that are not set, in order.
std::vector<std::string> unset_variables(std::string_view text);

/// "https://host/channel/linux-64" is "https://host/channel" when the last part is `subdir`; "" when it is not.
std::string channel_of_folder(const std::string& folder, std::string_view subdir);

/// True for a variable that conda and conda-lock take for a part of credentials: "PRIVATE_TOKEN".
bool sounds_secret(std::string_view variable);

/// The parts of a wheel's file name that matter. Absent when it is no wheel's.
struct WheelName {
  std::string package;  ///< normalized
  std::string version;
};
std::optional<WheelName> wheel_name(std::string_view url);

}  // namespace envlock::lock
