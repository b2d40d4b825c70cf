#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "envlock/conda/channel.h"
#include "envlock/conda/platform.h"
#include "envlock/core/diagnostic.h"

namespace envlock::spec {

/// `envlock.toml`: the policy and platform profiles of a project. Every field is optional.
///   exclude-newer = "2026-03-01"
///   channel-priority = "strict"
///   [platforms.linux-64-cuda12]
///   subdir = "linux-64"
///   virtual-packages = ["__cuda=12.9", "__glibc=2.36"]
///   [probe]
///   unknown-class = "fail"
///   [pypi.index]
///   in-house = "https://packages.example.org/simple"
///   [pypi.mapping]
///   pytorch-nightly = "torch"
struct Policy {
  std::vector<conda::Platform> platforms;  ///< sorted by name; virtual packages already put over the defaults
  std::optional<conda::ChannelPriority> channel_priority;
  std::optional<std::string> exclude_newer;
  /// Whether hardware that the baseline does not know makes `verify --probe` say that it could not tell.
  std::optional<bool> unknown_class_fails;
  std::map<std::string, std::string> pypi_indexes;  ///< normalized PyPI name -> the index that it must come from
  /// conda name -> normalized PyPI names that it is; none: it is no distribution of PyPI.
  std::map<std::string, std::vector<std::string>> pypi_mapping;
};

/// Throws: core::Error, with positions; unknown keys become warnings with "did you mean".
Policy read_policy(const std::filesystem::path& file, core::Notes& notes);
/// The same from text; `file` is what messages call it.
Policy parse_policy(std::string_view bytes, std::string file, core::Notes& notes);

}  // namespace envlock::spec
