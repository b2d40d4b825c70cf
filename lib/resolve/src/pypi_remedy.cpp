#include "pypi_remedy.h"

#include <algorithm>
#include <optional>

#include "envlock/core/text.h"

namespace envlock::resolve {
namespace {

/// Each attempt is a whole solve, and may ask the index for more.
constexpr std::size_t kMostAttempts = 6;

class RemedyFinder {
 public:
  RemedyFinder(const PypiProblem& problem, const std::function<PypiOutcome(const PypiProblem&)>& solve)
      : problem_(problem), solve_(solve) {}

  std::vector<std::string> find(const std::vector<std::size_t>& lines) {
    std::vector<std::string> hints;
    for (const std::size_t line : lines) {
      if (problem_.requests[line].requirement.specifiers.empty() || !has_attempt()) continue;
      if (auto hint = try_loosened(line)) hints.push_back(std::move(*hint));
    }
    if (!hints.empty() || lines.size() < 2) return hints;
    for (const std::size_t line : lines) {
      if (has_attempt() && is_solved_without(line)) {
        hints.push_back("leave out " + cite(problem_.requests[line]) + ", and the rest can be had");
      }
    }
    return hints;
  }

 private:
  bool has_attempt() { return attempts_++ < kMostAttempts; }

  static std::string cite(const pypi::PipRequest& request) {
    std::string text = "`" + core::printable(request.text, 80) + "`";
    if (request.where.line > 0) text += " (" + request.where.file + ":" + std::to_string(request.where.line) + ")";
    return text;
  }

  std::optional<std::string> try_loosened(std::size_t line) const {
    PypiProblem changed = problem_;
    pypi::Requirement& requirement = changed.requests[line].requirement;
    requirement.specifiers = {};
    changed.requests[line].text = requirement.format();
    const PypiOutcome outcome = solve_(changed);
    const auto* solution = std::get_if<PypiSolution>(&outcome);
    if (solution == nullptr) return std::nullopt;
    std::string version;
    for (const PypiPick& pick : solution->picks) {
      if (pick.name == requirement.name) version = pick.version;
    }
    for (const ProvidedDistribution& provided : problem_.provided) {
      if (provided.name == requirement.name) version = provided.version + ", which conda brings";
    }
    return "with `" + changed.requests[line].text + "` in place of " + cite(problem_.requests[line]) +
           " there is an answer: " + requirement.name + " " + version;
  }

  bool is_solved_without(std::size_t line) const {
    PypiProblem changed = problem_;
    changed.requests.erase(changed.requests.begin() + static_cast<std::ptrdiff_t>(line));
    return std::holds_alternative<PypiSolution>(solve_(changed));
  }

  const PypiProblem& problem_;
  const std::function<PypiOutcome(const PypiProblem&)>& solve_;
  std::size_t attempts_ = 0;
};

}  // namespace

void add_remedies(const PypiProblem& problem, PypiConflict& conflict,
                  const std::function<PypiOutcome(const PypiProblem&)>& solve) {
  // Of several lines that nothing meets, mending one leaves the others.
  if (conflict.diagnostic.code == "no-such-project" || !conflict.others.empty()) return;
  std::vector<std::string> hints;
  try {
    hints = RemedyFinder(problem, solve).find(conflict.core);
  } catch (const core::Error&) {
    return;  // an index that does not answer now: the conflict stands without
  }
  if (hints.empty()) return;
  std::erase(conflict.diagnostic.hints, std::string("loosen or drop one of these lines"));
  for (std::string& hint : hints) conflict.diagnostic.hints.push_back(std::move(hint));
}

}  // namespace envlock::resolve
