#include <algorithm>
#include <string>
#include <utility>

#include "entry_point_of.h"
#include "envlock/conda/package_record.h"
#include "envlock/core/diagnostic.h"
#include "envlock/core/text.h"
#include "manifest_invalid.h"

namespace envlock::prefix {

namespace {

struct Failing {
  std::string_view text, package;
  [[noreturn]] void operator()(std::string why) const;
};

void Failing::operator()(std::string why) const {
  throw core::Error(core::Diagnostic{
      .code = "entry-point-invalid",
      .what = show(text) + (package.empty() ? "" : " of `" + core::printable(package) + "`") + " is no entry point",
      .where = {},
      .why = {std::move(why)},
      .hints = {"an entry point is written `command = module.name:function`"}});
}

bool is_name_start(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool is_name_part(char c) {
  return is_name_start(c) || (c >= '0' && c <= '9');
}

bool is_identifier(std::string_view name) {
  return !name.empty() && is_name_start(name.front()) && std::all_of(name.begin(), name.end(), is_name_part);
}

// The names are written into a program, so nothing but identifiers may pass.
bool is_dotted_name(std::string_view name) {
  const std::vector<std::string_view> parts = core::split(name, '.');
  return std::all_of(parts.begin(), parts.end(), is_identifier);
}

std::string_view without_quotes(std::string_view text) {
  constexpr std::string_view kSkipped = " \t\r\n\"'";
  const std::size_t begin = text.find_first_not_of(kSkipped);
  return begin == std::string_view::npos ? "" : text.substr(begin, text.find_last_not_of(kSkipped) - begin + 1);
}

// "main [extra]": what must be installed for it to work, which says nothing about how to call it.
std::string_view without_extras(std::string_view function) {
  const std::size_t bracket = function.find('[');
  const bool has_extras = bracket != std::string_view::npos && function.ends_with(']');
  return has_extras ? core::trim(function.substr(0, bracket)) : function;
}

}  // namespace

EntryPoint parse_entry_point_of(std::string_view package, std::string_view text) {
  const Failing fail{text, package};
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos) fail("there is no `=` after the command");
  const std::string_view command = core::trim(text.substr(0, equals));
  const std::string_view target = without_quotes(text.substr(equals + 1));
  const std::size_t colon = target.rfind(':');
  if (colon == std::string_view::npos) fail("there is no `:` between module and function");
  const std::string_view module = core::trim(target.substr(0, colon));
  const std::string_view function = without_extras(core::trim(target.substr(colon + 1)));
  if (!conda::is_safe_file_name(command)) {
    fail("the command `" + core::printable(command) + "` is no plain file name");
  }
  if (!is_dotted_name(module)) fail("the module `" + core::printable(module) + "` is no dotted name");
  if (!is_dotted_name(function)) fail("the function `" + core::printable(function) + "` is no dotted name");
  return {.command = std::string(command), .module = std::string(module), .function = std::string(function)};
}

EntryPoint parse_entry_point(std::string_view text) {
  return parse_entry_point_of("", text);
}

}  // namespace envlock::prefix
