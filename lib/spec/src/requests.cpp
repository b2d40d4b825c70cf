#include "envlock/spec/spec.h"

#include <algorithm>

namespace envlock::spec {
namespace {

conda::Request implied_pip(const char* reason, const core::SourceSpan& where, const std::string& category) {
  conda::Request request;
  request.spec = conda::MatchSpec::parse("pip");
  request.text = "pip";
  request.category = category;
  request.implied_by = reason;
  request.where = where;
  return request;
}

// A request of the main category stands for all: what it implies is needed wherever the environment is.
template <typename Line>
const Line* most_general(const std::vector<const Line*>& lines) {
  const auto found =
      std::find_if(lines.begin(), lines.end(), [](const Line* line) { return line->category == "main"; });
  return found != lines.end() ? *found : lines.front();
}

}  // namespace

std::vector<conda::Request> requests_for(const Spec& spec, std::string_view subdir) {
  std::vector<conda::Request> requests;
  std::vector<const conda::Request*> pythons;
  bool has_pip = false;
  for (const conda::Request& request : spec.requests) {
    if (!selector_holds(request.selector, subdir)) continue;
    requests.push_back(request);
    has_pip = has_pip || request.spec.name == "pip";
    if (request.spec.name == "python") pythons.push_back(&request);
  }
  if (has_pip) return requests;
  std::vector<const PipLine*> lines;
  for (const PipLine& line : spec.pip) {
    if (selector_holds(line.selector, subdir)) lines.push_back(&line);
  }
  if (!lines.empty()) {
    const PipLine* line = most_general(lines);
    requests.push_back(implied_pip("pip:", line->where, line->category));
  } else if (!pythons.empty()) {
    const conda::Request* python = most_general(pythons);
    requests.push_back(implied_pip("python", python->where, python->category));
  }
  return requests;
}

}  // namespace envlock::spec
