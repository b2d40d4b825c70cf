#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "envlock/prefix/transaction.h"

// Packages made for a test, and prefixes to install them into.

namespace envlock_test {

struct MadeFile {
  std::string path;
  std::string bytes;
  std::uint32_t mode = 0644;
  std::string link = "";         ///< a symbolic link to this
  std::string placeholder = "";  ///< what stands for the prefix in it
  bool binary = false;
  bool no_link = false;
};

struct MadePackage {
  std::string name;
  std::string version = "1.0";
  std::vector<MadeFile> files;
  std::vector<std::string> depends = {};
  std::string noarch = "";
  std::vector<std::string> entry_points = {};
  std::int64_t timestamp = 1'700'000'000'000;
};

/// A folder with archives, a cache and room for prefixes; in memory where the machine allows it.
class Workshop {
 public:
  Workshop();
  ~Workshop();
  Workshop(const Workshop&) = delete;
  Workshop& operator=(const Workshop&) = delete;

  const std::filesystem::path& folder() const { return folder_; }
  envlock::archive::PackageCache& cache() { return *cache_; }
  /// Makes the archive, unpacks it into the cache and remembers both.
  envlock::prefix::WantedPackage make(const MadePackage& package);
  const envlock::archive::Unpacked& unpacked(const envlock::conda::PackageRecord& record) const;

  /// Compares and installs, as the program does.
  envlock::prefix::InstallResult install(const std::filesystem::path& prefix, const envlock::prefix::Target& target,
                                         const envlock::prefix::InstallOptions& options = {},
                                         const std::vector<std::string>& relink = {});
  envlock::core::Notes notes;  ///< of all installs

 private:
  std::filesystem::path folder_;
  std::unique_ptr<envlock::archive::PackageCache> cache_;
  std::map<std::string, envlock::archive::Unpacked> unpacked_;  // by file name
};

envlock::prefix::Target target_of(std::vector<envlock::prefix::WantedPackage> packages);

enum class Times { shown, hidden };
/// Every path below `folder`, one a line, sorted: kind, mode, hash or link target, and the time where it is asked for.
std::string listing(const std::filesystem::path& folder, Times times = Times::hidden);

/// The code of what a call throws; "" when it throws nothing.
std::string code_of(const std::function<void()>& call);

std::string read(const std::filesystem::path& file);
void write(const std::filesystem::path& file, const std::string& bytes);

}  // namespace envlock_test
