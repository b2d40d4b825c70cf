#include <algorithm>
#include <map>
#include <utility>

#include "check.h"
#include "envlock/core/text.h"
#include "envlock/core/url.h"
#include "pip_match.h"

namespace envlock::lock {
namespace {

std::string as_asked(const PipLine& line) {
  std::string text = quoted(core::without_secrets(line.text));
  if (line.constraint) text = "the constraint " + text;
  if (line.category != "main") text += " (category " + core::printable(line.category) + ")";
  if (!line.selector.empty()) text += " on " + core::printable(line.selector);
  return text;
}

std::string listed(const std::vector<std::string>& all) {
  return all.empty() ? "none" : core::printable(core::without_secrets(core::join(all, ", ")));
}

std::string listed(const std::map<std::string, std::vector<std::string>>& mapping) {
  std::vector<std::string> all;
  for (const auto& [name, names] : mapping) {
    all.push_back(name + ": " + (names.empty() ? std::string("nothing") : core::join(names, " ")));
  }
  return listed(all);
}

class PipRequestCheck {
 public:
  PipRequestCheck(const Lock& lock, const spec::Spec& spec, const PipInput& input, const PipCatalog& catalog,
                  Findings& findings)
      : lock_(lock), spec_(spec), input_(input), catalog_(catalog), findings_(findings) {
    for (const LockedPlatform& platform : lock.platforms) views_.emplace_back(catalog, platform);
  }

  void run() {
    if (lock_.pip) check_options(*lock_.pip, input_.options);
    check_pinned();
    std::vector<bool> seen(lock_.pip_lines.size());
    for (std::size_t i = 0; i < input_.lines.size(); ++i) check_line(i, seen);
    for (std::size_t i = 0; i < seen.size(); ++i) {
      if (seen[i]) continue;
      findings_.push_back({.code = "stale-request",
                           .what = as_asked(lock_.pip_lines[i]) + " is no longer asked for",
                           .where = whole_file(spec_),
                           .why = {"the lock was made for it"}});
    }
  }

 private:
  template <typename Value>
  void check_option(const char* name, const Value& locked, const Value& wanted) {
    if (locked == wanted) return;
    findings_.push_back({.code = "stale-option",
                         .what = std::string(name) + " of `pip:` is another now: " + listed(wanted),
                         .why = {"the lock was made with: " + listed(locked)}});
  }

  void check_flag(const std::string& flag, bool locked, bool wanted) {
    if (locked == wanted) return;
    core::Diagnostic finding{.code = "stale-option"};
    if (locked) {
      finding.what = "the lock was made with `" + flag + "`, which is not given now";
      finding.hints = {"check it as it was made: `envlock lock --check " + flag + "`",
                       "or weigh its picks anew without the flag: `envlock lock`"};
    } else {
      finding.what = "`" + flag + "` is given now, and the lock was made without it";
      finding.hints = {"make it with the flag: `envlock lock " + flag + "`"};
    }
    findings_.push_back(std::move(finding));
  }

  void check_options(const PipOptions& locked, const PipOptions& wanted) {
    check_option("the list of indexes", locked.indexes, wanted.indexes);
    check_option("`--find-links`", locked.find_links, wanted.find_links);
    check_flag("--pre", locked.pre, wanted.pre);
    check_flag("--allow-build", locked.allow_build, wanted.allow_build);
    check_flag("--all-artifacts", locked.all_artifacts, wanted.all_artifacts);
    check_option("`--no-binary`", locked.no_binary, wanted.no_binary);
    check_option("`--only-binary`", locked.only_binary, wanted.only_binary);
    check_option("`--pypi-mapping`", locked.mapping, wanted.mapping);
    const bool given_then = wanted.mapping.empty() && !locked.mapping.empty();
    if (given_then) findings_.back().hints = {"give the file that the lock was made with: `--pypi-mapping FILE`"};
  }

  void check_pinned() {
    for (const LockedDistribution& each : lock_.distributions) {
      const auto pin = input_.pinned.find(each.name);
      if (pin == input_.pinned.end() || each.index.empty() || pin->second == each.index) continue;
      findings_.push_back(
          {.code = "stale-option",
           .what = "`" + core::printable(each.name) + "` is to come from " + core::printable(pin->second) + " now",
           .why = {"the lock has it from " + core::printable(each.index)}});
    }
  }

  void check_line(std::size_t number, std::vector<bool>& seen) {
    const PipLine& line = input_.lines[number];
    const auto locked = std::lower_bound(lock_.pip_lines.begin(), lock_.pip_lines.end(), line);
    const bool known = locked != lock_.pip_lines.end() && *locked == line;
    if (known) seen[static_cast<std::size_t>(locked - lock_.pip_lines.begin())] = true;
    const std::vector<std::string> unmet = unmet_facts(line);
    if (known && unmet.empty()) return;
    core::Diagnostic finding;
    finding.code = unmet.empty() ? "stale-request" : "unmet-request";
    finding.what = as_asked(line) + (unmet.empty() ? " is not in the lock" : " is not met by the lock");
    finding.where = number < input_.places.size() && !input_.places[number].file.empty() ? input_.places[number]
                                                                                         : whole_file(spec_);
    if (!known && !unmet.empty()) finding.why.push_back("the lock was not made for it");
    finding.why.insert(finding.why.end(), unmet.begin(), unmet.end());
    findings_.push_back(std::move(finding));
  }

  // One sentence for each platform of the lock on which the line is not met.
  std::vector<std::string> unmet_facts(const PipLine& line) const {
    std::vector<std::string> facts;
    if (!lock_.pip) return facts;
    const PipAsk ask = parse_pip_line(line);
    for (std::size_t i = 0; i < views_.size(); ++i) {
      if (!views_[i].holds(line, ask)) continue;
      if (const std::string fault = PipMatch(catalog_, views_[i]).fault(line, ask); !fault.empty()) {
        facts.push_back(core::printable(lock_.platforms[i].platform.name) + " " + fault);
      }
    }
    return facts;
  }

  const Lock& lock_;
  const spec::Spec& spec_;
  const PipInput& input_;
  const PipCatalog& catalog_;
  Findings& findings_;
  std::vector<PipView> views_;
};

}  // namespace

void check_pip_requests(const Lock& lock, const spec::Spec& spec, const FreshnessInput& input, const PipCatalog& pip,
                        Findings& findings) {
  static const PipInput kNothing;
  PipRequestCheck(lock, spec, input.pip ? *input.pip : kNothing, pip, findings).run();
}

}  // namespace envlock::lock
