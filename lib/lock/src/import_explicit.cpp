#include <algorithm>
#include <set>
#include <utility>

#include "envlock/conda/platform.h"
#include "envlock/core/text.h"
#include "envlock/core/url.h"
#include "explicit_line.h"
#include "import_formats.h"
#include "source_text.h"

// @EXPLICIT files: one URL or path a line, with its hash behind "#". Source: CEP 23.

namespace envlock::lock {
namespace {

class ExplicitReader {
 public:
  ExplicitReader(std::string_view text, const std::string& file) : text_(text), file_(file) {}

  std::vector<Preference> read(core::Notes& notes) {
    Picks picks(file_);
    std::vector<Preference> all;
    std::vector<std::string> wheels;
    std::string platform;
    std::set<std::string> subdirs;
    int line_number = 0;
    for (const std::string_view text : core::split(text_, '\n')) {
      ++line_number;
      const ExplicitLine line = parse_explicit_line(text);
      if (line.kind == ExplicitLine::Kind::platform) platform = line.value;
      if (line.kind == ExplicitLine::Kind::pip) wheels.emplace_back(line.value);
      if (line.kind != ExplicitLine::Kind::package) continue;
      all.push_back(read_line(line, line_number));
      if (const std::string& subdir = all.back().subdir; !subdir.empty() && subdir != "noarch") subdirs.insert(subdir);
    }
    if (!mistakes_.empty()) throw core::Error(std::move(mistakes_));
    // Where no comment names the platform, the packages do, unless they are of several.
    if (!conda::is_known_subdir(platform)) platform = subdirs.size() == 1 ? *subdirs.begin() : std::string();
    for (Preference& each : all) {
      each.platform = platform;
      picks.add(std::move(each));
    }
    for (const std::string& url : wheels) picks.add_pip_of_url(url, platform);
    return picks.finish(notes);
  }

 private:
  Preference read_line(const ExplicitLine& line, int line_number) {
    std::optional<Preference> preference = preference_of_url(line.value);
    if (!preference) {
      mistake(line_number,
              "this line names no conda package file: `" + core::printable(core::without_secrets(line.value)) + "`",
              "a URL or path that ends in .conda or .tar.bz2 should stand here");
      return {};
    }
    if (line.has_bad_hash()) {
      mistake(line_number, "`#" + core::printable(line.hash, 80) + "` is no hash",
              "32 hexadecimal digits are an md5, 64 a sha256");
    }
    preference->sha256 = line.sha256;
    preference->md5 = line.md5;
    return *preference;
  }

  void mistake(int line_number, std::string what, const char* hint) {
    if (mistakes_.size() >= 20) return;
    core::SourceSpan where = span_of_line(text_, file_, line_number);
    where.text = core::without_secrets(where.text);
    mistakes_.push_back({.code = "like-invalid", .what = std::move(what), .where = std::move(where), .hints = {hint}});
  }

  std::string_view text_;
  std::string file_;
  std::vector<core::Diagnostic> mistakes_;
};

}  // namespace

bool is_explicit(std::string_view text) {
  const std::vector<std::string_view> lines = core::split(text, '\n');
  return std::any_of(lines.begin(), lines.end(), [](std::string_view line) { return core::trim(line) == "@EXPLICIT"; });
}

std::vector<Preference> parse_explicit(std::string_view text, const std::string& file, core::Notes& notes) {
  return ExplicitReader(text, file).read(notes);
}

}  // namespace envlock::lock
