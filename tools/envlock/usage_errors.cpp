#include "usage_errors.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <optional>

#include "envlock/core/text.h"

namespace envlock::tools {
namespace {

/// The place of `word` on the command line; words[0] is the program.
core::SourceSpan place_of(const std::string& word, const std::vector<std::string>& words) {
  core::SourceSpan where{.file = "<command line>", .line = 1, .column = 0, .length = 0, .text = "envlock"};
  for (std::size_t i = 1; i < words.size(); ++i) {
    const bool is_it = words[i] == word || words[i].rfind(word + "=", 0) == 0;
    if (is_it && where.column == 0) {
      where.column = core::count_code_points(where.text) + 2;
      where.length = std::max(1, core::count_code_points(words[i]));
    }
    where.text += " " + words[i];
  }
  return where;
}

std::string full_name(const Commands::Command& command) {
  return "`envlock " + command.help.name + "`";
}

std::string help_hint(const Commands::Command* command) {
  return command != nullptr ? "`envlock help " + command->help.name + "` lists what it takes"
                            : "`envlock --help` lists the commands";
}

core::Diagnostic unknown_command(const std::string& word, const Commands& commands,
                                 const std::vector<std::string>& words) {
  std::vector<std::string> names;
  for (const Commands::Command& command : commands.all()) names.push_back(command.help.name);
  const std::optional<std::string> meant = core::closest_match(word, names);
  return {.code = "unknown-command",
          .what = "`" + word + "` is not a command of envlock",
          .where = place_of(word, words),
          .why = {},
          .hints = {meant ? "did you mean `envlock " + *meant + "`?" : help_hint(nullptr)}};
}

core::Diagnostic unknown_option(const std::string& word, const CLI::App& app, const Commands::Command* command,
                                const std::vector<std::string>& words) {
  const std::string name = word.substr(0, word.find('='));
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& known : option->get_lnames()) names.push_back("--" + known);
  }
  const std::optional<std::string> meant = core::closest_match(name, names);
  std::string hint = meant ? "did you mean `" + *meant + "`?" : help_hint(command);
  if (command == nullptr && !meant && words.size() > 2)
    hint = "options stand after the command: `envlock COMMAND " + name + "`";
  return {.code = "unknown-option",
          .what = "`" + name + "` is not an option of " + (command != nullptr ? full_name(*command) : "envlock"),
          .where = place_of(word, words),
          .why = {},
          .hints = {std::move(hint)}};
}

bool is_option(const std::string& word) {
  return word.size() > 1 && word[0] == '-';
}

std::vector<core::Diagnostic> left_over(const CLI::App& app, const Commands& commands,
                                        const std::vector<std::string>& words) {
  const Commands::Command* command = commands.chosen();
  std::vector<core::Diagnostic> all;
  std::vector<std::string> extras = app.remaining(false);
  for (const std::string& word : extras) {
    if (is_option(word)) {
      all.push_back(unknown_option(word, app, nullptr, words));
    } else if (command == nullptr && word != "--") {
      all.push_back(unknown_command(word, commands, words));
      return all;  // what follows belongs to a command that we do not know
    }
  }
  if (command == nullptr) return all;
  std::vector<std::string> surplus;
  extras = command->app->remaining(false);
  for (const std::string& word : extras) {
    if (is_option(word)) {
      all.push_back(unknown_option(word, *command->app, command, words));
    } else if (word != "--") {
      surplus.push_back(word);
    }
  }
  // After an unknown option its value looks like a word too many: say the first only.
  if (all.empty() && !surplus.empty()) {
    all.push_back({.code = "unexpected-argument",
                   .what = "`" + surplus.front() + "` is one argument too many for " + full_name(*command),
                   .where = place_of(surplus.front(), words),
                   .why = {},
                   .hints = {"write `" + command->help.synopsis + "`"}});
  }
  return all;
}

/// "--cache" of "--cache: 1 required DIR missing"; of "-p,--platform: ..." the last name.
std::string option_of(const std::string& message) {
  const std::string names = message.substr(0, message.find_first_of(": "));
  return names.substr(names.rfind(',') + 1);
}

/// The last of the option's spellings that stands on the command line: "-p" or "--platform".
std::string as_written(const std::string& message, const std::vector<std::string>& words) {
  const std::string names = message.substr(0, message.find_first_of(": "));
  for (const std::string_view name : core::split(names, ',')) {
    const std::string spelling(name);
    const auto is_it = [&](const std::string& word) { return word == spelling || word.rfind(spelling + "=", 0) == 0; };
    if (std::any_of(words.begin(), words.end(), is_it)) return spelling;
  }
  return option_of(message);
}

core::Diagnostic bad_value(std::string what, const std::string& word, const Commands::Command* command,
                           const std::vector<std::string>& words) {
  return {.code = "invalid-argument",
          .what = std::move(what),
          .where = place_of(word, words),
          .why = {},
          .hints = {help_hint(command)}};
}

}  // namespace

std::vector<core::Diagnostic> usage_errors(const CLI::ParseError& error, const CLI::App& app, const Commands& commands,
                                           const std::vector<std::string>& words) {
  const Commands::Command* command = commands.chosen();
  const std::string message = error.what();
  if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr) {
    std::vector<core::Diagnostic> all = left_over(app, commands, words);
    if (!all.empty()) return all;
  }
  if (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr && command != nullptr) {
    // A misspelled option is the likelier cause of a missing one.
    std::vector<core::Diagnostic> all = left_over(app, commands, words);
    if (!all.empty()) return all;
    return {{.code = "missing-argument",
             .what = full_name(*command) + " needs " + option_of(message),
             .where = std::nullopt,
             .why = {},
             .hints = {"write `" + command->help.synopsis + "`"}}};
  }
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr) {
    const std::string option = as_written(message, words);
    if (message.find("required") != std::string::npos && message.find("missing") != std::string::npos) {
      return {bad_value("`" + option + "` needs a value", option, command, words)};
    }
    if (message.find("At Most") != std::string::npos) {
      return {bad_value("`" + option + "` is given more than once", option, command, words)};
    }
    return {bad_value("`" + option + "` takes no value of that kind", option, command, words)};
  }
  if (dynamic_cast<const CLI::ConversionError*>(&error) != nullptr) {
    constexpr std::string_view kBefore = "Could not convert: ";
    const std::size_t equals = message.find(" = ");
    if (message.rfind(kBefore, 0) == 0 && equals != std::string::npos) {
      const std::string option = as_written(message.substr(kBefore.size()), words);
      const std::string value = message.substr(equals + 3);
      const bool is_word = std::find(words.begin(), words.end(), value) != words.end();
      return {bad_value("`" + value + "` is no value for `" + option + "`", is_word ? value : option, command, words)};
    }
  }
  if (dynamic_cast<const CLI::ExcludesError*>(&error) != nullptr) {
    const std::size_t middle = message.find(" excludes ");
    const std::string first = as_written(message.substr(0, middle), words);
    const std::string second = as_written(message.substr(std::min(message.size(), middle + 10)), words);
    return {bad_value("`" + first + "` and `" + second + "` exclude each other", first, command, words)};
  }
  if (dynamic_cast<const CLI::RequiresError*>(&error) != nullptr) {
    const std::size_t middle = message.find(" requires ");
    const std::string first = as_written(message.substr(0, middle), words);
    const std::string second = option_of(message.substr(std::min(message.size(), middle + 10)));
    return {bad_value("`" + first + "` is of use only with `" + second + "`", first, command, words)};
  }
  const std::string option = as_written(message, words);
  return {bad_value(message, option, command, words)};
}

}  // namespace envlock::tools
