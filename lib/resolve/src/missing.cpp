#include "missing.h"

#include <algorithm>
#include <tuple>

#include "envlock/core/text.h"
#include "wording.h"

namespace envlock::resolve {
namespace {

/// What is wrong with one request.
struct Finding {
  std::size_t request = 0;
  bool is_unknown_name = false;
  std::string what;
  std::string in_short;       ///< as one of several
  bool pins_a_build = false;  ///< the version exists, the build does not
  std::string without_build;  ///< the request that would do then
  std::vector<std::string> why;
  std::vector<std::string> hints;
};

class MissingFinder {
 public:
  MissingFinder(Catalog& catalog, const std::vector<conda::Request>& requests)
      : catalog_(catalog), requests_(requests) {}

  std::optional<conda::Conflict> run() {
    for (std::size_t i = 0; i < requests_.size(); ++i) {
      if (auto finding = look_at(i)) findings_.push_back(std::move(*finding));
    }
    if (findings_.empty()) return std::nullopt;
    // In the order of the lines, whatever the order of the requests.
    std::stable_sort(findings_.begin(), findings_.end(), [&](const Finding& left, const Finding& right) {
      const conda::Request& a = requests_[left.request];
      const conda::Request& b = requests_[right.request];
      return std::tie(a.where.file, a.where.line, a.text) < std::tie(b.where.file, b.where.line, b.text);
    });
    return conclude();
  }

 private:
  conda::Conflict conclude() {
    conda::Conflict conflict;
    conflict.core = {findings_.front().request};
    core::Diagnostic& diagnostic = conflict.diagnostic;
    const bool all_unknown =
        std::all_of(findings_.begin(), findings_.end(), [](const Finding& f) { return f.is_unknown_name; });
    diagnostic.code = all_unknown ? "no-such-package" : "no-solution";
    if (findings_.size() == 1) {
      const Finding& only = findings_.front();
      diagnostic.what = only.what;
      if (!requests_[only.request].where.file.empty()) diagnostic.where = requests_[only.request].where;
      diagnostic.why = only.why;
      diagnostic.hints = only.hints;
      return conflict;
    }
    diagnostic.what = std::to_string(findings_.size()) + " requests of " + source_of(requests_) +
                      " can be met by no package for " + catalog_.index().subdir;
    constexpr std::size_t kShown = 12;
    for (std::size_t i = 0; i < std::min(findings_.size(), kShown); ++i) {
      const Finding& finding = findings_[i];
      const std::string place = place_of(requests_[finding.request]);
      diagnostic.why.push_back((place.empty() ? "" : place + ": ") +
                               (finding.in_short.empty() ? finding.what : finding.in_short));
      for (const std::string& hint : finding.hints) {
        if (hint.starts_with("the nearest")) {
          diagnostic.why.back() += "; " + hint;
        } else if (!finding.pins_a_build) {
          diagnostic.hints.push_back("for " + quote(requests_[finding.request].text) + ": " + hint);
        }
      }
    }
    add_hint_for_builds(diagnostic);
    if (findings_.size() > kShown)
      diagnostic.why.push_back("and " + std::to_string(findings_.size() - kShown) + " more");
    std::vector<std::string> hints;
    for (std::string& hint : diagnostic.hints) {
      if (hints.size() < kShown && std::find(hints.begin(), hints.end(), hint) == hints.end())
        hints.push_back(std::move(hint));
    }
    diagnostic.hints = std::move(hints);
    return conflict;
  }

  void add_hint_for_builds(core::Diagnostic& diagnostic) const {
    const auto pins_a_build = [](const Finding& finding) { return finding.pins_a_build; };
    const auto count = std::count_if(findings_.begin(), findings_.end(), pins_a_build);
    if (count == 0) return;
    const auto first = std::find_if(findings_.begin(), findings_.end(), pins_a_build);
    diagnostic.hints.push_back((count == 1 ? "one request asks" : std::to_string(count) + " requests ask") +
                               " for a build that is not there; leave it out, as in " + quote(first->without_build));
  }

  std::optional<Finding> look_at(std::size_t i) {
    const conda::MatchSpec& spec = requests_[i].spec;
    const NameRef name = catalog_.find_name(spec.name);
    if (!catalog_.match(spec, name).empty()) return std::nullopt;
    Finding finding;
    finding.request = i;
    const Catalog::Name& entry = catalog_.name(name);
    std::vector<RecordId> visible;
    std::vector<RecordId> hidden;
    for (RecordId id = entry.first; id < entry.last; ++id) {
      if (catalog_.is_visible(id))
        visible.push_back(id);
      else if (catalog_.version(id) != nullptr)
        hidden.push_back(id);
    }
    if (entry.is_virtual) {
      describe_virtual(finding, entry);
    } else if (visible.empty() && hidden.empty()) {
      describe_unknown(finding);
    } else {
      describe_unmatched(finding, visible, hidden);
    }
    return finding;
  }

  void describe_virtual(Finding& finding, const Catalog::Name& entry) {
    const conda::Request& request = requests_[finding.request];
    finding.what =
        "the virtual package " + quote(request.text) + " is not what is assumed of " + quote(catalog_.index().subdir);
    if (entry.first == entry.last) {
      finding.why.push_back("no " + quote(entry.text) + " is assumed");
    } else {
      finding.why.push_back(
          "assumed is " +
          quote(conda::format(catalog_.options().virtual_packages[entry.first - catalog_.index().candidates.size()])));
    }
    const std::string hint = virtual_package_hint(catalog_, entry.text, {request.text});
    if (!hint.empty()) finding.hints.push_back("if the machines have it, say so with " + hint);
  }

  void describe_unknown(Finding& finding) {
    const conda::Request& request = requests_[finding.request];
    const std::string name = request.spec.name;
    finding.is_unknown_name = true;
    finding.in_short = "no channel has " + quote(name);
    finding.what = "no channel has a package called " + quote(name) + " for " + quote(catalog_.index().subdir);
    if (!all_names_)
      all_names_ = catalog_.index().all_names ? catalog_.index().all_names() : std::vector<std::string>{};
    if (std::binary_search(all_names_->begin(), all_names_->end(), name)) {
      finding.why.push_back(catalog_.options().exclude_newer
                                ? "records of that name exist, but for other platforms or newer than the cut-off"
                                : "records of that name exist, but for other platforms");
    } else if (const auto near = core::closest_match(name, *all_names_)) {
      finding.hints.push_back("did you mean " + quote(*near) + "?");
    }
    std::vector<std::string> channels;
    for (const conda::Channel& channel : catalog_.index().channels) channels.push_back(quote(channel.name));
    if (!channels.empty()) finding.why.push_back("searched: " + list(channels, "and", 6));
  }

  bool matches_hidden(const conda::MatchSpec& spec, RecordId id) {
    conda::MatchSpec without_channel = spec;
    without_channel.channel.reset();
    return catalog_.matches(without_channel, id);
  }

  std::string channel_names(const std::vector<RecordId>& records) const {
    std::vector<std::string> names;
    for (const RecordId id : records) {
      std::string name = quote(catalog_.index().channels[catalog_.candidate(id).channel].name);
      if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(std::move(name));
    }
    return list(names, "and", 4);
  }

  void describe_unmatched(Finding& finding, const std::vector<RecordId>& visible, const std::vector<RecordId>& hidden) {
    const conda::Request& request = requests_[finding.request];
    const conda::MatchSpec& spec = request.spec;
    finding.in_short = "there is no " + quote(request.text);
    finding.what = finding.in_short + " for " + quote(catalog_.index().subdir);
    if (spec.channel) {
      conda::MatchSpec elsewhere = spec;
      elsewhere.channel.reset();
      std::vector<RecordId> others;
      for (const auto* records : {&visible, &hidden}) {
        std::copy_if(records->begin(), records->end(), std::back_inserter(others),
                     [&](RecordId id) { return catalog_.matches(elsewhere, id); });
      }
      if (!others.empty()) {
        finding.why.push_back(channel_names(others) + " has it, " + quote(*spec.channel) + " has not");
        finding.hints.push_back("write " + quote(conda::format(elsewhere)) + " to take it from there");
        return;
      }
    }
    std::vector<RecordId> matching_hidden;
    std::copy_if(hidden.begin(), hidden.end(), std::back_inserter(matching_hidden),
                 [&](RecordId id) { return matches_hidden(spec, id); });
    if (!visible.empty()) describe_what_exists(finding, visible);
    if (!matching_hidden.empty()) {
      finding.why.push_back(channel_names(matching_hidden) + " has " + quote(spec.name) + " " +
                            range(versions_of(catalog_, matching_hidden)) +
                            ", which strict channel priority hides behind " + channel_names(visible));
      const std::string channel = catalog_.index().channels[catalog_.candidate(matching_hidden.front()).channel].name;
      finding.hints.push_back("write " + quote(channel + "::" + request.text) +
                              " to take it from there, or lock with `--channel-priority flexible`");
    }
  }

  /// The versions there are, the ones nearest to what is asked for, or the builds of the right version.
  void describe_what_exists(Finding& finding, const std::vector<RecordId>& visible) {
    const conda::MatchSpec& spec = requests_[finding.request].spec;
    std::vector<RecordId> right_version;
    if (spec.version) {
      std::copy_if(visible.begin(), visible.end(), std::back_inserter(right_version),
                   [&](RecordId id) { return spec.version->matches(*catalog_.version(id)); });
    } else {
      right_version = visible;
    }
    if (!right_version.empty()) {
      std::vector<std::string> builds;
      for (const RecordId id : right_version) {
        std::string build = quote(std::string(catalog_.version_text(id)) + " " + std::string(catalog_.build_text(id)));
        if (std::find(builds.begin(), builds.end(), build) == builds.end()) builds.push_back(std::move(build));
      }
      std::sort(builds.rbegin(), builds.rend());
      finding.why.push_back("that version has other builds: " + list(builds, "and", 4));
      if (spec.build) {
        conda::MatchSpec any_build;
        any_build.name = spec.name;
        any_build.version = spec.version;
        finding.pins_a_build = true;
        finding.without_build = conda::format(any_build);
        finding.hints.push_back("write " + quote(finding.without_build) + " to take any build");
      }
      return;
    }
    const std::vector<std::string> versions = versions_of(catalog_, visible);
    finding.why.push_back(channel_names(visible) + " has " + quote(spec.name) + " " + range(versions));
    const std::vector<conda::Version> asked = versions_in(spec.version->text());
    if (asked.empty()) return;
    std::string below;
    std::string above;
    for (const std::string& text : versions) {
      const conda::Version version = conda::Version::parse(text);
      if (version <= asked.front()) below = text;
      if (version > asked.front() && above.empty()) above = text;
    }
    std::vector<std::string> near;
    if (!below.empty()) near.push_back(quote(spec.name + " " + below));
    if (!above.empty()) near.push_back(quote(spec.name + " " + above));
    finding.hints.push_back("the nearest to " + quote(asked.front().text()) + (near.size() == 1 ? " is " : " are ") +
                            list(near, "and"));
    if (above.empty() && catalog_.options().exclude_newer) {
      finding.why.push_back("records newer than " + core::format_time(*catalog_.options().exclude_newer) +
                            " are left out");
      finding.hints.push_back("a later `--exclude-newer` may find a newer one");
    }
  }

  Catalog& catalog_;
  const std::vector<conda::Request>& requests_;
  std::vector<Finding> findings_;
  std::optional<std::vector<std::string>> all_names_;
};

}  // namespace

std::optional<conda::Conflict> explain_missing(Catalog& catalog, const std::vector<conda::Request>& requests) {
  return MissingFinder(catalog, requests).run();
}

std::string virtual_package_hint(Catalog& catalog, std::string_view name, const std::vector<std::string>& texts) {
  (void)catalog;
  std::vector<conda::MatchSpec> specs;
  std::vector<conda::Version> versions;
  for (const std::string& text : texts) {
    try {
      specs.push_back(conda::MatchSpec::parse(text));
    } catch (const core::Error&) {
      continue;
    }
    if (!specs.back().version) continue;
    for (conda::Version& version : versions_in(specs.back().version->text())) versions.push_back(std::move(version));
  }
  if (specs.empty()) return {};
  std::string best;
  std::size_t most = 0;
  std::sort(versions.begin(), versions.end(), [](const auto& left, const auto& right) { return left < right; });
  for (const conda::Version& version : versions) {
    const auto met =
        static_cast<std::size_t>(std::count_if(specs.begin(), specs.end(), [&](const conda::MatchSpec& spec) {
          return !spec.version || spec.version->matches(version);
        }));
    if (met > most) {
      most = met;
      best = version.text();
    }
  }
  // Any version will do: one that machines really have, where there is such a thing.
  if (best.empty() && versions.empty()) best = name == "__cuda" ? "12.9" : "0";
  if (best.empty()) return {};
  std::string build;
  for (const conda::MatchSpec& spec : specs) {
    if (spec.build && spec.build->exact()) build = "=" + *spec.build->exact();
  }
  return quote("--virtual-package " + std::string(name) + "=" + best + build);
}

}  // namespace envlock::resolve
