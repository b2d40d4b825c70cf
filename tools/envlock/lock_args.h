#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "cli_options.h"

namespace envlock::tools {

/// The options of `envlock lock`, as given.
struct LockArgs {
  ChannelArgs channel;
  std::vector<std::string> files;             ///< environment.yml files; empty: environment.yml or environment.yaml
  std::string output;                         ///< -o; empty: envlock.lock beside the first file
  std::vector<std::string> platforms;         ///< -p NAME or NAME=SUBDIR
  std::vector<std::string> virtual_packages;  ///< --virtual-package [PROFILE:]__name=version
  bool check = false;
  bool update_given = false;
  std::vector<std::string> update;  ///< names to free; with update_given and none: all
  std::vector<std::string> like;    ///< --like SOURCE
  std::string loosen;               ///< "" or "build"
  std::string save_index;
  std::string index;
  bool conda_only = false;
  bool pre = false;
  bool allow_build = false;
  bool all_artifacts = false;
  std::vector<std::string> pypi_index;  ///< --pypi-index NAME=URL
  std::string pypi_mapping;
  std::size_t threads = 0;
  bool no_taint = false;  ///< hidden: mamba's order exactly
};

}  // namespace envlock::tools
