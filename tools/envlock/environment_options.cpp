#include <CLI/CLI.hpp>

#include "environment_path.h"

namespace envlock::tools {

namespace {

/// `-p "$UNSET"` must not mean the environment that happens to be active.
std::string not_empty(const std::string& text) {
  return text.empty() ? "is empty" : "";
}

}  // namespace

void add_prefix_options(CLI::App& command, PrefixArgs& args) {
  command.add_option("-p,--prefix", args.prefix, "the folder of the environment")
      ->type_name("PREFIX")
      ->check(CLI::Validator(not_empty, ""))
      ->group("Environment");
  command.add_option("-n,--name", args.name, "the environment of this name in conda's folders of environments")
      ->type_name("NAME")
      ->check(CLI::Validator(not_empty, ""))
      ->group("Environment");
}

}  // namespace envlock::tools
