#pragma once

#include <set>
#include <string>
#include <vector>

#include "envlock/spec/spec.h"
#include "lock_args.h"
#include "lock_inputs.h"
#include "lock_solve.h"

namespace envlock::tools {

/// A lock is public; what looks like a secret among the variables is most likely there by mistake.
void warn_of_secrets(const spec::Spec& spec, core::Notes& notes);

/// A lock of another platform has nothing to say here; without a word, one would think that its picks were kept.
void note_idle_preferences(const LockArgs& args, const std::vector<PlatformOutcome>& outcomes, core::Notes& notes);

/// A name that --update cannot free is most likely mistyped.
void note_unknown_updates(const std::set<std::string>& freed, const LockInputs& inputs, core::Notes& notes);

}  // namespace envlock::tools
