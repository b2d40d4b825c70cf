#pragma once

#include <optional>
#include <string>
#include <vector>

#include "envlock/probe/cpu_backend.h"
#include "envlock/probe/plan.h"
#include "envlock/probe/run_document.h"

namespace envlock::tools {

/// `envlock probe`, as given.
struct ProbeArgs {
  std::string action;              ///< run, show, devices
  std::vector<std::string> files;  ///< of show
  std::string size = "quick";
  std::string device = "cpu";
  std::string isa;
  int threads = 0;
  int steps = 0;
  int repeat = 1;
  double soak_seconds = 0;
  std::vector<std::string> dumps;
  std::string drill;
  std::string output;
  std::string html;
};

/// A bit to flip: `STEP:OP[:ELEMENT[:BIT]]`.
struct Drill {
  probe::Place place;
  std::size_t element = 0;
  int bit = 0;
};

/// `STEP:OP`, with "init" for the initial state. Throws: core::Error "invalid-argument".
probe::Place parse_place(const std::string& text);
/// The drill that `--drill` asks for, which must lie within the run.
/// Throws: core::Error "invalid-argument", "unknown-op".
std::optional<Drill> parse_drill(const ProbeArgs& args, const probe::Plan& plan);
/// Flips that bit when its tensor is done.
probe::Disturb disturbance(const Drill& drill, const probe::Plan& plan);

}  // namespace envlock::tools
