#include <CLI/CLI.hpp>

#include "environment_path.h"

namespace envlock::tools {

void add_prefix_options(CLI::App& command, PrefixArgs& args) {
  command.add_option("-p,--prefix", args.prefix, "the folder of the environment")
      ->type_name("PREFIX")
      ->group("Environment");
  command.add_option("-n,--name", args.name, "the environment of this name in conda's folders of environments")
      ->type_name("NAME")
      ->group("Environment");
}

}  // namespace envlock::tools
