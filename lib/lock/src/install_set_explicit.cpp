#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "envlock/conda/platform.h"
#include "envlock/core/text.h"
#include "envlock/core/url.h"
#include "explicit_line.h"
#include "install_set_builder.h"
#include "install_set_formats.h"
#include "source_text.h"

namespace envlock::lock {
namespace {

class ExplicitReader {
 public:
  ExplicitReader(std::string_view text, const std::string& file, const PathBases& bases)
      : text_(text), file_(file), builder_(LockFormat::explicit_urls, file, bases) {}

  InstallSet read(core::Notes& notes) {
    int number = 0;
    for (const std::string_view line : core::split(text_, '\n')) read_line(line, ++number);
    builder_.add_platform({.name = platform_, .subdir = platform_});
    for (auto& [package, line] : packages_) builder_.add(platform_, std::move(package), place(line));
    for (auto& [wheel, line] : wheels_) builder_.add(platform_, std::move(wheel), place(line));
    return builder_.finish(notes);
  }

 private:
  Place place(int line) const {
    return [this, line] { return span_of_line(text_, file_, line); };
  }

  void read_line(std::string_view text, int number) {
    const ExplicitLine line = parse_explicit_line(text);
    if (line.kind == ExplicitLine::Kind::platform) {
      if (conda::is_known_subdir(line.value)) settle_platform(std::string(line.value), number);
    } else if (line.kind == ExplicitLine::Kind::package) {
      read_package(line, number);
    } else if (line.kind == ExplicitLine::Kind::pip) {
      LockedWheel wheel = builder_.wheel_of_url(line.value, std::string(line.pip_name), {});
      wheel.sha256 = line.sha256;
      wheels_.emplace_back(std::move(wheel), number);
    }
  }

  void read_package(const ExplicitLine& line, int number) {
    if (line.has_bad_hash()) {
      builder_.mistake("`" + core::printable(line.hash, 80) + "` is no hash", place(number),
                       {"32 hexadecimal digits are an md5, 64 a sha256"});
      return;
    }
    std::optional<InstallPackage> package = builder_.package_of_url(line.value, {}, place(number));
    if (!package) return;
    package->record.sha256 = line.sha256;
    package->record.md5 = line.md5;
    const std::string& subdir = package->record.subdir;
    if (!subdir.empty() && subdir != "noarch" && !settle_platform(subdir, number)) return;
    packages_.emplace_back(std::move(*package), number);
  }

  // One file is for one platform: its comment and its packages must agree. The first that tells decides.
  bool settle_platform(const std::string& subdir, int number) {
    if (platform_ == "noarch") {
      platform_ = subdir;
      told_in_ = number;
    } else if (subdir != platform_ && others_.insert(subdir).second) {
      builder_.mistake("the file is for `" + platform_ + "` (line " + std::to_string(told_in_) + ") and for `" +
                           subdir + "`, and can be for one platform only",
                       place(number));
    }
    return subdir == platform_;
  }

  std::string_view text_;
  std::string file_;
  InstallSetBuilder builder_;
  std::string platform_ = "noarch";
  int told_in_ = 0;
  std::set<std::string> others_;
  std::vector<std::pair<InstallPackage, int>> packages_;
  std::vector<std::pair<LockedWheel, int>> wheels_;
};

}  // namespace

InstallSet install_set_of_explicit(std::string_view text, const std::string& file, const PathBases& bases,
                                   core::Notes& notes) {
  return ExplicitReader(text, file, bases).read(notes);
}

}  // namespace envlock::lock
