#pragma once

#include <string>
#include <vector>

#include "envlock/channel/repository.h"
#include "local_fetcher.h"

namespace envlock_test {

/// Opens folders as channels, first is highest, and keeps all that a Repository leans on.
struct OpenChannel {
  LocalFetcher fetcher;
  envlock::core::Progress progress;
  envlock::core::Notes notes;
  envlock::channel::OpenOptions options;
  std::vector<envlock::channel::Location> locations;

  explicit OpenChannel(const std::vector<std::filesystem::path>& folders) {
    options.subdirs = {"linux-64"};
    options.threads = 2;
    for (const auto& folder : folders) {
      envlock::channel::Location location;
      // A folder's own name would tell apart what must compare equal.
      location.channel.base = "https://channels.example/" + std::to_string(locations.size());
      location.channel.name = "channel" + std::to_string(locations.size());
      location.channel.rank = static_cast<std::uint32_t>(locations.size());
      location.urls = {folder.string()};
      locations.push_back(location);
    }
  }

  envlock::channel::Repository open() {
    return envlock::channel::Repository::open(locations, options, fetcher, progress, notes);
  }
  envlock::conda::Index load(const std::vector<std::string>& names,
                             const std::vector<envlock::conda::PackageRecord>& kept = {},
                             const std::string& subdir = "linux-64") {
    return open().load(subdir, names, kept, notes);
  }
  /// The note of a code, or nothing.
  const envlock::core::Diagnostic* note(const std::string& code) const {
    for (const auto& each : notes.all()) {
      if (each.diagnostic.code == code) return &each.diagnostic;
    }
    return nullptr;
  }
};

/// The first diagnostic that `work` throws; an empty one when it throws none.
template <typename Work>
envlock::core::Diagnostic failure_of(const Work& work) {
  try {
    work();
  } catch (const envlock::core::Error& error) {
    return error.diagnostics().front();
  }
  return {};
}

}  // namespace envlock_test
