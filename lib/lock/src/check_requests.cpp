#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "check.h"
#include "envlock/core/text.h"
#include "envlock/core/url.h"
#include "requests.h"

namespace envlock::lock {
namespace {

bool same_request(const conda::Request& left, const conda::Request& right) {
  return !comes_before(left, right) && !comes_before(right, left);
}

// Does `channel::` of a request mean the channel that a record comes from?
bool is_channel(const std::string& written, const std::string& base, const Lock& lock, const FreshnessInput& input) {
  if (const auto bases = input.channel_bases.find(written); bases != input.channel_bases.end()) {
    return std::find(bases->second.begin(), bases->second.end(), base) != bases->second.end();
  }
  if (core::strip_credentials(written) == base) return true;
  return std::any_of(lock.channels.begin(), lock.channels.end(),
                     [&](const conda::Channel& channel) { return channel.base == base && channel.name == written; });
}

std::string as_asked(const conda::Request& request) {
  std::string text = quoted(core::without_secrets(request.text));
  if (request.category != "main") text += " (category " + core::printable(request.category) + ")";
  if (!request.selector.empty()) text += " on " + core::printable(request.selector);
  if (request.implied_by) text += ", implied by " + quoted(*request.implied_by);
  return text;
}

class RequestCheck {
 public:
  RequestCheck(const Lock& lock, const spec::Spec& spec, const FreshnessInput& input, const Catalog& catalog,
               Findings& findings)
      : lock_(lock), spec_(spec), input_(input), catalog_(catalog), findings_(findings) {
    for (const LockedPlatform& platform : lock.platforms) views_.emplace_back(catalog, platform);
  }

  void run() {
    const std::vector<conda::Request> wanted = requests_of(spec_, input_.platforms);
    pair_up(wanted);
    for (std::size_t i = 0; i < wanted.size(); ++i) check_one(wanted[i], locked_as_[i]);
    for (const conda::Request* request : gone_) {
      findings_.push_back({.code = "stale-request",
                           .what = as_asked(*request) + " is no longer asked for",
                           .where = whole_file(spec_),
                           .why = {"the lock was made for it"}});
    }
  }

 private:
  // Finds for each wanted request the locked one that is the same, or the one that it seems to have been before an
  // edit.
  void pair_up(const std::vector<conda::Request>& wanted) {
    locked_as_.assign(wanted.size(), nullptr);
    std::vector<bool> taken(lock_.requests.size());
    const auto pair_where = [&](auto fits) {
      for (std::size_t i = 0; i < wanted.size(); ++i) {
        if (locked_as_[i] != nullptr) continue;
        // The locked requests are sorted by name first.
        const auto range = std::equal_range(
            lock_.requests.begin(), lock_.requests.end(), wanted[i],
            [](const conda::Request& a, const conda::Request& b) { return a.spec.name < b.spec.name; });
        for (auto it = range.first; it != range.second; ++it) {
          const auto index = static_cast<std::size_t>(it - lock_.requests.begin());
          if (taken[index] || !fits(wanted[i], *it)) continue;
          locked_as_[i] = &*it;
          taken[index] = true;
          break;
        }
      }
    };
    pair_where(same_request);
    pair_where([](const conda::Request& a, const conda::Request& b) {
      return a.selector == b.selector && a.category == b.category && a.implied_by == b.implied_by;
    });
    pair_where([](const conda::Request&, const conda::Request&) { return true; });
    for (std::size_t i = 0; i < taken.size(); ++i) {
      if (!taken[i]) gone_.push_back(&lock_.requests[i]);
    }
  }

  void check_one(const conda::Request& request, const conda::Request* before) {
    const std::vector<std::string> unmet = unmet_facts(request);
    const bool known = before != nullptr && same_request(request, *before);
    if (known && unmet.empty()) return;
    core::Diagnostic finding;
    finding.code = unmet.empty() ? "stale-request" : "unmet-request";
    finding.what = unmet.empty() ? as_asked(request) + (before == nullptr ? " is not in the lock" : " has changed")
                                 : as_asked(request) + " is not met by the lock";
    finding.where = request.where.file.empty() ? whole_file(spec_) : request.where;
    if (!known && before != nullptr) finding.why.push_back("the lock was made for " + as_asked(*before));
    if (!known && before == nullptr && !unmet.empty()) finding.why.push_back("the lock was not made for it");
    finding.why.insert(finding.why.end(), unmet.begin(), unmet.end());
    findings_.push_back(std::move(finding));
  }

  // One sentence for each platform of the lock on which the request is not met.
  std::vector<std::string> unmet_facts(const conda::Request& request) const {
    std::vector<std::string> facts;
    for (std::size_t i = 0; i < lock_.platforms.size(); ++i) {
      const conda::Platform& platform = lock_.platforms[i].platform;
      if (!request.selector.empty() && !spec::selector_holds(request.selector, platform.subdir)) continue;
      if (std::string fact = unmet_fact(request.spec, views_[i]); !fact.empty()) {
        facts.push_back(core::printable(platform.name) + " " + fact);
      }
    }
    return facts;
  }

  std::string unmet_fact(const conda::MatchSpec& spec, const PlatformView& view) const {
    if (const std::optional<std::size_t> package = view.find(spec.name)) {
      const conda::PackageRecord& record = catalog_.record(*package);
      const bool right_channel = !spec.channel || is_channel(*spec.channel, record.channel, lock_, input_);
      if (right_channel && catalog_.matches(spec, *package)) return {};
      return "locks " + shown(record) + (right_channel ? "" : " from " + core::printable(record.channel));
    }
    if (const conda::VirtualPackage* fact = view.find_virtual(spec.name)) {
      return view.assumed(spec) ? std::string() : "assumes " + quoted(conda::format(*fact));
    }
    return spec.name.starts_with("__") ? "does not assume it" : "locks no " + quoted(spec.name);
  }

  const Lock& lock_;
  const spec::Spec& spec_;
  const FreshnessInput& input_;
  const Catalog& catalog_;
  Findings& findings_;
  std::vector<PlatformView> views_;
  std::vector<const conda::Request*> locked_as_;
  std::vector<const conda::Request*> gone_;
};

}  // namespace

void check_requests(const Lock& lock, const spec::Spec& spec, const FreshnessInput& input, const Catalog& catalog,
                    Findings& findings) {
  RequestCheck(lock, spec, input, catalog, findings).run();
}

}  // namespace envlock::lock
