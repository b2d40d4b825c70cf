#pragma once

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "envlock/core/diagnostic.h"
#include "envlock/lock/import.h"
#include "yaml_tree.h"

namespace envlock::lock {

/// Picks in the making: without repetitions, and with a tally of what had to be left out.
class Picks {
 public:
  explicit Picks(std::string file) : file_(std::move(file)) {}

  void add(Preference preference);
  /// A distribution of PyPI; left out when its version is none of PEP 440.
  void add_pip(std::string_view name, std::string_view version, std::string platform);
  /// The same of a wheel or sdist whose URL tells name and version, where nothing else does.
  void add_pip_of_url(std::string_view url, std::string platform);
  void leave_out_source() { ++source_; }
  /// Says in notes what was left out, and hands over the picks.
  std::vector<Preference> finish(core::Notes& notes);

 private:
  std::string file_;
  std::vector<Preference> all_;
  std::set<std::string> known_;
  std::size_t pip_ = 0;
  std::size_t source_ = 0;
};

/// What a package's URL or path says: file name, name, version, build, and its folder when that is a known subdir.
/// Absent when it does not end in a conda package's file name. Credentials and queries do not matter.
std::optional<Preference> preference_of_url(std::string_view url);

/// Each reads one format; the text has been told apart before.
bool is_explicit(std::string_view text);
std::vector<Preference> parse_explicit(std::string_view text, const std::string& file, core::Notes& notes);
bool is_conda_lock(const YamlTree& tree);
/// The list `package` of a conda-lock.yml. Throws: core::Error for what is missing, `version_code` for a version that
/// is not known.
YamlTree::Id packages_of_conda_lock(const YamlTree& tree, const std::string& version_code);
std::vector<Preference> parse_conda_lock(const YamlTree& tree, const std::string& file, core::Notes& notes);
bool is_pixi_lock(const YamlTree& tree);
std::vector<Preference> parse_pixi_lock(const YamlTree& tree, const std::string& file, core::Notes& notes);
std::vector<Preference> parse_pins(std::string_view text, const std::string& file, core::Notes& notes);

}  // namespace envlock::lock
