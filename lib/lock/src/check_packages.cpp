#include <algorithm>
#include <utility>

#include "check.h"
#include "envlock/core/text.h"
#include "envlock/core/time.h"
#include "pip_view.h"
#include "platform_findings.h"
#include "requests.h"

namespace envlock::lock {
namespace {

class PlatformCheck {
 public:
  PlatformCheck(const Lock& lock, const LockedPlatform& platform, const Catalog& catalog, const PipReach& reach,
                PlatformFindings& findings)
      : lock_(lock),
        platform_(platform),
        catalog_(catalog),
        view_(catalog, platform),
        reach_(reach),
        findings_(findings) {}

  void run() {
    const auto categories = categories_on(view_, platform_, lock_.requests, reach_);
    for (std::size_t i = 0; i < platform_.packages.size(); ++i) {
      const std::size_t package = platform_.packages[i].package;
      if (categories[i].empty()) {
        add("unreachable-package", shown(catalog_.record(package)) + " is locked, but nothing asks for it");
      } else if (categories[i] != platform_.packages[i].categories) {
        add("wrong-category", shown(catalog_.record(package)) + " stands in the wrong category",
            {"requests of `" + core::printable(core::join(categories[i], "`, `")) + "` reach it"});
      }
      check_depends(package);
      check_constrains(package);
      check_cut_off(catalog_.record(package));
    }
  }

 private:
  void add(const char* code, std::string what, std::vector<std::string> why = {}) {
    findings_.add(platform_.platform.name, {.code = code, .what = std::move(what), .why = std::move(why)});
  }

  // What stands under a name: "numpy 1.26.4 py312_0 is locked".
  std::string present(std::string_view name) const {
    if (const auto package = view_.find(name)) return shown(catalog_.record(*package)) + " is locked";
    if (const conda::VirtualPackage* fact = view_.find_virtual(name))
      return quoted(conda::format(*fact)) + " is assumed";
    return "no " + quoted(std::string(name)) + (name.starts_with("__") ? " is assumed" : " is locked");
  }

  bool met(const Edge& edge) const {
    if (edge.spec == nullptr) return false;
    if (const auto package = view_.find(edge.name)) return catalog_.matches(*edge.spec, *package);
    return view_.assumed(*edge.spec);
  }

  void check_depends(std::size_t package) {
    for (const Edge& edge : catalog_.depends(package)) {
      if (met(edge)) continue;
      add("unmet-depend", shown(catalog_.record(package)) + " needs " + quoted(*edge.text),
          {edge.spec == nullptr ? "that is no package spec" : present(edge.name)});
    }
  }

  void check_constrains(std::size_t package) {
    for (const Edge& edge : catalog_.constrains(package)) {
      const bool concerned = view_.find(edge.name).has_value() || view_.find_virtual(edge.name) != nullptr;
      if (!concerned || met(edge)) continue;
      add("broken-constrain", shown(catalog_.record(package)) + " only works beside " + quoted(*edge.text),
          {edge.spec == nullptr ? "that is no package spec" : present(edge.name)});
    }
  }

  void check_cut_off(const conda::PackageRecord& record) {
    if (!lock_.options.exclude_newer) return;
    const auto time = record.indexed_timestamp ? record.indexed_timestamp : record.timestamp;
    if (time ? *time <= *lock_.options.exclude_newer : !lock_.options.exclude_newer_strict) return;
    add("newer-than-cut-off", shown(record) + (time ? " is newer than the lock's cut-off date" : " carries no time"),
        {"the cut-off is " + core::format_time(*lock_.options.exclude_newer) +
         (time ? ", the package is of " + core::format_time(*time) : ", and records without a time are dropped")});
  }

  const Lock& lock_;
  const LockedPlatform& platform_;
  const Catalog& catalog_;
  PlatformView view_;
  const PipReach& reach_;
  PlatformFindings& findings_;
};

}  // namespace

void check_packages(const Lock& lock, const Catalog& catalog, const PipCatalog& pip, Findings& findings) {
  PlatformFindings packages;
  for (const LockedPlatform& platform : lock.platforms) {
    PlatformCheck(lock, platform, catalog, PipView(pip, platform).reach(), packages).run();
  }
  packages.append_to(findings);
}

}  // namespace envlock::lock
