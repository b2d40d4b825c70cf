#include "tier_children.h"

#include <cstring>

#include "probe_child.h"

namespace envlock::tools {

std::vector<std::string> child_environment(const TierRequest& request) {
  std::map<std::string, std::string> all = request.environment;
  const std::string threads = std::to_string(request.threads);
  for (const char* name : {"OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS"}) {
    all[name] = threads;
  }
  for (const char* name : {"GOTO_NUM_THREADS", "MKL_DOMAIN_NUM_THREADS", "BLIS_JC_NT", "BLIS_IC_NT", "BLIS_JR_NT",
                           "BLIS_IR_NT", "OMP_PROC_BIND", "OMP_PLACES", "GOMP_CPU_AFFINITY", "KMP_AFFINITY"}) {
    all.erase(name);
  }
  all["OMP_WAIT_POLICY"] = "passive";
  all["OMP_DYNAMIC"] = "false";
  all["MKL_DYNAMIC"] = "false";
  all["KMP_BLOCKTIME"] = "0";
  all.emplace("CUBLAS_WORKSPACE_CONFIG", blas::kUsualWorkspace);
  for (const auto& [name, value] : request.variables) all[name] = value;
  std::vector<std::string> environment;
  for (const auto& [name, value] : all) environment.push_back(name + "=" + value);
  return environment;
}

std::string value_of(const TierRequest& request, const std::string& name) {
  if (const auto found = request.variables.find(name); found != request.variables.end()) return found->second;
  const auto found = request.environment.find(name);
  return found == request.environment.end() ? "" : found->second;
}

Answer take_apart(const std::string& output) {
  Answer answer;
  std::string_view rest = output;
  while (rest.starts_with(kStageMark)) {
    const std::size_t end = rest.find('\n');
    if (end == std::string_view::npos) break;
    answer.stage = std::string(rest.substr(kStageMark.size(), end - kStageMark.size()));
    rest.remove_prefix(end + 1);
  }
  answer.document = std::string(rest);
  return answer;
}

void tell_how_it_ended(const Finished& child, double most_seconds, probe::TierRun& run) {
  run.outcome = child.timed_out ? probe::TierRun::Outcome::hung : probe::TierRun::Outcome::crashed;
  if (child.timed_out) {
    run.trouble = "it was still running after " + std::to_string(static_cast<long>(most_seconds)) + " seconds";
  } else if (child.signal != 0) {
    const char* const name = sigabbrev_np(child.signal);
    run.trouble = "signal " + std::to_string(child.signal) +
                  (name == nullptr ? "" : " (SIG" + std::string(name) + ")") + " ended it";
  } else {
    run.trouble = "it ended the process with exit code " + std::to_string(child.exit_code);
  }
}

}  // namespace envlock::tools
