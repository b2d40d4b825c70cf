// What `--portable` proposes, as people read it.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "envlock/core/text.h"
#include "envlock/report/tier_report.h"
#include "envlock/report/units.h"
#include "paint.h"

namespace envlock::report {
namespace {

/// YAML would read a number where a text is meant.
std::string in_yaml(const std::string& value) {
  const bool is_number = value.find_first_not_of("0123456789.") == std::string::npos;
  return is_number ? "\"" + value + "\"" : value;
}

std::string evidence(const PinProof& proof) {
  const std::string library(name_of(proof.pin.chooser));
  switch (proof.state) {
    case PinProof::State::named:
      return library + " says that it takes " + (proof.kernel.empty() ? "none of these" : shown(proof.kernel));
    case PinProof::State::changes:
      return library + " takes other code for it: without it " + count_of(proof.differing, "digest") +
             (proof.differing == 1 ? " is another" : " are others") + " here";
    case PinProof::State::no_difference:
      return "not proved here: " + library + " does not say what it takes, and computes the same without it";
    case PinProof::State::ignored:
      return "not proposed: " + library + " takes " + shown(proof.kernel) + " all the same";
    case PinProof::State::refused:
      break;
  }
  return "not proposed: a tier fails under it";
}

std::string mark(const PinProof& proof, const Style& style) {
  const bool proved = proof.state == PinProof::State::named || proof.state == PinProof::State::changes;
  if (proved) return paint("ok", Color::green, style);
  return proof.is_proposed() ? paint("??", Color::yellow, style) : paint("no", Color::red, style);
}

std::string draw_pins(const Portable& portable, const Style& style) {
  std::string lines;
  std::string proofs;
  std::size_t width = 0;
  for (const PinProof& proof : portable.pins) width = std::max(width, proof.pin.variable.size());
  for (const PinProof& proof : portable.pins) {
    if (proof.is_proposed()) lines += "    " + proof.pin.variable + ": " + in_yaml(proof.pin.value) + "\n";
    proofs += "  " + mark(proof, style) + fmt::format("  {:<{}}  ", proof.pin.variable, width) + evidence(proof) + "\n";
  }
  return (lines.empty() ? "" : "  variables:\n" + lines + "\n") + proofs;
}

std::string draw_checks(const Portable& portable, const Style& style) {
  std::string drawn;
  for (const MachineCheck& check : portable.checks) {
    drawn += "  " + paint(check.same ? "ok" : "no", check.same ? Color::green : Color::red, style) +
             (check.same ? "  the same bits under " : "  other bits under ") + shown(check.setting) + "\n";
  }
  return drawn;
}

/// What the class would say, and what no run on this machine can show.
std::string draw_class(const Portable& portable, const std::string& command) {
  std::string drawn = "  this machine's class without them: " + shown(describe(portable.today)) + "\n";
  if (!portable.hardware || !portable.all_same()) {
    return drawn + "  with them it stays this class: something still chooses its code by the processor\n";
  }
  const probe::HardwareClass& reduced = *portable.hardware;
  drawn += "  the class with them: " + shown(describe(reduced)) + (reduced.vendor.empty() ? ", any maker" : "") +
           (reduced.l2_bytes == 0 ? ", any cache" : "") + "\n";
  drawn += "  not proved here: that other processors of this class compute the same. `" + shown(command) +
           "` on one of them, after lock and `--accept` here, tells\n";
  return drawn;
}

}  // namespace

bool Portable::all_same() const {
  return std::all_of(checks.begin(), checks.end(), [](const MachineCheck& check) { return check.same; });
}

std::string text_portable(const Portable& portable, const std::string& command, const Style& style) {
  std::string text = paint("Portable", Color::bold, style);
  if (portable.pins.empty()) {
    text += ": nothing to propose\n\n";
    if (portable.unknown.empty()) {
      text += "  no code of this environment is known to choose itself by the processor\n";
    }
    for (const std::string& library : portable.unknown) {
      text += "  how " + shown(library) + " chooses its code is not known here\n";
    }
    return text;
  }
  text += ": lines for environment.yml, so that one class serves more machines; then lock and accept anew\n\n";
  text += draw_pins(portable, style);
  for (const std::string& library : portable.unknown) {
    text += "  " + paint("??", Color::yellow, style) + "  how " + shown(library) + " chooses its code is not known\n";
  }
  if (!portable.consistent) return text + "  the tiers do not run well under what is left: nothing is proved\n";
  return text + draw_checks(portable, style) + draw_class(portable, command);
}

}  // namespace envlock::report
