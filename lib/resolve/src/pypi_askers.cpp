#include "pypi_askers.h"

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "pypi_encoding.h"

namespace envlock::resolve {
namespace {

constexpr std::size_t kNobody = std::numeric_limits<std::size_t>::max();

/// The way from a line to each project, by the needs of all releases that were read: breadth first, so the shortest.
class Walk {
 public:
  explicit Walk(const Universe& universe) : universe_(universe), steps_(universe.size()) {
    for (const std::size_t request : deciding_requests(universe.problem())) {
      visit(universe.known(universe.problem().requests[request].requirement.name), {request, kNobody});
    }
    for (std::size_t i = 0; i < queue_.size(); ++i) leave(queue_[i]);
  }

  /// Absent (kNobody): no line leads there.
  std::size_t request_of(ProjectId project) const { return steps_[project].request; }

  std::vector<std::string> names_to(ProjectId project) const {
    std::vector<std::string> names;
    for (std::size_t at = project; at != kNobody; at = steps_[at].from) {
      names.push_back(universe_.project(static_cast<ProjectId>(at)).name);
    }
    std::reverse(names.begin(), names.end());
    return names;
  }

 private:
  struct Step {
    std::size_t request = kNobody;
    std::size_t from = kNobody;  ///< the project that needs this one; kNobody: the line names it
  };

  void visit(ProjectId project, Step step) {
    if (steps_[project].request != kNobody) return;
    steps_[project] = step;
    queue_.push_back(project);
  }

  void leave(ProjectId project) {
    const std::size_t request = steps_[project].request;
    for (const Release& release : universe_.project(project).releases) {
      for (const Need& need : release.needs) visit(need.project, {request, project});
      for (const auto& [extra, needs] : release.by_extra) {
        for (const Need& need : needs) visit(need.project, {request, project});
      }
    }
  }

  const Universe& universe_;
  std::vector<Step> steps_;
  std::vector<ProjectId> queue_;
};

}  // namespace

void tell_who_asks(const Universe& universe, ProjectId project, core::Diagnostic& diagnostic) {
  if (diagnostic.where) return;
  const Walk walk(universe);
  const std::size_t request = walk.request_of(project);
  if (request == kNobody) return;
  diagnostic.where = universe.problem().requests[request].where;
  const std::vector<std::string> names = walk.names_to(project);
  if (names.size() < 2) return;
  std::string trail = "the line asks for `" + names.front() + "`";
  for (std::size_t i = 1; i < names.size(); ++i) trail += ", which needs `" + names[i] + "`";
  diagnostic.why.push_back(std::move(trail));
}

}  // namespace envlock::resolve
