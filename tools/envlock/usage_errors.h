#pragma once

#include <string>
#include <vector>

#include "commands.h"
#include "envlock/core/diagnostic.h"

namespace CLI {
class App;
class ParseError;
}  // namespace CLI

namespace envlock::tools {

/// What CLI11 could not parse, in our words: the word of the command line, what was expected, what was probably meant.
std::vector<core::Diagnostic> usage_errors(const CLI::ParseError& error, const CLI::App& app, const Commands& commands,
                                           const std::vector<std::string>& words);

}  // namespace envlock::tools
