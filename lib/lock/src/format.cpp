#include <algorithm>
#include <map>
#include <utility>

#include "envlock/core/json_writer.h"
#include "envlock/core/time.h"
#include "envlock/lock/lock.h"
#include "format_names.h"
#include "parse_pip.h"
#include "pip_json.h"
#include "record_json.h"

namespace envlock::lock {
namespace {

using Layout = core::JsonWriter::Layout;

// The platforms of every package with the categories it has there. A package says itself where it belongs, so that a
// package which comes or goes is one block of a diff, and git can merge two that come in different places.
using Uses = std::vector<std::map<std::string, std::vector<std::string>>>;

Uses uses_of(const Lock& lock) {
  Uses uses(lock.packages.size());
  for (const LockedPlatform& platform : lock.platforms) {
    for (const PlatformPackage& each : platform.packages) uses[each.package][platform.platform.name] = each.categories;
  }
  return uses;
}

void write_options(core::JsonWriter& writer, const Options& options) {
  writer.key("options");
  writer.begin_object();
  writer.member("channel_priority", name_of(options.channel_priority));
  if (options.exclude_newer) writer.member("exclude_newer", core::format_time(*options.exclude_newer));
  if (options.exclude_newer_strict) writer.member("exclude_newer_strict", true);
  writer.end_object();
}

void write_provided_extra(core::JsonWriter& writer, const ProvidedExtra& each) {
  writer.begin_object();
  writer.member("name", each.name);
  writer.member("version", each.version);
  writer.member("extra", each.extra);
  writer.member("requires_dist", each.requires_dist, Layout::multi_line);
  writer.end_object();
}

void write_platform(core::JsonWriter& writer, const LockedPlatform& locked) {
  const conda::Platform& platform = locked.platform;
  std::vector<std::string> facts;
  for (const conda::VirtualPackage& fact : platform.virtual_packages) facts.push_back(conda::format(fact));
  writer.begin_object();
  writer.member("name", platform.name);
  writer.member("subdir", platform.subdir);
  writer.member("virtual_packages", facts, Layout::multi_line);
  if (!locked.provided_extras.empty()) {
    writer.key("provided_extras");
    writer.begin_array();
    for (const ProvidedExtra& each : locked.provided_extras) write_provided_extra(writer, each);
    writer.end_array();
  }
  writer.end_object();
}

void write_request(core::JsonWriter& writer, const conda::Request& request) {
  writer.begin_object(Layout::single_line);
  writer.member("spec", request.text);
  writer.member("category", request.category);
  if (!request.selector.empty()) writer.member("selector", request.selector);
  if (request.implied_by) writer.member("implied_by", *request.implied_by);
  writer.end_object();
}

void write_package(core::JsonWriter& writer, const LockedPackage& package,
                   const std::map<std::string, std::vector<std::string>>& uses) {
  writer.begin_object();
  write_record(writer, package.record);
  if (package.sha256_computed) writer.member("sha256_computed", true);
  writer.key("platforms");
  writer.begin_object();
  for (const auto& [platform, categories] : uses) writer.member(platform, categories, Layout::single_line);
  writer.end_object();
  writer.end_object();
}

}  // namespace

std::string format(const Lock& lock) {
  core::JsonWriter writer;
  writer.begin_object();
  writer.member("format", kFormatName);
  writer.member("version", kFormatVersion);
  writer.member("needs_envlock", kReadableSince);
  write_channels(writer, lock.channels);
  write_options(writer, lock.options);
  writer.key("variables");
  writer.begin_object();
  for (const auto& [name, value] : lock.variables) writer.member(name, value);
  writer.end_object();
  writer.key("platforms");
  writer.begin_array();
  for (const LockedPlatform& platform : lock.platforms) write_platform(writer, platform);
  writer.end_array();
  writer.key("requests");
  writer.begin_array();
  for (const conda::Request& request : lock.requests) write_request(writer, request);
  writer.end_array();
  if (lock.pip) {
    write_pip(writer, *lock.pip);
    write_pip_lines(writer, lock.pip_lines);
  }
  writer.key("packages");
  writer.begin_array();
  const Uses uses = uses_of(lock);
  for (std::size_t i = 0; i < lock.packages.size(); ++i) write_package(writer, lock.packages[i], uses[i]);
  writer.end_array();
  if (lock.pip) write_distributions(writer, lock);
  writer.end_object();
  return writer.finish();
}

}  // namespace envlock::lock
