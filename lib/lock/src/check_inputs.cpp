#include <algorithm>
#include <map>
#include <utility>

#include "check.h"
#include "envlock/core/text.h"
#include "envlock/core/time.h"
#include "envlock/core/url.h"
#include "format_names.h"

namespace envlock::lock {
namespace {

// The line that brings in a channel; absent when it comes from the configuration or the command line.
std::optional<core::SourceSpan> line_of(const conda::Channel& channel, const spec::Spec& spec,
                                        const FreshnessInput& input) {
  for (const spec::ChannelEntry& entry : spec.channels) {
    const auto bases = input.channel_bases.find(entry.text);
    const bool known = bases != input.channel_bases.end() &&
                       std::find(bases->second.begin(), bases->second.end(), channel.base) != bases->second.end();
    if (known || entry.text == channel.name || entry.text == channel.base ||
        core::strip_credentials(entry.text) == channel.base) {
      return entry.where;
    }
  }
  return std::nullopt;
}

std::vector<std::string> bases_of(const std::vector<conda::Channel>& channels) {
  std::vector<std::string> bases;
  for (const conda::Channel& channel : channels) bases.push_back(core::strip_credentials(channel.base));
  return bases;
}

std::string listed(const std::vector<conda::Channel>& channels) {
  std::string text;
  for (const conda::Channel& channel : channels) {
    text += (text.empty() ? "" : ", ") + core::printable(core::without_secrets(channel.base));
  }
  return text.empty() ? "none" : text;
}

bool contains(const std::vector<std::string>& all, const std::string& one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

std::string shown_channel(const conda::Channel& channel) {
  return "`" + core::printable(core::without_secrets(channel.name.empty() ? channel.base : channel.name)) + "`";
}

std::string time_or_none(const std::optional<core::Milliseconds>& time) {
  return time ? core::format_time(*time) : std::string("none");
}

void option_differs(const char* name, const std::string& locked, const std::string& wanted, Findings& findings) {
  if (locked == wanted) return;
  findings.push_back({.code = "stale-option",
                      .what = std::string("the ") + name + " is `" + wanted + "` now",
                      .why = {std::string("the lock was made with `") + locked + "`"}});
}

void check_virtual_packages(const conda::Platform& locked, const conda::Platform& wanted,
                            const std::optional<core::SourceSpan>& where, Findings& findings) {
  std::map<std::string, std::pair<std::string, std::string>> facts;  // name -> (locked, wanted)
  for (const auto& each : locked.virtual_packages) facts[each.name].first = conda::format(each);
  for (const auto& each : wanted.virtual_packages) facts[each.name].second = conda::format(each);
  for (const auto& [name, texts] : facts) {
    const auto& [before, now] = texts;
    if (before == now) continue;
    core::Diagnostic finding{.code = "stale-virtual-package", .where = where};
    finding.what = now.empty() ? "platform `" + wanted.name + "` no longer assumes " + quoted(name)
                               : "platform `" + wanted.name + "` assumes " + quoted(now) + " now";
    finding.why = {before.empty() ? "the lock was made without " + quoted(name)
                                  : "the lock was made for " + quoted(before)};
    findings.push_back(std::move(finding));
  }
}

}  // namespace

core::SourceSpan whole_file(const spec::Spec& spec) {
  core::SourceSpan span;
  span.file = spec.files.empty() ? "environment.yml" : spec.files.front();
  return span;
}

std::string shown(const conda::PackageRecord& record) {
  return core::printable(record.name + " " + record.version + " " + record.build);
}

std::string quoted(const std::string& text) {
  return "`" + core::printable(text) + "`";
}

void check_channels(const Lock& lock, const spec::Spec& spec, const FreshnessInput& input, Findings& findings) {
  const std::vector<std::string> locked = bases_of(lock.channels);
  const std::vector<std::string> wanted = bases_of(input.channels);
  if (locked == wanted) return;
  const std::size_t before = findings.size();
  for (const conda::Channel& channel : input.channels) {
    if (contains(locked, core::strip_credentials(channel.base))) continue;
    findings.push_back({.code = "stale-channel",
                        .what = "channel " + shown_channel(channel) + " is not in the lock",
                        .where = line_of(channel, spec, input),
                        .why = {"the lock was made with these channels: " + listed(lock.channels)}});
  }
  for (const conda::Channel& channel : lock.channels) {
    if (contains(wanted, channel.base)) continue;
    findings.push_back({.code = "stale-channel",
                        .what = "channel " + shown_channel(channel) + " is no longer asked for",
                        .where = whole_file(spec),
                        .why = {"the lock was made with these channels: " + listed(lock.channels)}});
  }
  if (findings.size() > before) return;
  std::size_t first = 0;
  while (locked[first] == wanted[first]) ++first;
  findings.push_back(
      {.code = "stale-channel",
       .what = "the channels are in another order",
       .where = line_of(input.channels[first], spec, input),
       .why = {"the lock was made with this order: " + listed(lock.channels), "now it is: " + listed(input.channels)}});
}

void check_options(const Lock& lock, const spec::Spec&, const FreshnessInput& input, Findings& findings) {
  option_differs("channel priority", std::string(name_of(lock.options.channel_priority)),
                 std::string(name_of(input.options.channel_priority)), findings);
  option_differs("cut-off date", time_or_none(lock.options.exclude_newer), time_or_none(input.options.exclude_newer),
                 findings);
  if (lock.options.exclude_newer_strict != input.options.exclude_newer_strict) {
    option_differs("rule for records without a time", lock.options.exclude_newer_strict ? "drop" : "keep",
                   input.options.exclude_newer_strict ? "drop" : "keep", findings);
  }
}

void check_platforms(const Lock& lock, const spec::Spec& spec, const FreshnessInput& input, Findings& findings) {
  const auto line_of_platform = [&](const std::string& name) -> std::optional<core::SourceSpan> {
    for (const spec::PlatformEntry& entry : spec.platforms) {
      if (entry.name == name) return entry.where;
    }
    return std::nullopt;
  };
  for (const conda::Platform& wanted : input.platforms) {
    const auto locked = std::find_if(lock.platforms.begin(), lock.platforms.end(),
                                     [&](const LockedPlatform& each) { return each.platform.name == wanted.name; });
    if (locked == lock.platforms.end()) {
      findings.push_back({.code = "stale-platform",
                          .what = "platform " + quoted(wanted.name) + " is not in the lock",
                          .where = line_of_platform(wanted.name)});
    } else if (locked->platform.subdir != wanted.subdir) {
      findings.push_back({.code = "stale-platform",
                          .what = "platform " + quoted(wanted.name) + " stands for " + quoted(wanted.subdir) + " now",
                          .where = line_of_platform(wanted.name),
                          .why = {"the lock was made for " + quoted(locked->platform.subdir)}});
    } else {
      check_virtual_packages(locked->platform, wanted, line_of_platform(wanted.name), findings);
    }
  }
  for (const LockedPlatform& locked : lock.platforms) {
    const bool wanted = std::any_of(input.platforms.begin(), input.platforms.end(),
                                    [&](const conda::Platform& each) { return each.name == locked.platform.name; });
    if (wanted) continue;
    findings.push_back({.code = "stale-platform",
                        .what = "platform " + quoted(locked.platform.name) + " is no longer asked for",
                        .where = whole_file(spec)});
  }
}

void check_variables(const Lock& lock, const spec::Spec& spec, Findings& findings) {
  // Values may be secrets of the user's making: messages name the variable, never what it holds.
  for (const auto& [name, variable] : spec.variables) {
    const auto locked = lock.variables.find(name);
    if (locked == lock.variables.end()) {
      findings.push_back({.code = "stale-variable",
                          .what = "variable " + quoted(name) + " is not in the lock",
                          .where = variable.where});
    } else if (locked->second != variable.value) {
      findings.push_back({.code = "stale-variable",
                          .what = "variable " + quoted(name) + " has another value in the lock",
                          .where = variable.where});
    }
  }
  for (const auto& [name, value] : lock.variables) {
    if (spec.variables.count(name) > 0) continue;
    findings.push_back({.code = "stale-variable",
                        .what = "variable " + quoted(name) + " is no longer set",
                        .where = whole_file(spec)});
  }
}

}  // namespace envlock::lock
