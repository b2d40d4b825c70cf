#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

#include "catalog.h"
#include "envlock/lock/export.h"

namespace envlock::lock {
namespace {

constexpr std::string_view kPython = "python";

class Order {
 public:
  Order(const Lock& lock, const LockedPlatform& platform) : catalog_(lock.packages) {
    for (const PlatformPackage& each : platform.packages)
      by_name_.emplace(catalog_.record(each.package).name, each.package);
    done_.resize(lock.packages.size());
    needs_python_ = dependents_of_python(lock.packages.size());
  }

  std::vector<std::size_t> run() {
    for (const auto& [name, package] : by_name_) visit(package);
    return std::move(order_);
  }

 private:
  // The packages of the platform that a package needs, by name.
  std::vector<std::size_t> needs(std::size_t package) const {
    std::map<std::string_view, std::size_t> found;
    for (const Edge& edge : catalog_.depends(package)) {
      const auto other = by_name_.find(edge.name);
      if (other != by_name_.end() && other->second != package) found.insert(*other);
    }
    std::vector<std::size_t> result;
    const bool is_python = catalog_.record(package).name == kPython;
    for (const auto& [name, other] : found) {
      if (!(is_python && needs_python_[other])) result.push_back(other);
    }
    return result;
  }

  std::vector<bool> dependents_of_python(std::size_t size) const {
    std::map<std::string_view, std::vector<std::size_t>> dependents;
    for (const auto& [name, package] : by_name_) {
      for (const Edge& edge : catalog_.depends(package)) dependents[edge.name].push_back(package);
    }
    std::vector<bool> result(size);
    std::vector<std::string_view> open = {kPython};
    while (!open.empty()) {
      const std::string_view name = open.back();
      open.pop_back();
      for (const std::size_t package : dependents[name]) {
        if (result[package]) continue;
        result[package] = true;
        open.push_back(catalog_.record(package).name);
      }
    }
    return result;
  }

  // Depth first without recursion: a chain of dependencies may be as long as the lock.
  void visit(std::size_t start) {
    struct Frame {
      std::size_t package;
      std::vector<std::size_t> needs;
      std::size_t next = 0;
    };
    std::vector<Frame> stack;
    const auto enter = [&](std::size_t package) {
      if (done_[package]) return;
      done_[package] = true;
      stack.push_back({package, needs(package)});
    };
    enter(start);
    while (!stack.empty()) {
      Frame& frame = stack.back();
      if (frame.next < frame.needs.size()) {
        enter(frame.needs[frame.next++]);
      } else {
        order_.push_back(frame.package);
        stack.pop_back();
      }
    }
  }

  Catalog catalog_;
  std::map<std::string_view, std::size_t> by_name_;
  std::vector<bool> needs_python_;
  std::vector<bool> done_;
  std::vector<std::size_t> order_;
};

}  // namespace

std::vector<const LockedPackage*> in_dependency_order(const Lock& lock, const LockedPlatform& platform) {
  std::vector<const LockedPackage*> result;
  for (const std::size_t package : Order(lock, platform).run()) result.push_back(&lock.packages[package]);
  return result;
}

}  // namespace envlock::lock
