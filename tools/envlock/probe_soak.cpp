#include "probe_soak.h"

#include <algorithm>
#include <chrono>

#include "envlock/probe/soak.h"
#include "envlock/report/probe_soak_report.h"

namespace envlock::tools {

Exit run_probe_soak(const ProbeArgs& args, const std::vector<ProbeDevice>& devices, const probe::Plan& plan, Out& out) {
  const std::optional<Drill> drill = parse_drill(args, plan);
  const std::shared_ptr<core::Progress> progress = out.progress();
  probe::SoakReport report{.size = plan.size.name, .seconds = 0, .units = {}};
  for (const ProbeDevice& device : devices) {
    probe::SoakOptions options{.seconds = args.soak_seconds, .isa = args.isa, .disturb = {}, .progress = {}};
    if (drill) options.disturb = disturbance(*drill, plan);
    const auto total = static_cast<std::uint64_t>(args.soak_seconds);
    const int task = progress->start("soaking " + device.name, total, core::Progress::Unit::seconds);
    options.progress = [&](double done) {
      progress->update(task, std::min(static_cast<std::uint64_t>(done), total), total);
    };
    if (device.cuda_index < 0) {
      probe::SoakReport cpu = probe::soak_cpu(plan, options);
      report.seconds += cpu.seconds;
      std::move(cpu.units.begin(), cpu.units.end(), std::back_inserter(report.units));
    } else {
      const auto begin = std::chrono::steady_clock::now();
      report.units.push_back(
          probe::soak_cuda(plan, device.cuda_index, device.name + " " + device.facts.device_name, options));
      report.seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    }
    progress->finish(task);
  }
  out.data(out.json ? report::json_soak(report, out.notes.all()) : report::text_soak(report, out.stdout_style()));
  return report.clean() ? Exit::yes : Exit::no;
}

}  // namespace envlock::tools
