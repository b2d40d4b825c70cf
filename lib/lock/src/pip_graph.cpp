#include "envlock/lock/pip_graph.h"

#include <algorithm>
#include <utility>

#include "pip_view.h"

namespace envlock::lock {
namespace {

/// `extra == "opt"` is told by the extra beside it.
bool is_only_extra(const std::string& marker) {
  return marker.starts_with("extra == ") && marker.find(" and ") == std::string::npos &&
         marker.find(" or ") == std::string::npos;
}

PipNeed need_of(pypi::Requirement requirement, const std::string& extra) {
  std::string marker = requirement.marker.format();
  if (is_only_extra(marker)) marker.clear();
  requirement.marker = {};
  return {requirement.name, requirement.extras, extra, requirement.format(), std::move(marker)};
}

/// Adds what the requirement asks for: when it counts always once, else for each of the extras that it counts with.
void add_need(const PipView& view, const pypi::Requirement& requirement, const std::vector<std::string>& extras,
              std::vector<PipNeed>& needs) {
  if (view.holds(requirement, "")) {
    needs.push_back(need_of(requirement, ""));
    return;
  }
  for (const std::string& extra : extras) {
    if (view.holds(requirement, extra)) needs.push_back(need_of(requirement, extra));
  }
}

PipNode node_of(const PipCatalog& catalog, const PipView& view, const PlatformDistribution& use) {
  const LockedDistribution& distribution = catalog.distribution(use.distribution);
  PipNode node{.name = distribution.name,
               .version = distribution.version,
               .distribution = use.distribution,
               .conda_name = {},
               .extras = use.extras,
               .lines = {},
               .needs = {}};
  for (const auto& requirement : catalog.requires_of(use.distribution)) {
    if (requirement) add_need(view, *requirement, use.extras, node.needs);
  }
  return node;
}

PipNode node_of(const PipView& view, const LockedPlatform& platform, const ProvidedDistribution& provided) {
  PipNode node{.name = provided.name,
               .version = provided.version,
               .distribution = std::nullopt,
               .conda_name = provided.conda_name,
               .extras = {},
               .lines = {},
               .needs = {}};
  for (const ProvidedExtra& each : platform.provided_extras) {
    if (each.name != provided.name) continue;
    node.extras.push_back(each.extra);
    for (const std::string& text : each.requires_dist) {
      const auto requirement = pypi::Requirement::parse_leniently(text);
      if (!requirement || !view.holds(*requirement, each.extra)) continue;
      node.needs.push_back(need_of(*requirement, each.extra));
    }
  }
  return node;
}

std::size_t place_of(const std::vector<PipNode>& graph, std::string_view name) {
  const auto found = std::lower_bound(graph.begin(), graph.end(), name,
                                      [](const PipNode& node, std::string_view wanted) { return node.name < wanted; });
  const bool is_there = found != graph.end() && found->name == name;
  return static_cast<std::size_t>((is_there ? found : graph.end()) - graph.begin());
}

}  // namespace

const PipNode* find_node(const std::vector<PipNode>& graph, std::string_view name) {
  const std::size_t place = place_of(graph, name);
  return place == graph.size() ? nullptr : &graph[place];
}

std::vector<PipNode> pip_graph(const Lock& lock, const LockedPlatform& platform) {
  std::vector<PipNode> graph;
  if (!lock.pip) return graph;
  const PipCatalog catalog(lock);
  const PipView view(catalog, platform);
  if (!view.has_python()) return graph;
  for (const PlatformDistribution& use : platform.distributions) graph.push_back(node_of(catalog, view, use));
  for (const ProvidedDistribution& provided : view.provided()) {
    if (!view.find(provided.name)) graph.push_back(node_of(view, platform, provided));
  }
  std::sort(graph.begin(), graph.end(),
            [](const PipNode& left, const PipNode& right) { return left.name < right.name; });
  for (std::size_t i = 0; i < lock.pip_lines.size(); ++i) {
    const PipLine& line = lock.pip_lines[i];
    const PipAsk& ask = catalog.asks()[i];
    if (line.constraint || !view.holds(line, ask)) continue;
    const auto found = view.find(line, ask);
    const std::size_t place = place_of(graph, found ? std::string_view(catalog.distribution(*found).name) : ask.name);
    if (place < graph.size()) graph[place].lines.push_back({i, ask.extras});
  }
  return graph;
}

}  // namespace envlock::lock
