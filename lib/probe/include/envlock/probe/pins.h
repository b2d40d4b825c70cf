// Numerical code that chooses itself by the processor, and the variables that settle the choice for every processor.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "envlock/probe/baseline.h"
#include "envlock/probe/tier_run.h"

namespace envlock::probe {

/// Code of the runs that asks the processor which of its variants to take.
enum class Chooser { openblas, mkl, blis, aten, onednn, numpy };
/// "OpenBLAS", "MKL", "BLIS", "ATen", "oneDNN", "numpy".
std::string_view name_of(Chooser chooser);

struct Dispatch {
  std::vector<Chooser> choosers;     ///< each once, in the order of the enumeration
  std::vector<std::string> unknown;  ///< libraries of which it is not known how they choose
};
/// As names of files, and what the libraries say of themselves, tell.
Dispatch dispatch_of(const std::vector<TierRun>& runs);

/// A variable that settles what one of them takes.
struct Pin {
  Chooser chooser = Chooser::openblas;
  std::string variable;
  std::string value;

  bool operator==(const Pin&) const = default;
};
/// For processors that have AVX2 and FMA, whatever they have besides; on one that lacks them, for all of x86-64. Two
/// variables of one chooser mean the same to its versions. Empty on another architecture: nothing is known of it.
std::vector<Pin> propose_pins(const Dispatch& dispatch, const HardwareClass& hardware);

/// Whether a variable of that name settles what it takes.
bool is_pin_of(Chooser chooser, std::string_view variable);

/// The variant that such a pin should make a library name, in lower case; "" where the library names none.
std::string kernel_of(const Pin& pin);
/// Whether the kernel that a run names is the pinned one. Absent where the run names none of that chooser.
std::optional<bool> took_pin(const Pin& pin, const TierRun& run);

/// What of the hardware still decides under those variables: the instruction sets up to those that they name, and no
/// maker where all of them go for every maker, no cache where no code is left that asks for it. Absent when something
/// chooses freely.
std::optional<HardwareClass> reduced_class(const HardwareClass& full, const Dispatch& dispatch,
                                           const std::map<std::string, std::string>& variables);
/// Whether machines of the class `full` are of the class `reduced` too.
bool covers(const HardwareClass& reduced, const HardwareClass& full);

}  // namespace envlock::probe
