#include "envlock/probe/soak.h"

#include <atomic>
#include <chrono>
#include <thread>

#include "envlock/probe/digest_tree.h"
#include "envlock/probe/golden.h"
#include "envlock/probe/machine.h"

namespace envlock::probe {
namespace {

using Clock = std::chrono::steady_clock;

/// The runs of one worker.
class Worker {
 public:
  Worker(const Plan& plan, const Golden& golden, const SoakOptions& options, SoakUnit& unit)
      : plan_(plan), golden_(golden), options_(options), unit_(unit) {}

  void run(Clock::time_point end, bool disturbed) {
    CpuOptions cpu{.isa = options_.isa, .threads = 1};
    if (disturbed) cpu.disturb = options_.disturb;
    const std::unique_ptr<Backend> backend = make_cpu_backend(plan_, cpu);
    const int steps = static_cast<int>(golden_.steps.size()) - 1;
    do {
      check(backend->start(), -1);
      Schedule schedule(plan_.size);
      for (int step = 0; step < steps; ++step) {
        check(backend->step(schedule.next()), step);
        if (Clock::now() >= end) return;
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
      const Tensor& tensor = plan_.tensor(step < 0 ? plan_.parameters[i].value : plan_.digested[i]);
      const std::string name = step < 0 ? initial_name(plan_, i) : tensor.name;
      const core::Sha256 digest = op_digest(name, tensor.type, tensor.shape, result.roots[i]);
      ++unit_.digests;
      if (digest == golden[i] || wrong) continue;
      wrong = true;
      ++unit_.wrong;
      if (unit_.mismatches.size() < SoakUnit::kMostMismatches) {
        unit_.mismatches.push_back(
            {.place = {"soak", step, name}, .want = golden[i], .have = digest, .elements = std::nullopt, .truth = {}});
      }
    }
  }

  const Plan& plan_;
  const Golden& golden_;
  const SoakOptions& options_;
  SoakUnit& unit_;
};

}  // namespace

SoakReport soak_cpu(const Plan& plan, const SoakOptions& options) {
  const Golden golden = read_golden(plan);
  const std::vector<int> processors = allowed_processors();
  SoakReport report{plan.size.name, 0, std::vector<SoakUnit>(processors.size())};
  const Clock::time_point begin = Clock::now();
  const Clock::time_point end =
      begin + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(options.seconds));
  std::vector<std::thread> workers;
  std::vector<std::exception_ptr> failures(processors.size());
  std::atomic<std::size_t> running{processors.size()};
  for (std::size_t i = 0; i < processors.size(); ++i) {
    SoakUnit& unit = report.units[i];
    unit.name = "cpu " + std::to_string(processors[i]);
    workers.emplace_back([&, i] {
      try {
        unit.pinned = pin_to_processor(processors[i]);
        Worker(plan, golden, options, unit).run(end, i == 0);
      } catch (...) {
        failures[i] = std::current_exception();
      }
      --running;
    });
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
