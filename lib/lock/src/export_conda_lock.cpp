#include <algorithm>
#include <cctype>
#include <map>
#include <set>
#include <utility>

#include "catalog.h"
#include "conda_lock_hash.h"
#include "conda_lock_pip.h"
#include "envlock/core/text.h"
#include "envlock/core/url.h"
#include "envlock/lock/export.h"
#include "envlock/pypi/marker.h"
#include "pip_export.h"
#include "requests.h"
#include "yaml_scalar.h"

namespace envlock::lock {
namespace {

constexpr std::string_view kAlias = "https://conda.anaconda.org/";

// What stands in an environment.yml for that channel: the name where conda knows it by name.
std::string channel_text(const conda::Channel& channel) {
  const std::string_view base = channel.base;
  return std::string(base.starts_with(kAlias) ? base.substr(kAlias.size()) : base);
}

// Channels as written where nothing secret or unexpanded is in them; else as the lock names them.
std::vector<CondaLockChannel> channels_of(const Lock& lock, const spec::Spec* spec) {
  std::vector<CondaLockChannel> channels;
  if (spec != nullptr) {
    for (const spec::ChannelEntry& entry : spec->channels) {
      const bool plain =
          entry.written.find('$') == std::string::npos && core::without_secrets(entry.written) == entry.written;
      if (!plain) break;
      channels.push_back({entry.written, {}});
    }
    if (!channels.empty() && channels.size() == spec->channels.size()) return channels;
    channels.clear();
  }
  for (const conda::Channel& channel : lock.channels) channels.push_back({channel_text(channel), {}});
  return channels;
}

// The version field that conda makes of a spec: "==1.2", "1.2" and "1.2" of "=1.2=build" are "1.2", "=1.2" is "1.2.*".
std::string conda_version(const conda::MatchSpec& spec) {
  if (!spec.version) return {};
  const std::string& text = spec.version->text();
  const bool exact = text.starts_with("==") && text.find_first_of(",|") == std::string::npos;
  return exact ? text.substr(2) : text;
}

// conda-lock adds pip for a pip list and for nothing else, with a star, always in `main`, and over any other pip.
const CondaLockDependency kPipForPipList = {"pip", "*", std::nullopt, std::nullopt, "main"};

bool has_pip_list(const spec::Spec* spec, const std::string& subdir) {
  return spec != nullptr && std::any_of(spec->pip.begin(), spec->pip.end(), [&](const spec::PipLine& line) {
           return spec::selector_holds(line.selector, subdir);
         });
}

// conda-lock cannot know the python yet: what asks for it counts.
bool may_hold(const std::optional<std::string>& markers, const pypi::MarkerEnvironment& environment) {
  if (!markers || markers->find("python") != std::string::npos ||
      markers->find("implementation") != std::string::npos) {
    return true;
  }
  try {
    return pypi::Marker::parse(*markers).holds(environment);
  } catch (const core::Error&) {
    return true;
  }
}

// The lines as written, or, without the file, as the lock has them.
std::vector<CondaLockDependency> pip_dependencies_of(const Lock& lock, const spec::Spec* spec,
                                                     const std::string& subdir) {
  if (!lock.pip) return {};
  std::vector<spec::PipLine> lines;
  if (spec != nullptr) lines = spec->pip;
  for (const PipLine& line : lock.pip_lines) {
    if (spec == nullptr && !line.constraint) lines.push_back({line.text, line.category, line.selector, {}});
  }
  const pypi::MarkerEnvironment environment = pypi::make_marker_environment(subdir, "3");
  std::map<std::string, CondaLockDependency> last;
  for (const spec::PipLine& line : lines) {
    if (!line.selector.empty() && !spec::selector_holds(line.selector, subdir)) continue;
    auto dependency = conda_lock_pip_dependency(line.text, line.category);
    if (!dependency || !may_hold(dependency->markers, environment)) continue;
    const std::string name = dependency->name;
    last[name] = std::move(*dependency);
  }
  std::vector<CondaLockDependency> result;
  for (auto& [name, each] : last) result.push_back(std::move(each));
  return result;
}

std::vector<CondaLockDependency> dependencies_of(const Lock& lock, const std::vector<conda::Request>& requests,
                                                 const spec::Spec* spec, const std::string& subdir) {
  std::map<std::string, CondaLockDependency> last;  // of a name asked for twice, conda-lock keeps the last
  for (const conda::Request* request : requests_on(requests, subdir)) {
    CondaLockDependency each;
    each.name = request->spec.name;
    each.category = request->category;
    each.version = conda_version(request->spec);
    if (request->spec.build) each.build = request->spec.build->text();
    each.channel = request->spec.channel;
    if (!request->implied_by) last[each.name] = std::move(each);
    if (request->implied_by == "pip:") last["pip"] = kPipForPipList;
  }
  if (has_pip_list(spec, subdir)) last["pip"] = kPipForPipList;
  std::vector<CondaLockDependency> result = pip_dependencies_of(lock, spec, subdir);
  for (auto& [name, each] : last) result.push_back(std::move(each));
  return result;
}

// "numpy >=1.19,<3 py3*" is numpy: ">=1.19,<3 py3*"; of a name that stands twice both constraints hold.
std::map<std::string, std::string> constraints_of(const std::vector<Edge>& depends) {
  std::map<std::string, std::string> result;
  for (const Edge& edge : depends) {
    const std::string_view rest =
        core::trim(std::string_view(*edge.text).substr(std::min(edge.name.size(), edge.text->size())));
    std::string& constraint = result[std::string(edge.name)];
    const bool both = !constraint.empty() && !rest.empty() && constraint != rest;
    constraint = both ? constraint + "," + std::string(rest) : constraint.empty() ? std::string(rest) : constraint;
  }
  return result;
}

struct Entry {
  std::size_t package = 0;
  std::string subdir;
  std::string category;
};

void append_entry(std::string& out, const Entry& entry, const Catalog& catalog) {
  const conda::PackageRecord& record = catalog.record(entry.package);
  const auto line = [&out](const char* key, const std::string& value) {
    out += std::string(key) + ": " + yaml_scalar(value) + "\n";
  };
  line("- name", record.name);
  line("  version", record.version);
  out += "  manager: conda\n";
  line("  platform", entry.subdir);
  const std::map<std::string, std::string> depends = constraints_of(catalog.depends(entry.package));
  out += depends.empty() ? "  dependencies: {}\n" : "  dependencies:\n";
  for (const auto& [name, constraint] : depends)
    out += "    " + yaml_scalar(name) + ": " + yaml_scalar(constraint) + "\n";
  line("  url", conda::package_url(record));
  out += "  hash:\n";
  if (record.md5) line("    md5", core::format(*record.md5));
  if (record.sha256) line("    sha256", core::format(*record.sha256));
  if (!record.build.empty()) line("  build", record.build);
  line("  category", entry.category);
  out += entry.category == "main" ? "  optional: false\n" : "  optional: true\n";
}

void append_entry(std::string& out, const Entry& entry, const LockedDistribution& distribution,
                  const std::map<std::string, std::string>& depends) {
  const auto line = [&out](const char* key, const std::string& value) {
    out += std::string(key) + ": " + yaml_scalar(value) + "\n";
  };
  line("- name", distribution.name);
  line("  version", distribution.version);
  out += "  manager: pip\n";
  line("  platform", entry.subdir);
  out += depends.empty() ? "  dependencies: {}\n" : "  dependencies:\n";
  for (const auto& [name, constraint] : depends) {
    out += "    " + yaml_scalar(name) + ": " + yaml_scalar(constraint) + "\n";
  }
  line("  url", full_url(distribution));
  out += "  hash:\n";
  line("    sha256", core::format(*distribution.sha256));
  if (distribution.source == LockedDistribution::Source::archive) {
    out += "  source:\n    type: url\n";
    line("    url", full_url(distribution));
  }
  line("  category", entry.category);
  out += entry.category == "main" ? "  optional: false\n" : "  optional: true\n";
}

std::vector<std::string> categories_to_write(const std::vector<std::string>& categories) {
  const bool main = std::find(categories.begin(), categories.end(), "main") != categories.end();
  return main ? std::vector<std::string>{"main"} : categories;
}

// What a distribution requires, as conda-lock writes it; of a name that stands twice both conditions hold.
std::map<std::string, std::string> constraints_of(const std::vector<const pypi::Requirement*>& requirements) {
  std::map<std::string, std::string> result;
  for (const pypi::Requirement* requirement : requirements) {
    std::string& constraint = result[requirement->name];
    const std::string more = requirement->specifiers.format();
    if (!more.empty() && constraint.find(more) == std::string::npos)
      constraint += (constraint.empty() ? "" : ",") + more;
  }
  for (auto& [name, constraint] : result) {
    if (constraint.empty()) constraint = "*";
  }
  return result;
}

std::string distribution_entries(const Lock& lock) {
  struct PipEntry {
    Entry entry;
    std::map<std::string, std::string> depends;
  };
  const PipCatalog catalog(lock);
  std::vector<PipEntry> entries;
  for (const LockedPlatform& platform : lock.platforms) {
    const PipView view(catalog, platform);
    for (const PlatformDistribution& each : platform.distributions) {
      if (!is_hashed_wheel(lock.distributions[each.distribution])) continue;
      const auto depends = constraints_of(requirements_on(catalog, view, each));
      for (const std::string& category : categories_to_write(each.categories)) {
        entries.push_back({{each.distribution, platform.platform.subdir, category}, depends});
      }
    }
  }
  std::stable_sort(entries.begin(), entries.end(), [&](const PipEntry& left, const PipEntry& right) {
    const std::string& left_name = lock.distributions[left.entry.package].name;
    const std::string& right_name = lock.distributions[right.entry.package].name;
    return std::tie(left_name, left.entry.subdir, left.entry.category) <
           std::tie(right_name, right.entry.subdir, right.entry.category);
  });
  std::string out;
  for (const PipEntry& each : entries)
    append_entry(out, each.entry, lock.distributions[each.entry.package], each.depends);
  return out;
}

// One entry a category; what `main` reaches is always installed, so its other categories say nothing.
std::vector<Entry> entries_of(const Lock& lock) {
  std::vector<Entry> entries;
  for (const LockedPlatform& platform : lock.platforms) {
    for (const PlatformPackage& each : platform.packages) {
      for (const std::string& category : categories_to_write(each.categories))
        entries.push_back({each.package, platform.platform.subdir, category});
    }
  }
  std::sort(entries.begin(), entries.end(), [&](const Entry& left, const Entry& right) {
    const std::string& left_name = lock.packages[left.package].record.name;
    const std::string& right_name = lock.packages[right.package].record.name;
    return std::tie(left_name, left.subdir, left.category) < std::tie(right_name, right.subdir, right.category);
  });
  return entries;
}

void append_metadata(std::string& out, const Lock& lock, const spec::Spec* spec) {
  const std::vector<CondaLockChannel> channels = channels_of(lock, spec);
  std::vector<std::string> subdirs;
  for (const LockedPlatform& each : lock.platforms) subdirs.push_back(each.platform.subdir);
  std::sort(subdirs.begin(), subdirs.end());

  std::vector<conda::Request> requests = lock.requests;
  if (spec != nullptr) {
    std::vector<conda::Platform> platforms;
    for (const LockedPlatform& each : lock.platforms) platforms.push_back(each.platform);
    requests = requests_of(*spec, platforms);
  }
  out += "version: 1\nmetadata:\n  content_hash:\n";
  const std::vector<std::string> repositories = spec == nullptr ? std::vector<std::string>{} : spec->pip_repositories;
  for (const std::string& subdir : subdirs) {
    const auto dependencies = dependencies_of(lock, requests, spec, subdir);
    out += "    " + subdir + ": " + yaml_scalar(conda_lock_content_hash(channels, dependencies, repositories, subdir)) +
           "\n";
  }
  out += channels.empty() ? "  channels: []\n" : "  channels:\n";
  for (const CondaLockChannel& channel : channels) {
    out += "  - url: " + yaml_scalar(channel.url) + "\n    used_env_vars: []\n";
  }
  out += subdirs.empty() ? "  platforms: []\n" : "  platforms:\n";
  for (const std::string& subdir : subdirs) out += "  - " + yaml_scalar(subdir) + "\n";
  std::vector<std::string> sources = {"environment.yml"};
  if (spec != nullptr && !spec->files.empty()) sources = spec->files;
  out += "  sources:\n";
  for (const std::string& source : sources) {
    // A path of this machine helps nobody else.
    const std::size_t slash = source.front() == '/' ? source.rfind('/') : std::string::npos;
    out += "  - " + yaml_scalar(slash == std::string::npos ? source : source.substr(slash + 1)) + "\n";
  }
}

void note_losses(const Lock& lock, const spec::Spec* spec, core::Notes& notes) {
  const auto without_md5 = static_cast<std::size_t>(std::count_if(
      lock.packages.begin(), lock.packages.end(), [](const LockedPackage& each) { return !each.record.md5; }));
  if (without_md5 > 0) {
    notes.warning({.code = "export-no-md5",
                   .what = std::to_string(without_md5) + " of " + std::to_string(lock.packages.size()) +
                           " packages have no md5: conda-lock refuses such entries, although its format allows them",
                   .hints = {"mamba and conda-lockfiles take the file; for conda-lock use `envlock export explicit`"}});
  }
  std::vector<const LockedPlatform*> platforms;
  for (const LockedPlatform& each : lock.platforms) platforms.push_back(&each);
  note_not_hashed(lock, platforms, "conda-lock.yml", notes);
  if (spec != nullptr && !spec->pip.empty() && !lock.pip) {
    notes.warning({.code = "export-no-pip",
                   .what = "the pip section is not locked, so conda-lock.yml does not hold it, nor its content_hash",
                   .where = spec->pip.front().where});
  }
}

}  // namespace

std::string format_conda_lock(const Lock& lock, const spec::Spec* spec, core::Notes* notes) {
  refuse_profiles(lock, "conda-lock.yml");
  std::string out =
      "# This lock file was generated by envlock from envlock.lock. DO NOT EDIT!\n"
      "#\n"
      "# Install this environment as \"YOURENV\" with:\n"
      "#     conda-lock install -n YOURENV conda-lock.yml\n"
      "# or, where the file's name ends in -lock.yml, with:\n"
      "#     micromamba create -n YOURENV -f conda-lock.yml\n";
  append_metadata(out, lock, spec);
  const std::vector<Entry> entries = entries_of(lock);
  const std::string distributions = distribution_entries(lock);
  out += entries.empty() && distributions.empty() ? "package: []\n" : "package:\n";
  const Catalog catalog(lock.packages);
  for (const Entry& entry : entries) append_entry(out, entry, catalog);
  out += distributions;
  if (notes != nullptr) note_losses(lock, spec, *notes);
  return out;
}

}  // namespace envlock::lock
