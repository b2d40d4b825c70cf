#include "explain.h"

#include "envlock/solve/solver.h"
#include "translate.h"

#include <algorithm>

namespace envlock::resolve {

conda::Conflict explain(Catalog& catalog, const std::vector<conda::Request>& requests) {
  const Translation translation = translate(catalog, requests, Scope::all, nullptr);
  const solve::Pruner pruner(translation.problem);
  std::vector<solve::JobId> jobs;
  for (solve::JobId job = 0; job < translation.requests.size(); ++job) {
    if (translation.requests[job] != Translation::kNoRequest) jobs.push_back(job);
  }
  conda::Conflict conflict;
  for (const solve::JobId job : solve::minimal_core(pruner, translation.facts, jobs)) {
    conflict.core.push_back(translation.requests[job]);
  }
  std::sort(conflict.core.begin(), conflict.core.end());
  conflict.diagnostic.code = "no-solution";
  conflict.diagnostic.what = "no set of packages meets the requests for " + catalog.index().subdir;
  for (const std::size_t request : conflict.core) {
    conflict.diagnostic.why.push_back("`" + requests[request].text + "`");
  }
  return conflict;
}

}  // namespace envlock::resolve
