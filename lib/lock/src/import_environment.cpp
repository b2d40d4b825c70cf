#include <utility>

#include "envlock/conda/version.h"
#include "envlock/core/text.h"
#include "envlock/pypi/requirement.h"
#include "envlock/spec/spec.h"
#include "import_formats.h"

// An environment.yml whose lines pin versions and builds, as `conda env export` writes it.

namespace envlock::lock {
namespace {

// The version that a spec pins: "==1.2" and "1.2" exactly, "1.2.*" and "=1.2" as a prefix. False when it pins none.
bool read_pin(std::string_view text, Preference& preference) {
  if (text.ends_with(".*")) {
    text.remove_suffix(2);
    preference.version_is_prefix = true;
  } else if (text.starts_with("=") && !text.starts_with("==")) {
    preference.version_is_prefix = true;
  }
  while (text.starts_with('=')) text.remove_prefix(1);
  preference.version = text;
  return conda::Version::try_parse(text).has_value();
}

// A line of `pip:` such as `name==1.2`; false for any other.
bool add_pip_pin(std::string_view line, Picks& picks) {
  try {
    const pypi::Requirement requirement = pypi::Requirement::parse(line);
    const std::optional<pypi::Version> version = requirement.specifiers.exact();
    picks.add_pip(requirement.name, version ? version->format() : std::string(), "");
    return version.has_value();
  } catch (const core::Error&) {
    picks.add_pip("", "", "");
    return false;
  }
}

}  // namespace

std::vector<Preference> parse_pins(std::string_view text, const std::string& file, core::Notes& notes) {
  core::Notes ignored;  // what is odd in a file that only gives hints need not be said
  const spec::Spec spec = spec::parse(text, file, ignored);
  Picks picks(file);
  bool any = false;
  for (const spec::PipLine& line : spec.pip) any = add_pip_pin(line.text, picks) || any;
  for (const conda::Request& request : spec.requests) {
    Preference preference;
    preference.name = request.spec.name;
    if (!request.spec.version || !read_pin(request.spec.version->text(), preference)) continue;
    if (request.spec.build) preference.build = request.spec.build->exact().value_or("");
    preference.sha256 = request.spec.sha256;
    preference.md5 = request.spec.md5;
    if (request.spec.file_name) preference.file_name = *request.spec.file_name;
    picks.add(std::move(preference));
    any = true;
  }
  if (!any) {
    notes.warning({.code = "like-no-pins",
                   .what = "`" + core::printable(file) + "` pins no version: there is nothing to start from",
                   .hints = {"write the working environment out first: `conda env export > working.yml`"}});
  }
  return picks.finish(notes);
}

}  // namespace envlock::lock
