// conda-meta/history. conda and mamba read it back: conda reads the lists of specs as Python literals, mamba looks for
// the closing quote of each text and never ends when an escaped one stands there. What is written here is read alike by
// both: double quotes outside, single ones inside, no backslash before a quote, and no empty list.
#include "conda_meta_history.h"

#include <algorithm>

#include "envlock/core/text.h"
#include "envlock/core/time.h"
#include "envlock/core/url.h"
#include "envlock/prefix/conda_meta.h"

namespace envlock::prefix {
namespace {

constexpr std::string_view kBegin = "==> ";
constexpr std::string_view kEnd = " <==";

/// How conda calls a channel in its own lines.
std::string canonical_name(std::string_view channel) {
  for (const std::string_view alias : {"https://conda.anaconda.org/", "http://conda.anaconda.org/"}) {
    if (channel.starts_with(alias) && channel.size() > alias.size()) return std::string(channel.substr(alias.size()));
  }
  for (const std::string_view name : {"main", "r", "msys2"}) {
    if (channel == "https://repo.anaconda.com/pkgs/" + std::string(name)) return "defaults";
  }
  return core::strip_credentials(channel);
}

std::string package_line(char sign, const conda::PackageRecord& record) {
  std::string line(1, sign);
  if (!record.channel.empty()) {
    line += canonical_name(record.channel);
    if (!record.subdir.empty()) line += "/" + record.subdir;
    line += "::";
  }
  return line + record.name + "-" + record.version + "-" + record.build + "\n";
}

/// "2024-01-01 00:00:00"
std::string header_time(core::Milliseconds time) {
  std::string text = core::format_time(time - time % 1000);
  text[10] = ' ';
  return text.substr(0, 19);
}

core::Milliseconds newest(const std::vector<InstalledPackage>& packages) {
  core::Milliseconds time = 0;
  for (const InstalledPackage& package : packages) time = std::max(time, package.record.timestamp.value_or(0));
  return time;
}

/// The texts that both readers understand, as a list; "" when there is none.
std::string spec_list(const std::vector<InstalledPackage>& packages) {
  std::string list;
  for (const InstalledPackage& package : packages) {
    for (std::string spec : package.requested_specs) {
      const bool plain =
          std::none_of(spec.begin(), spec.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; });
      if (spec.empty() || !plain || spec.find('\\') != std::string::npos) continue;
      std::replace(spec.begin(), spec.end(), '"', '\'');
      list += (list.empty() ? "\"" : ", \"") + spec + "\"";
    }
  }
  return list;
}

std::vector<InstalledPackage> sorted(std::vector<InstalledPackage> packages) {
  std::sort(packages.begin(), packages.end(), [](const InstalledPackage& left, const InstalledPackage& right) {
    return left.record.name < right.record.name;
  });
  return packages;
}

/// The time of the last block; "" without one.
std::string last_header(std::string_view history) {
  std::string last;
  for (const std::string_view line : core::split(history, '\n')) {
    const std::string_view text = core::trim(line);
    if (!text.starts_with(kBegin) || !text.ends_with(kEnd) || text.size() < kBegin.size() + kEnd.size()) continue;
    last = core::trim(text.substr(kBegin.size(), text.size() - kBegin.size() - kEnd.size()));
  }
  return last;
}

/// True for "2024-01-01 00:00:00": only such can be compared with ours.
bool is_header_time(std::string_view text) {
  static constexpr std::string_view kShape = "0000-00-00 00:00:00";
  if (text.size() != kShape.size()) return false;
  for (std::size_t i = 0; i < kShape.size(); ++i) {
    const bool digit = text[i] >= '0' && text[i] <= '9';
    if (kShape[i] == '0' ? !digit : text[i] != kShape[i]) return false;
  }
  return true;
}

std::string block(const std::string& time, const std::vector<InstalledPackage>& removed,
                  const std::vector<InstalledPackage>& added) {
  std::string text = std::string(kBegin) + time + std::string(kEnd) + "\n# cmd: envlock install\n";
  for (const InstalledPackage& package : removed) text += package_line('-', package.record);
  for (const InstalledPackage& package : added) text += package_line('+', package.record);
  if (const std::string specs = spec_list(added); !specs.empty()) text += "# update specs: [" + specs + "]\n";
  return text;
}

}  // namespace

std::string format_history(const std::vector<InstalledPackage>& packages) {
  return block(header_time(newest(packages)), {}, sorted(packages));
}

std::string append_history(std::string_view history, const std::vector<InstalledPackage>& removed,
                           const std::vector<InstalledPackage>& added) {
  std::string text(history);
  if (removed.empty() && added.empty()) return text;
  std::string time = header_time(newest(added));
  if (const std::string last = last_header(history); is_header_time(last)) time = std::max(time, last);
  if (!text.empty() && text.back() != '\n') text += '\n';
  return text + block(time, sorted(removed), sorted(added));
}

std::optional<std::string> history_fault(std::string_view history) {
  if (!core::is_valid_utf8(history) || history.find('\0') != std::string_view::npos) return "it is not text";
  for (const std::string_view line : core::split(history, '\n')) {
    const std::string_view text = core::trim(line);
    if (text.empty()) continue;
    // conda fails on a comment, and passes over a package, that no header precedes.
    if (text.starts_with(kBegin) && text.ends_with(kEnd)) return std::nullopt;
    return "it does not begin with a line `==> TIME <==`";
  }
  return std::nullopt;
}

}  // namespace envlock::prefix
