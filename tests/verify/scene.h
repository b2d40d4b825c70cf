#pragma once

#include <filesystem>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "../prefix/install_workshop.h"
#include "envlock/verify/verify.h"

namespace envlock_test {

/// An environment that was installed from a lock, to be tampered with: a python 3.12, a compiled tool with files of
/// every kind, and a noarch python package with an entry point.
class Scene {
 public:
  Scene();

  std::filesystem::path prefix;
  envlock::verify::Expected expected;
  envlock::verify::VerifyOptions options;  ///< archives at hand, nothing in the surroundings
  bool against_lock = true;

  envlock::verify::Verification verify() const;
  /// Installs what the lock has at `place`.
  void install(const std::filesystem::path& place);
  envlock::prefix::WantedPackage make(const MadePackage& package) { return workshop_.make(package); }
  std::filesystem::path archive_of(const std::string& package) const;
  std::filesystem::path folder() const { return workshop_.folder(); }
  /// Takes a package's archive away.
  void forget(const std::string& package);
  void forget_all();

  std::string text(const std::string& path) const { return read(prefix / path); }
  void write_file(const std::string& path, const std::string& bytes) { write(prefix / path, bytes); }
  void replace(const std::string& path, const std::string& from, const std::string& to);
  /// The file of conda-meta that speaks of the package.
  std::string meta(const std::string& package) const;

 private:
  Workshop workshop_;
  std::vector<envlock::prefix::WantedPackage> packages_;
};

inline const std::string kSite = "lib/python3.12/site-packages/";

/// "fault file-differs numpy lib/x.so" of each finding, in their order. Notes only where they are asked for.
std::vector<std::string> told(const envlock::verify::Verification& verification, bool notes = false);
/// The first finding with that code; fails when there is none.
const envlock::verify::Finding& find(const envlock::verify::Verification& verification, const std::string& code);
bool has_line(const envlock::verify::Finding& finding, const std::string& part);

}  // namespace envlock_test
