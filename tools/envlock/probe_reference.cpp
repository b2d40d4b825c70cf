#include "probe_reference.h"

#include <memory>

#include "envlock/core/diagnostic.h"
#include "envlock/probe/run.h"
#include "exit.h"
#include "fresh_process.h"

namespace envlock::tools {
namespace {

/// What the repeat is told, so that it computes the same.
std::vector<std::string> repeat_arguments(const ProbeArgs& args, const ProbeDevice& device,
                                          const probe::RunDocument& document) {
  std::vector<std::string> words = {"probe",
                                    "run",
                                    "--json",
                                    "--repeat",
                                    "0",
                                    "--size",
                                    args.size,
                                    "--device",
                                    device.name,
                                    "--steps",
                                    std::to_string(document.steps())};
  if (device.cuda_index < 0) {
    words.insert(words.end(), {"--threads", std::to_string(device.facts.threads)});
    if (!args.isa.empty()) words.insert(words.end(), {"--isa", args.isa});
  }
  if (document.golden_mismatch) {
    const probe::Place& place = document.golden_mismatch->place;
    words.insert(words.end(), {"--dump", (place.step < 0 ? "init" : std::to_string(place.step)) + ":" + place.op});
  }
  return words;
}

void repeat(const ProbeArgs& args, const ProbeDevice& device, probe::RunDocument& document) {
  const double limit = 60 + 20 * document.facts.seconds;
  const Finished child = run_self({.arguments = repeat_arguments(args, device, document), .timeout_seconds = limit});
  if (!child.timed_out && child.signal == 0 && child.exit_code <= static_cast<int>(Exit::no)) {
    probe::attach_repeat(document, probe::parse_run_document(child.output, "the repeat's document"));
    return;
  }
  throw core::Error(
      {.code = "repeat-failed",
       .what = "the repeat in a fresh process did not end well",
       .where = std::nullopt,
       .why = {child.timed_out ? "it was still running after " + std::to_string(static_cast<long>(limit)) + " seconds"
               : child.signal != 0 ? "signal " + std::to_string(child.signal) + " ended it"
                                   : "its exit code is " + std::to_string(child.exit_code)},
       .hints = {"`--repeat 0` does without"}});
}

}  // namespace

probe::RunDocument run_reference(const ProbeArgs& args, const ProbeDevice& device, const probe::Plan& plan, Out& out) {
  const std::optional<Drill> drill = parse_drill(args, plan);
  probe::RunOptions options;
  options.steps = args.steps;
  options.threads = device.facts.threads;
  for (const std::string& dump : args.dumps) options.dumps.push_back(parse_place(dump));
  options.make_backend = [&](probe::FpMode mode) {
    probe::CpuOptions cpu{.isa = args.isa, .threads = device.facts.threads, .fp_mode = mode};
    if (drill && mode == probe::FpMode::normalised) cpu.disturb = disturbance(*drill, plan);
    return make_backend(device, plan, cpu);
  };
  const std::shared_ptr<core::Progress> progress = out.progress();
  const int task = progress->start("probe " + args.size + " on " + device.name, 0, core::Progress::Unit::steps);
  options.progress = [&](int done, int all) {
    progress->update(task, static_cast<std::uint64_t>(done), static_cast<std::uint64_t>(all));
  };
  probe::RunDocument document = probe::run(plan, options);
  progress->finish(task);
  const double seconds = document.facts.seconds;
  document.facts = device.facts;
  document.facts.seconds = seconds;
  if (drill) {
    document.facts.details.emplace_back("drill", args.drill);
    out.notes.note({.code = "drill",
                    .what = "a bit of step " + (drill->place.step < 0 ? "init" : std::to_string(drill->place.step)) +
                            ", `" + drill->place.op + "`, was flipped on purpose",
                    .where = std::nullopt,
                    .why = {},
                    .hints = {}});
  }
  for (int i = 0; i < args.repeat; ++i) repeat(args, device, document);
  return document;
}

probe::RunDocument run_quick_reference(int repeat, Out& out) {
  ProbeArgs args;
  args.repeat = repeat;
  const ProbeDevice device = choose_devices(args).front();
  return run_reference(args, device, probe::make_plan(probe::find_size(args.size)), out);
}

}  // namespace envlock::tools
