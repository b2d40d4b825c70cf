#pragma once

#include <string>

#include "commands.h"

namespace envlock::tools {

/// What `envlock --help` says: the purpose, the commands, where to go on.
std::string overview(const Commands& commands, const report::Style& style);
/// What `envlock help NAME` says: purpose, synopsis, arguments and options by group, examples.
std::string help_text(const Commands::Command& command, const report::Style& style);

}  // namespace envlock::tools
