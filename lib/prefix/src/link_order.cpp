#include "link_order.h"

#include <algorithm>
#include <string_view>

namespace envlock::prefix {
namespace {

/// "numpy" of "numpy >=1.26" and of "conda-forge::numpy[version='>=1']".
std::string name_of(std::string_view spec) {
  if (const std::size_t colon = spec.rfind("::"); colon != std::string_view::npos) spec.remove_prefix(colon + 2);
  return std::string(spec.substr(0, spec.find_first_of(" =<>!~[;")));
}

}  // namespace

std::map<std::string, std::size_t> link_order(const std::vector<WantedPackage>& packages) {
  std::map<std::string, const conda::PackageRecord*> records;
  for (const WantedPackage& package : packages) records.emplace(package.record.name, &package.record);
  struct Frame {
    std::string name;
    std::vector<std::string> needs;  // that are still to be looked at, last first
  };
  std::map<std::string, std::size_t> order;
  std::map<std::string, bool> entered;
  std::vector<Frame> stack;  // not recursion: a chain of dependence may be as long as the lock
  const auto enter = [&](const std::string& name) {
    const auto found = records.find(name);
    if (found == records.end() || !entered.emplace(name, true).second) return;
    Frame frame{name, {}};
    for (const std::string& spec : found->second->depends) frame.needs.push_back(name_of(spec));
    std::sort(frame.needs.rbegin(), frame.needs.rend());
    stack.push_back(std::move(frame));
  };
  for (const auto& [name, record] : records) {
    enter(name);
    while (!stack.empty()) {
      if (stack.back().needs.empty()) {
        order.emplace(stack.back().name, order.size());
        stack.pop_back();
      } else {
        const std::string next = std::move(stack.back().needs.back());
        stack.back().needs.pop_back();
        enter(next);
      }
    }
  }
  return order;
}

}  // namespace envlock::prefix
