#include <algorithm>
#include <optional>
#include <utility>

#include "catalog.h"
#include "envlock/lock/lock.h"
#include "envlock/lock/pip_graph.h"
#include "requests.h"

namespace envlock::lock {
namespace {

std::string asked(const conda::Request& request) {
  std::string text = request.text;
  text += request.implied_by ? " (implied by " + *request.implied_by + ")" : " (requested)";
  return text;
}

std::string title(const conda::PackageRecord& record) {
  return record.name + " " + record.version;
}

/// "torch[opt] 2.5.1 needs numpy>=1.26", with the marker where there is one.
std::string words_of(const PipNode& node, const PipNeed& need) {
  const std::string title = node.name + (need.extra.empty() ? "" : "[" + need.extra + "]") + " " + node.version;
  return title + " needs " + need.text + (need.marker.empty() ? "" : " ; " + need.marker);
}

/// Both halves of a platform as one graph. Its places are the packages of the lock, the nodes of the PyPI half, and
/// each of their extras. A node that a conda package brings is reached together with that package, and leads on to what
/// its extras add.
class Walk {
 public:
  Walk(const Lock& lock, const LockedPlatform& platform)
      : lock_(lock),
        platform_(platform),
        catalog_(lock.packages),
        view_(catalog_, platform),
        graph_(pip_graph(lock, platform)) {
    for (const PipNode& node : graph_) {
      const std::size_t base = lock.packages.size() + places_.size();
      bases_.push_back(base);
      places_.push_back({&node, ""});
      for (const std::string& extra : node.extras) places_.push_back({&node, extra});
    }
    steps_.resize(lock.packages.size() + places_.size());
  }

  std::optional<Reason> reason_of_package(std::string_view name) {
    const std::optional<std::size_t> target = view_.find(name);
    if (!target) return std::nullopt;
    Reason reason = reason_of(*target);
    for (const PlatformPackage& each : platform_.packages) {
      const std::vector<Edge>& depends = catalog_.depends(each.package);
      if (std::any_of(depends.begin(), depends.end(), [&](const Edge& edge) { return edge.name == name; })) {
        reason.dependents.push_back(catalog_.record(each.package).name);
      }
    }
    add_nodes_that_need(reason, [&](const PipNode& node) { return node.conda_name == name; });
    return reason;
  }

  std::optional<Reason> reason_of_distribution(std::string_view name) {
    const PipNode* target = find_node(graph_, name);
    if (target == nullptr) return std::nullopt;
    Reason reason = reason_of(place_of(*target));
    if (!target->distribution) {
      std::optional<Reason> of_package = reason_of_package(target->conda_name);
      if (of_package && !reason.chain.empty()) {
        of_package->chain = std::move(reason.chain);
        of_package->origin = std::move(reason.origin);
      }
      return of_package;
    }
    add_nodes_that_need(reason, [&](const PipNode& node) { return &node == target; });
    return reason;
  }

 private:
  using Origin = decltype(Reason::origin);

  struct Step {
    std::optional<std::size_t> from;  // the place that led here; absent: the origin did
    std::string words;
    Origin origin = {};
  };

  // A node of the PyPI half as such, or with one of its extras.
  struct Place {
    const PipNode* node = nullptr;
    std::string extra;
  };

  std::size_t place_of(const PipNode& node) const { return bases_[static_cast<std::size_t>(&node - graph_.data())]; }

  Reason reason_of(std::size_t target) {
    if (queue_.empty()) walk();
    Reason reason;
    for (std::optional<std::size_t> at = target; at && steps_[*at]; at = steps_[*at]->from) {
      reason.chain.push_back(steps_[*at]->words);
      reason.origin = steps_[*at]->origin;
    }
    std::reverse(reason.chain.begin(), reason.chain.end());
    return reason;
  }

  void walk() {
    for (const conda::Request* request : requests_on(lock_.requests, platform_.platform.subdir)) {
      visit_package(request->spec.name, {std::nullopt, asked(*request), *request});
    }
    for (const PipNode& node : graph_) {
      for (const PipAsking& each : node.lines) {
        const PipLine& line = lock_.pip_lines[each.line];
        visit_node(node.name, each.extras, {std::nullopt, line.text + " (requested under pip:)", line});
      }
    }
    for (std::size_t i = 0; i < queue_.size(); ++i) {
      const std::size_t at = queue_[i];
      if (at < lock_.packages.size()) {
        leave_package(at);
      } else {
        leave_node(at);
      }
    }
  }

  // Among chains of one length the choice is stable: requests before lines, then by name.
  void leave_package(std::size_t at) {
    std::vector<Edge> edges = catalog_.depends(at);
    std::stable_sort(edges.begin(), edges.end(),
                     [](const Edge& left, const Edge& right) { return left.name < right.name; });
    for (const Edge& edge : edges) visit_package(edge.name, {at, title(catalog_.record(at)) + " needs " + *edge.text});
  }

  void leave_node(std::size_t at) {
    const auto& [node, extra] = places_[at - lock_.packages.size()];
    std::vector<const PipNeed*> needs;
    for (const PipNeed& need : node->needs) {
      if (need.extra == extra) needs.push_back(&need);
    }
    std::stable_sort(needs.begin(), needs.end(),
                     [](const PipNeed* left, const PipNeed* right) { return left->name < right->name; });
    for (const PipNeed* need : needs) visit_node(need->name, need->extras, {at, words_of(*node, *need)});
  }

  void visit_package(std::string_view name, Step step) {
    if (const std::optional<std::size_t> package = view_.find(name)) visit(*package, std::move(step));
  }

  void visit_node(std::string_view name, const std::vector<std::string>& extras, const Step& step) {
    const PipNode* node = find_node(graph_, name);
    if (node == nullptr) return;
    if (!node->conda_name.empty()) visit_package(node->conda_name, step);
    const std::size_t base = place_of(*node);
    visit(base, step);
    for (std::size_t i = 0; i < node->extras.size(); ++i) {
      const bool asked = std::find(extras.begin(), extras.end(), node->extras[i]) != extras.end();
      if (asked) visit(base + 1 + i, step);
    }
  }

  void visit(std::size_t place, Step step) {
    if (steps_[place]) return;
    steps_[place] = std::move(step);
    queue_.push_back(place);
  }

  template <typename IsTarget>
  void add_nodes_that_need(Reason& reason, IsTarget is_target) const {
    for (const PipNode& node : graph_) {
      const bool needs = std::any_of(node.needs.begin(), node.needs.end(), [&](const PipNeed& need) {
        const PipNode* needed = find_node(graph_, need.name);
        return needed != nullptr && needed != &node && is_target(*needed);
      });
      // What a conda package brings needs something only by its extras: the package's own name is the one people know.
      if (needs) reason.dependents.push_back(node.conda_name.empty() ? node.name : node.conda_name);
    }
    std::sort(reason.dependents.begin(), reason.dependents.end());
    reason.dependents.erase(std::unique(reason.dependents.begin(), reason.dependents.end()), reason.dependents.end());
  }

  const Lock& lock_;
  const LockedPlatform& platform_;
  const Catalog catalog_;
  const PlatformView view_;
  const std::vector<PipNode> graph_;
  std::vector<std::size_t> bases_;  // of each node
  std::vector<Place> places_;       // of each place behind the packages
  std::vector<std::optional<Step>> steps_;
  std::vector<std::size_t> queue_;
};

const LockedPlatform* find_platform(const Lock& lock, std::string_view name) {
  for (const LockedPlatform& each : lock.platforms) {
    if (each.platform.name == name) return &each;
  }
  return nullptr;
}

}  // namespace

std::optional<Reason> why(const Lock& lock, std::string_view platform_name, std::string_view name) {
  const LockedPlatform* platform = find_platform(lock, platform_name);
  return platform == nullptr ? std::nullopt : Walk(lock, *platform).reason_of_package(name);
}

std::optional<Reason> why_distribution(const Lock& lock, std::string_view platform_name, std::string_view name) {
  const LockedPlatform* platform = find_platform(lock, platform_name);
  return platform == nullptr ? std::nullopt : Walk(lock, *platform).reason_of_distribution(name);
}

}  // namespace envlock::lock
