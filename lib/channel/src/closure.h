#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "envlock/channel/repository.h"
#include "envlock/conda/index.h"
#include "record_source.h"

namespace envlock::channel {

/// What closing over names needs to know of an opened repository. Shared by all Index values made of it.
struct Opened {
  std::vector<Location> locations;
  OpenOptions options;
  std::vector<std::unique_ptr<RecordSource>> sources;  ///< by channel, then subdir
  fetch::Fetcher* fetcher = nullptr;

  /// The first channel that holds a name in any opened subdir; the number of channels when none does.
  std::size_t first_channel(std::string_view name) const;
  /// The record as `source` has it, with channel, subdir and url filled in.
  conda::PackageRecord complete(const RecordSource& source, conda::PackageRecord record) const;
  std::vector<std::string> all_names() const;
};

conda::Index load_closure(std::shared_ptr<const Opened> opened, const std::string& subdir,
                          const std::vector<std::string>& names, const std::vector<conda::PackageRecord>& kept,
                          core::Notes& notes);

/// The package a dependency is on, lower case: "numpy" of "conda-forge::NumPy >=1.2,<3". Empty when there is none, or a
/// virtual one.
std::string dependency_name(std::string_view spec);

}  // namespace envlock::channel
