#include "lock_inputs.h"

#include <algorithm>
#include <set>

#include "envlock/core/file.h"
#include "envlock/core/text.h"
#include "envlock/core/url.h"

namespace envlock::tools {
namespace {

constexpr const char* kDefaultPlatform = "linux-64";

std::filesystem::path default_environment_file() {
  for (const char* name : {"environment.yml", "environment.yaml"}) {
    if (std::filesystem::exists(name)) return name;
  }
  throw core::Error(
      {.code = "no-environment-file",
       .what = "there is no `environment.yml` in this folder",
       .hints = {"name the file: `envlock lock path/to/environment.yml`", "or go to the folder that holds it"}});
}

/// True when a virtual package can exist on a subdir: `--virtual-package __glibc=2.36` means the Linux platforms only.
bool can_exist(const std::string& name, const std::string& subdir) {
  const auto starts = [&](const char* prefix) { return subdir.rfind(prefix, 0) == 0; };
  if (name == "__glibc" || name == "__linux") return starts("linux-");
  if (name == "__osx") return starts("osx-");
  if (name == "__win") return starts("win-");
  if (name == "__unix") return !starts("win-");
  if (name == "__cuda" || name == "__cuda_arch") return starts("linux-") || starts("win-");
  return true;
}

struct Override {
  std::string profile;  ///< empty: every platform on which the package can exist
  conda::VirtualPackage package;
};

/// "[PROFILE:]__name[=version[=build]]"; "__name=" removes.
Override parse_override(const std::string& text) {
  Override result;
  std::string rest = text;
  if (const std::size_t colon = text.find(':'); colon != std::string::npos) {
    result.profile = text.substr(0, colon);
    rest = text.substr(colon + 1);
  }
  if (rest.size() > 1 && rest.back() == '=' && rest.rfind("__", 0) == 0 && rest.find('=') == rest.size() - 1) {
    result.package = {rest.substr(0, rest.size() - 1), "", ""};
  } else {
    result.package = conda::parse_virtual_package(rest);
  }
  return result;
}

/// CONDA_OVERRIDE_* of CEP 30 and 46, as overrides for every platform.
std::vector<Override> environment_overrides(core::Notes& notes) {
  static constexpr std::pair<const char*, const char*> kVariables[] = {{"CONDA_OVERRIDE_ARCHSPEC", "__archspec"},
                                                                       {"CONDA_OVERRIDE_CUDA", "__cuda"},
                                                                       {"CONDA_OVERRIDE_CUDA_ARCH", "__cuda_arch"},
                                                                       {"CONDA_OVERRIDE_GLIBC", "__glibc"},
                                                                       {"CONDA_OVERRIDE_LINUX", "__linux"},
                                                                       {"CONDA_OVERRIDE_OSX", "__osx"},
                                                                       {"CONDA_OVERRIDE_WIN", "__win"}};
  std::vector<Override> overrides;
  for (const auto& [variable, name] : kVariables) {
    const std::optional<std::string> value = core::environment_variable(variable);
    if (!value) continue;
    conda::VirtualPackage package{name, "", ""};
    if (!value->empty()) {
      package = std::string_view(name) == "__archspec" ? conda::parse_virtual_package("__archspec=1=" + *value)
                                                       : conda::parse_virtual_package(std::string(name) + "=" + *value);
    }
    notes.note({.code = "override-used",
                .what = "`" + std::string(variable) + "=" + core::printable(*value) +
                        "` decides what is assumed, and is stored in the lock"});
    overrides.push_back({"", std::move(package)});
  }
  return overrides;
}

const conda::Platform* find_platform(const std::vector<conda::Platform>& platforms, const std::string& name) {
  const auto found = std::find_if(platforms.begin(), platforms.end(),
                                  [&](const conda::Platform& platform) { return platform.name == name; });
  return found == platforms.end() ? nullptr : &*found;
}

std::vector<conda::Platform> locked_platforms(const lock::Lock* previous) {
  std::vector<conda::Platform> platforms;
  if (previous != nullptr) {
    for (const lock::LockedPlatform& locked : previous->platforms) platforms.push_back(locked.platform);
  }
  return platforms;
}

/// A platform by name: a profile of envlock.toml, one of the lock that is there, or a subdir with the defaults.
conda::Platform named_platform(const std::string& name, const spec::Policy& policy,
                               const std::vector<conda::Platform>& locked, const core::SourceSpan* where) {
  if (const conda::Platform* profile = find_platform(policy.platforms, name)) return *profile;
  if (const conda::Platform* profile = find_platform(locked, name)) return *profile;
  if (conda::is_known_subdir(name)) return conda::make_platform(name, name, {});
  core::Diagnostic diagnostic{.code = "unknown-platform",
                              .what = "`" + core::printable(name) + "` is neither a platform nor a profile"};
  if (where != nullptr && where->line > 0) diagnostic.where = *where;
  std::vector<std::string> names = conda::known_subdirs();
  for (const conda::Platform& profile : policy.platforms) names.push_back(profile.name);
  if (const auto near = core::closest_match(name, names)) diagnostic.hints.push_back("did you mean `" + *near + "`?");
  diagnostic.hints.push_back("a profile is made by `-p " + core::printable(name) + "=linux-64` or by `[platforms." +
                             core::printable(name) + "]` in envlock.toml");
  throw core::Error(std::move(diagnostic));
}

bool is_profile_name(const std::string& name) {
  return !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-';
  });
}

conda::Platform platform_of_flag(const std::string& text, const spec::Policy& policy,
                                 const std::vector<conda::Platform>& locked) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos) return named_platform(text, policy, locked, nullptr);
  const std::string name = text.substr(0, equals);
  const std::string subdir = text.substr(equals + 1);
  if (!is_profile_name(name)) {
    throw core::Error({.code = "unknown-platform",
                       .what = "`" + core::printable(name) + "` cannot name a platform",
                       .hints = {"use letters, digits, `.`, `_` and `-`"}});
  }
  if (conda::is_known_subdir(name) && name != subdir) {
    throw core::Error({.code = "unknown-platform",
                       .what = "`-p " + core::printable(text) + "` gives a profile the name of another subdir",
                       .hints = {"call it `" + subdir + "-NAME`"}});
  }
  if (!conda::is_known_subdir(subdir)) {
    core::Diagnostic diagnostic{.code = "unknown-platform",
                                .what = "`-p " + core::printable(text) + "` does not name a known subdir after `=`"};
    if (const auto near = core::closest_match(subdir, conda::known_subdirs())) {
      diagnostic.hints.push_back("did you mean `-p " + core::printable(name) + "=" + *near + "`?");
    }
    throw core::Error(std::move(diagnostic));
  }
  const conda::Platform* before = find_platform(policy.platforms, name);
  if (before == nullptr) before = find_platform(locked, name);
  if (before != nullptr && before->subdir == subdir) return *before;
  return conda::make_platform(name, subdir, {});
}

void apply_overrides(const std::vector<Override>& overrides, std::vector<conda::Platform>& platforms) {
  for (const Override& override_one : overrides) {
    const std::string& profile = override_one.profile;
    if (!profile.empty() && find_platform(platforms, profile) == nullptr) {
      std::vector<std::string> names;
      for (const conda::Platform& platform : platforms) names.push_back(platform.name);
      throw core::Error({.code = "unknown-platform",
                         .what = "`--virtual-package " + core::printable(profile) + ":" + override_one.package.name +
                                 "` names a platform that is not locked",
                         .hints = {"locked are: " + core::join(names, ", ")}});
    }
    for (conda::Platform& platform : platforms) {
      if (profile.empty() ? !can_exist(override_one.package.name, platform.subdir) : profile != platform.name) continue;
      auto& packages = platform.virtual_packages;
      std::erase_if(packages, [&](const conda::VirtualPackage& p) { return p.name == override_one.package.name; });
      if (!override_one.package.version.empty()) packages.push_back(override_one.package);
      std::sort(packages.begin(), packages.end());
    }
  }
}

}  // namespace

std::vector<conda::Platform> choose_platforms(const LockArgs& args, const spec::Spec& spec, const spec::Policy& policy,
                                              const lock::Lock* previous, core::Notes& notes) {
  const std::vector<conda::Platform> locked = locked_platforms(previous);
  std::vector<conda::Platform> platforms;
  if (!args.platforms.empty()) {
    for (const std::string& text : args.platforms) platforms.push_back(platform_of_flag(text, policy, locked));
  } else if (!spec.platforms.empty()) {
    for (const spec::PlatformEntry& entry : spec.platforms) {
      platforms.push_back(named_platform(entry.name, policy, locked, &entry.where));
    }
  } else if (!policy.platforms.empty()) {
    platforms = policy.platforms;
  } else if (!locked.empty()) {
    platforms = locked;
  } else {
    platforms.push_back(conda::make_platform(kDefaultPlatform, kDefaultPlatform, {}));
    notes.note(
        {.code = "default-platform",
         .what = std::string("no platform is named: locking for ") + kDefaultPlatform,
         .hints = {"name the platforms with `platforms: [linux-64, osx-arm64]` in environment.yml or with `-p`"}});
  }
  std::sort(platforms.begin(), platforms.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  platforms.erase(
      std::unique(platforms.begin(), platforms.end(), [](const auto& a, const auto& b) { return a.name == b.name; }),
      platforms.end());

  apply_overrides(environment_overrides(notes), platforms);
  std::vector<Override> flags;
  for (const std::string& text : args.virtual_packages) flags.push_back(parse_override(text));
  // What is said of one profile wins over what is said of all.
  std::stable_sort(flags.begin(), flags.end(),
                   [](const Override& a, const Override& b) { return a.profile.empty() && !b.profile.empty(); });
  apply_overrides(flags, platforms);
  return platforms;
}

LockInputs read_lock_inputs(const LockArgs& args, core::Notes& notes) {
  LockInputs inputs;
  std::vector<std::filesystem::path> files(args.files.begin(), args.files.end());
  if (files.empty()) files.push_back(default_environment_file());
  inputs.spec = spec::read(files, notes);

  const std::filesystem::path folder = files.front() == "-" ? "" : files.front().parent_path();
  inputs.output = args.output.empty() ? folder / "envlock.lock" : std::filesystem::path(args.output);
  if (const auto policy = folder / "envlock.toml"; std::filesystem::exists(policy)) {
    inputs.policy = spec::read_policy(policy, notes);
  }
  std::error_code ignored;
  if (std::filesystem::is_regular_file(inputs.output, ignored)) {
    const std::string text = core::read_file(inputs.output);
    if (auto sides = lock::parse_conflicted(text, inputs.output.string())) {
      inputs.previous = std::move(*sides);
      inputs.conflicted = true;
    } else {
      inputs.previous.push_back(lock::parse(text, inputs.output.string()));
    }
  }
  inputs.platforms = choose_platforms(args, inputs.spec, inputs.policy,
                                      inputs.previous.empty() ? nullptr : &inputs.previous.front(), notes);
  return inputs;
}

lock::Options choose_options(const Session& session, const LockArgs& args, const spec::Policy& policy,
                             const lock::Lock* previous) {
  lock::Options options;
  if (session.channel_priority) {
    options.channel_priority = *session.channel_priority;
  } else if (policy.channel_priority) {
    options.channel_priority = *policy.channel_priority;
  } else if (previous != nullptr) {
    options.channel_priority = previous->options.channel_priority;
  } else if (session.condarc.channel_priority) {
    options.channel_priority = *session.condarc.channel_priority;
  }
  if (args.channel.exclude_newer == "none") {
    return options;
  }
  if (session.exclude_newer) {
    options.exclude_newer = session.exclude_newer;
    options.exclude_newer_strict = session.exclude_newer_strict;
  } else if (policy.exclude_newer) {
    options.exclude_newer = parse_cut_off(*policy.exclude_newer, "exclude-newer");
    options.exclude_newer_strict = session.exclude_newer_strict;
  } else if (previous != nullptr) {
    options.exclude_newer = previous->options.exclude_newer;
    options.exclude_newer_strict = previous->options.exclude_newer_strict;
  }
  return options;
}

std::vector<channel::Location> choose_channels(const LockArgs& args, const LockInputs& inputs, const Session& session,
                                               std::map<std::string, std::vector<std::string>>& channel_bases,
                                               core::Notes& notes) {
  const std::string first = inputs.spec.files.empty() ? "-" : inputs.spec.files.front();
  channel::ResolveOptions options;
  options.base_folder =
      std::filesystem::absolute(first == "-" ? std::filesystem::path("x") : std::filesystem::path(first)).parent_path();
  options.lock_folder = std::filesystem::absolute(inputs.output).parent_path();
  options.channel_map = session.channel_map;

  std::vector<std::string> names;
  for (const spec::ChannelEntry& entry : inputs.spec.channels) names.push_back(entry.text);
  names.insert(names.end(), args.channel.channels.begin(), args.channel.channels.end());
  if (names.empty() && !inputs.spec.nodefaults && !session.condarc.channels.empty()) {
    names = session.condarc.channels;
    notes.note({.code = "channels-from-condarc",
                .what = "no channel is named: taking " + core::without_secrets(core::join(names, ", ")) +
                        " from your .condarc",
                .hints = {"write `channels:` into environment.yml, so that everybody locks from the same ones"}});
  }
  if (names.empty()) {
    core::Diagnostic diagnostic{.code = "no-channels",
                                .what = "`" + core::printable(first) + "` names no channel to take packages from",
                                .hints = {"add `channels: [conda-forge]`, or give `-c conda-forge`"}};
    throw core::Error(std::move(diagnostic));
  }
  // Prefixes of `channel::package` lines: what they mean, and channels that nothing else names.
  const std::set<std::string> named(names.begin(), names.end());
  for (const conda::Request& request : inputs.spec.requests) {
    if (!request.spec.channel || channel_bases.contains(*request.spec.channel)) continue;
    std::vector<std::string>& bases = channel_bases[*request.spec.channel];
    for (const channel::Location& location : resolve_channels({*request.spec.channel}, session.condarc, options)) {
      bases.push_back(location.channel.base);
    }
    if (!named.contains(*request.spec.channel)) names.push_back(*request.spec.channel);
  }
  return resolve_channels(names, session.condarc, options);
}

}  // namespace envlock::tools
