#include "help.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstddef>
#include <vector>

#include "envlock/core/text.h"

namespace envlock::tools {
namespace {

constexpr std::size_t kIndent = 2;
constexpr std::size_t kWidestTerm = 34;

std::string heading(const std::string& text, const report::Style& style) {
  return style.color ? "\x1b[1m" + text + "\x1b[0m\n" : text + "\n";
}

/// "  term      description", the description wrapped beside its term, or below a term that is too wide.
std::string entry(const std::string& term, const std::string& description, std::size_t term_width, int width) {
  const std::size_t left = kIndent + term_width + 2;
  const std::size_t room = static_cast<std::size_t>(std::max(width, 60)) - left;
  std::string text = std::string(kIndent, ' ') + term;
  if (term.size() > term_width) {
    text += "\n" + std::string(left, ' ');
  } else {
    text += std::string(left - kIndent - term.size(), ' ');
  }
  std::size_t used = 0;
  for (const std::string_view word : core::split(description, ' ')) {
    const auto length = static_cast<std::size_t>(core::count_code_points(word));
    if (used > 0 && used + 1 + length > room) {
      text += "\n" + std::string(left, ' ');
      used = 0;
    }
    if (used > 0) text += ' ';
    text += word;
    used += length + (used > 0 ? 1 : 0);
  }
  return text + "\n";
}

struct Entry {
  std::string group;
  std::string term;
  std::string description;
};

std::string entries(const std::vector<Entry>& all, int width, const report::Style& style) {
  std::size_t term_width = 0;
  for (const Entry& one : all) {
    if (one.term.size() <= kWidestTerm) term_width = std::max(term_width, one.term.size());
  }
  std::string text;
  std::string group;
  for (const Entry& one : all) {
    if (text.empty() || one.group != group) text += "\n" + heading(one.group, style);
    group = one.group;
    text += entry(one.term, one.description, term_width, width);
  }
  return text;
}

std::string term_of(const CLI::Option& option) {
  if (option.get_positional()) return option.get_name(true);
  // "-p,--platform" reads better as "-p, --platform".
  std::string term;
  for (const std::string& name : option.get_snames()) term += (term.empty() ? "-" : ", -") + name;
  if (term.empty()) term = "    ";
  bool first = true;
  for (const std::string& name : option.get_lnames()) {
    term += (!first || term[0] == '-' ? ", --" : "--") + name;
    first = false;
  }
  if (option.get_items_expected_max() > 0) {
    const std::string type = option.get_type_name();
    term += " " + type.substr(0, type.find(":{"));  // without CLI11's list of a checked option's values
  }
  return term;
}

/// The options of a command: arguments first, then its groups in the order they were added, "Output" last.
std::vector<Entry> options_of(const CLI::App& app) {
  std::vector<Entry> all;
  std::vector<std::string> groups;
  const std::vector<const CLI::Option*> options = app.get_options();
  for (const CLI::Option* option : options) {
    const std::string& group = option->get_group();
    if (option->get_positional()) {
      all.push_back({"Arguments", term_of(*option), option->get_description()});
    } else if (!group.empty() && group != "Output" && std::count(groups.begin(), groups.end(), group) == 0) {
      groups.push_back(group);
    }
  }
  groups.emplace_back("Output");
  for (const std::string& group : groups) {
    for (const CLI::Option* option : options) {
      if (option->get_positional() || option->get_group() != group) continue;
      all.push_back({group, term_of(*option), option->get_description()});
    }
  }
  return all;
}

}  // namespace

std::string overview(const Commands& commands, const report::Style& style) {
  std::vector<Entry> all;
  for (const Commands::Command& command : commands.all()) {
    all.push_back({"Commands", command.help.name, command.help.purpose});
  }
  all.push_back({"Options", "-h, --help", "show this text"});
  all.push_back({"Options", "-V, --version", "show the version"});
  std::string text =
      "envlock locks conda environments, exact packages, hashed, the same bytes on every machine, and proves\n"
      "that a machine computes what it should.\n\n" +
      heading("Usage", style) + "  envlock COMMAND [ARGUMENTS] [OPTIONS]\n" + entries(all, style.width, style) + "\n" +
      heading("Examples", style) +
      "  # environment.yml here becomes envlock.lock beside it\n"
      "  envlock lock\n"
      "  # in CI: is the lock still what environment.yml asks for?\n"
      "  envlock lock --check\n"
      "  # does this machine compute what it should, bit by bit?\n"
      "  envlock probe run\n\n"
      "`envlock help COMMAND` tells more. Exit codes: 0 yes, 1 no, 2 could not tell, 70 a bug in envlock.\n";
  return text;
}

std::string help_text(const Commands::Command& command, const report::Style& style) {
  const CommandHelp& help = command.help;
  std::string text = help.purpose + ".\n\n" + heading("Usage", style) + "  " + help.synopsis + "\n";
  if (!help.details.empty()) text += "\n" + help.details + "\n";
  text += entries(options_of(*command.app), style.width, style);
  text += "\n" + heading("Examples", style);
  for (const std::string& example : help.examples) {
    for (const std::string_view line : core::split(example, '\n')) text += "  " + std::string(line) + "\n";
  }
  return text;
}

}  // namespace envlock::tools
