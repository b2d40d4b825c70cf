#include "envlock/probe/soak.h"

#include <atomic>
#include <chrono>
#include <exception>
#include <thread>

#include "envlock/core/diagnostic.h"
#include "envlock/core/text.h"
#include "envlock/probe/cuda.h"
#include "envlock/probe/digest_tree.h"
#include "envlock/probe/golden.h"
#include "envlock/probe/machine.h"
#include "start_thread.h"

namespace envlock::probe {
namespace {

using Clock = std::chrono::steady_clock;

std::string name_of(const Plan& plan, int step, std::size_t op) {
  return step < 0 ? initial_name(plan, op) : plan.tensor(plan.digested[op]).name;
}

core::Sha256 digest_of(const Plan& plan, int step, std::size_t op, const core::Sha256& root) {
  const Tensor& tensor = plan.tensor(step < 0 ? plan.parameters[op].value : plan.digested[op]);
  return op_digest(name_of(plan, step, op), tensor.type, tensor.shape, root);
}

/// The runs of one worker.
class Worker {
 public:
  Worker(const Plan& plan, const Golden& golden, const SoakOptions& options, SoakUnit& unit)
      : plan_(plan), golden_(golden), options_(options), unit_(unit) {}

  void run(Clock::time_point end, const std::atomic<bool>& given_up, bool disturbed) {
    CpuOptions cpu{.isa = options_.isa, .threads = 1};
    if (disturbed) cpu.disturb = options_.disturb;
    const std::unique_ptr<Backend> backend = make_cpu_backend(plan_, cpu);
    const int steps = static_cast<int>(golden_.steps.size()) - 1;
    do {
      check(backend->start(), -1);
      Schedule schedule(plan_.size);
      for (int step = 0; step < steps; ++step) {
        check(backend->step(schedule.next()), step);
        if (Clock::now() >= end || given_up) return;
      }
      ++unit_.runs;
    } while (Clock::now() < end);
  }

 private:
  void check(const StepResult& result, int step) {
    const std::vector<core::Sha256>& golden = golden_.steps[static_cast<std::size_t>(step + 1)];
    if (step >= 0) ++unit_.steps;
    bool wrong = false;
    for (std::size_t i = 0; i < golden.size(); ++i) {
      ++unit_.digests;
      if (wrong || digest_of(plan_, step, i, result.roots[i]) == golden[i]) continue;
      wrong = true;
      ++unit_.wrong;
      if (unit_.mismatches.size() < SoakUnit::kMostMismatches) {
        unit_.mismatches.push_back({step, name_of(plan_, step, i), ""});
      }
    }
  }

  const Plan& plan_;
  const Golden& golden_;
  const SoakOptions& options_;
  SoakUnit& unit_;
};

/// The tensor roots of a golden run. Golden files hold op digests, which name and shape are part of, while a device
/// compares bare roots: the CPU computes them, and its op digests must be the golden ones.
/// Throws: Error "golden-not-reached" when this machine's processor does not give the golden digests itself.
std::vector<std::vector<core::Sha256>> golden_roots(const Plan& plan) {
  const Golden golden = read_golden(plan);
  const std::unique_ptr<Backend> backend = make_cpu_backend(plan, {.threads = usable_threads()});
  std::vector<std::vector<core::Sha256>> roots;
  Schedule schedule(plan.size);
  for (std::size_t i = 0; i < golden.steps.size(); ++i) {
    const StepResult result = i == 0 ? backend->start() : backend->step(schedule.next());
    for (std::size_t op = 0; op < result.roots.size(); ++op) {
      if (digest_of(plan, static_cast<int>(i) - 1, op, result.roots[op]) == golden.steps[i][op]) continue;
      throw core::Error({.code = "golden-not-reached",
                         .what = "this machine's processor does not compute the golden digests that a soak needs",
                         .where = std::nullopt,
                         .why = {"step " + std::to_string(static_cast<int>(i) - 1) + ", `" +
                                 name_of(plan, static_cast<int>(i) - 1, op) + "`"},
                         .hints = {"`envlock probe run` tells more"}});
    }
    roots.push_back(result.roots);
  }
  return roots;
}

std::string place_on_device(const CudaMismatch& mismatch) {
  std::string where = "replica " + std::to_string(mismatch.replica);
  std::vector<std::string> units;
  for (const int unit : mismatch.multiprocessors) units.push_back(std::to_string(unit));
  if (!units.empty()) where += ", multiprocessors " + core::join(units, ", ");
  return where;
}

}  // namespace

SoakUnit soak_cuda(const Plan& plan, int device, const std::string& name, const SoakOptions& options) {
  const std::vector<std::vector<core::Sha256>> roots = golden_roots(plan);
  const std::unique_ptr<CudaSoak> soak =
      make_cuda_soak(plan, {.device = device, .digests = true, .ptx = {}, .self_test = true}, 0);
  SoakUnit unit;
  unit.name = name;
  const auto replicas = static_cast<std::uint64_t>(soak->replicas());
  const Clock::time_point begin = Clock::now();
  const auto record = [&](const std::vector<CudaMismatch>& mismatches, int step) {
    unit.digests += replicas * roots[static_cast<std::size_t>(step + 1)].size();
    unit.wrong += mismatches.size();
    for (const CudaMismatch& mismatch : mismatches) {
      if (unit.mismatches.size() >= SoakUnit::kMostMismatches) return;
      const auto index = static_cast<std::size_t>(mismatch.tensor);
      unit.mismatches.push_back({step, name_of(plan, step, index), place_on_device(mismatch)});
    }
  };
  const auto elapsed = [&] { return std::chrono::duration<double>(Clock::now() - begin).count(); };
  while (true) {
    record(soak->start(roots.front()), -1);
    Schedule schedule(plan.size);
    for (std::size_t step = 0; step + 1 < roots.size(); ++step) {
      record(soak->step(schedule.next(), roots[step + 1]), static_cast<int>(step));
      unit.steps += replicas;
      if (options.progress) options.progress(elapsed());
      if (elapsed() >= options.seconds) return unit;
    }
    unit.runs += replicas;
  }
}

SoakReport soak_cpu(const Plan& plan, const SoakOptions& options) {
  const Golden golden = read_golden(plan);
  const std::vector<int> processors = allowed_processors();
  SoakReport report{plan.size.name, 0, std::vector<SoakUnit>(processors.size())};
  const Clock::time_point begin = Clock::now();
  const Clock::time_point end =
      begin + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(options.seconds));
  std::vector<std::thread> workers;
  std::vector<std::exception_ptr> failures(processors.size());
  std::atomic<std::size_t> running{0};
  std::atomic<bool> given_up{false};  // a worker failed, or could not be started
  for (std::size_t i = 0; i < processors.size(); ++i) {
    SoakUnit& unit = report.units[i];
    unit.name = "cpu " + std::to_string(processors[i]);
    ++running;
    try {
      workers.push_back(start_thread([&, i] {
        try {
          unit.pinned = pin_to_processor(processors[i]);
          Worker(plan, golden, options, unit).run(end, given_up, i == 0);
        } catch (...) {
          failures[i] = std::current_exception();
          given_up = true;
        }
        --running;
      }));
    } catch (...) {
      failures[i] = std::current_exception();
      given_up = true;
      --running;
      break;
    }
  }
  while (running > 0) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    if (options.progress) options.progress(std::chrono::duration<double>(Clock::now() - begin).count());
  }
  for (std::thread& worker : workers) worker.join();
  for (const std::exception_ptr& failure : failures) {
    if (failure) std::rethrow_exception(failure);
  }
  report.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  return report;
}

}  // namespace envlock::probe
