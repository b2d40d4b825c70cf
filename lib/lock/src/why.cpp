#include <algorithm>
#include <optional>
#include <utility>

#include "catalog.h"
#include "envlock/lock/lock.h"
#include "requests.h"

namespace envlock::lock {
namespace {

struct Step {
  std::optional<std::size_t> from;          // the package whose depend led here
  const conda::Request* request = nullptr;  // or the request
  const std::string* text = nullptr;        // the depend
};

std::string asked(const conda::Request& request) {
  std::string text = request.text;
  text += request.implied_by ? " (implied by " + *request.implied_by + ")" : " (requested)";
  return text;
}

std::string title(const conda::PackageRecord& record) {
  return record.name + " " + record.version;
}

// The depends of a package by name, so that among chains of one length the choice is stable.
std::vector<Edge> sorted_depends(const Catalog& catalog, std::size_t package) {
  std::vector<Edge> edges = catalog.depends(package);
  std::stable_sort(edges.begin(), edges.end(),
                   [](const Edge& left, const Edge& right) { return left.name < right.name; });
  return edges;
}

}  // namespace

std::optional<Reason> why(const Lock& lock, std::string_view platform_name, std::string_view name) {
  const auto platform = std::find_if(lock.platforms.begin(), lock.platforms.end(),
                                     [&](const LockedPlatform& each) { return each.platform.name == platform_name; });
  if (platform == lock.platforms.end()) return std::nullopt;
  const Catalog catalog(lock.packages);
  const PlatformView view(catalog, *platform);
  const std::optional<std::size_t> target = view.find(name);
  if (!target) return std::nullopt;

  std::vector<std::optional<Step>> steps(lock.packages.size());
  std::vector<std::size_t> queue;
  const auto visit = [&](std::string_view next, Step step) {
    const std::optional<std::size_t> package = view.find(next);
    if (!package || steps[*package]) return;
    steps[*package] = step;
    queue.push_back(*package);
  };
  for (const conda::Request* request : requests_on(lock.requests, platform->platform.subdir)) {
    visit(request->spec.name, {std::nullopt, request, nullptr});
  }
  for (std::size_t i = 0; i < queue.size(); ++i) {
    for (const Edge& edge : sorted_depends(catalog, queue[i])) visit(edge.name, {queue[i], nullptr, edge.text});
  }

  Reason reason;
  for (std::optional<std::size_t> at = target; at && steps[*at];) {
    const Step& step = *steps[*at];
    reason.chain.push_back(step.request != nullptr ? asked(*step.request)
                                                   : title(catalog.record(*step.from)) + " needs " + *step.text);
    at = step.from;
  }
  std::reverse(reason.chain.begin(), reason.chain.end());
  for (const PlatformPackage& each : platform->packages) {
    const std::vector<Edge>& depends = catalog.depends(each.package);
    if (std::any_of(depends.begin(), depends.end(), [&](const Edge& edge) { return edge.name == name; })) {
      reason.dependents.push_back(catalog.record(each.package).name);
    }
  }
  return reason;
}

}  // namespace envlock::lock
