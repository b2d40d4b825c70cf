#include <algorithm>
#include <set>

#include "envlock/channel/condarc.h"
#include "envlock/core/text.h"
#include "envlock/core/url.h"
#include "resolve_channels_address.h"

namespace envlock::channel {
namespace {

/// Multichannels may name multichannels; nobody nests them deeper than this on purpose.
constexpr int kDeepest = 8;

core::Diagnostic unknown(std::string_view name, std::string why, std::vector<std::string> hints) {
  core::Diagnostic diagnostic;
  diagnostic.code = "unknown-channel";
  diagnostic.what = "`" + core::printable(core::without_secrets(name)) + "` is not a channel that can be used";
  diagnostic.why = {std::move(why)};
  diagnostic.hints = std::move(hints);
  return diagnostic;
}

/// Joins a location of .condarc and a channel's name. conda's documentation writes the location with and without the
/// name at its end.
std::string with_name(std::string location, const std::string& name) {
  while (!location.empty() && location.back() == '/') location.pop_back();
  const std::string tail = "/" + name;
  const bool has_it =
      location.size() > tail.size() && location.compare(location.size() - tail.size(), tail.size(), tail) == 0;
  return has_it ? location : location + tail;
}

bool is_plausible_name(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte > 0x20 && byte < 0x7f && std::string_view("\"'`<>|*?#:;,\\[]{}()@!$%^&=").find(c) == std::string::npos;
  });
}

class Resolver {
 public:
  Resolver(const Condarc& condarc, const ResolveOptions& options) : condarc_(condarc), options_(options) {}

  std::vector<Location> resolve(const std::vector<std::string>& names) {
    std::vector<Location> all;
    for (const std::string& name : names) {
      for (Location& location : expand(name, 0)) {
        const auto same = [&](const Location& other) { return other.channel.base == location.channel.base; };
        if (std::find_if(all.begin(), all.end(), same) == all.end()) all.push_back(std::move(location));
      }
    }
    refuse_forbidden(all);
    if (!problems_.empty()) throw core::Error(problems_);
    for (std::size_t i = 0; i < all.size(); ++i) all[i].channel.rank = static_cast<std::uint32_t>(i);
    return all;
  }

 private:
  /// The channels that a text stands for; problems are collected, so that one run tells them all.
  std::vector<Location> expand(const std::string& text, int depth) {
    const std::string name(core::trim(text));
    if (depth > kDeepest) {
      problems_.push_back(unknown(name, "its multichannels name each other without end",
                                  {"correct `custom_multichannels` of .condarc"}));
      return {};
    }
    if (const std::vector<std::string>* members = members_of(name)) {
      std::vector<Location> all;
      for (const std::string& member : *members) {
        if (member == name) {  // conda lets a multichannel hold a channel of its own name
          add_single(name, name, all);
        } else {
          for (Location& location : expand(member, depth + 1)) all.push_back(std::move(location));
        }
      }
      for (Location& location : all) transport_by_name(name, location);
      return all;
    }
    std::vector<Location> one;
    add_single(name, text, one);
    return one;
  }

  const std::vector<std::string>* members_of(const std::string& name) const {
    // Mirrors given for the whole of a multichannel make it one channel, as in mamba.
    if (condarc_.mirrored_channels.count(name) > 0) return nullptr;
    const auto found = condarc_.custom_multichannels.find(name);
    if (found != condarc_.custom_multichannels.end()) return &found->second;
    return name == "defaults" ? &condarc_.default_channels : nullptr;
  }

  void add_single(const std::string& name, const std::string& text, std::vector<Location>& out) {
    std::optional<Location> location;
    if (core::looks_like_url(name)) {
      location = from_url(name);
    } else if (looks_like_path(name)) {
      location = from_folder(absolute_folder(name, options_.base_folder));
    } else {
      location = from_name(name);
    }
    if (!location) return;
    transport_by_name(text, *location);
    out.push_back(std::move(*location));
  }

  std::optional<Location> from_url(const std::string& text) {
    if (const std::optional<std::string> path = core::path_of_file_url(text)) {
      return from_folder(absolute_folder(*path, "/"));
    }
    const std::optional<std::string> base = canonical_url(text);
    if (!base) {
      problems_.push_back(unknown(text, "only http://, https:// and file:// addresses can be read",
                                  {"for other kinds of storage use a copy in a folder or on a web server"}));
      return std::nullopt;
    }
    Location location;
    location.channel.base = *base;
    location.channel.name = short_name(*base);
    location.urls = {transport_url(text)};
    return location;
  }

  std::optional<Location> from_folder(const std::filesystem::path& folder) const {
    Location location;
    location.channel.base = relative_base(folder, options_.lock_folder);
    location.channel.name = folder.has_filename() ? folder.filename().string() : folder.string();
    location.urls = {folder.string()};
    return location;
  }

  std::optional<Location> from_name(const std::string& written) {
    std::string name = written;
    while (!name.empty() && name.back() == '/') name.pop_back();
    if (!is_plausible_name(name)) {
      problems_.push_back(
          unknown(written, written.empty() ? "it is empty" : "a channel's name has letters, digits, `.`, `-`, `_`, `/`",
                  {"write a name such as `conda-forge`, an address, or a folder such as `./channel`"}));
      return std::nullopt;
    }
    if (name == "local" && condarc_.custom_channels.count(name) == 0) return from_conda_build();
    const std::optional<std::string> own = own_location(name);
    const std::string place = own ? *own : with_name(condarc_.channel_alias, name);
    std::optional<Location> location;
    if (const auto mirrors = condarc_.mirrored_channels.find(name);
        !own && mirrors != condarc_.mirrored_channels.end() && is_multichannel(name) && !mirrors->second.empty()) {
      location = from_place(mirrors->second.front());
    } else {
      location = from_place(place);
    }
    if (location) location->channel.name = name_without_subdir(name, location->channel.base);
    return location;
  }

  bool is_multichannel(const std::string& name) const {
    return name == "defaults" || condarc_.custom_multichannels.count(name) > 0;
  }

  std::optional<Location> from_conda_build() {
    if (!condarc_.local_channel.empty()) return from_folder(absolute_folder(condarc_.local_channel, "/"));
    problems_.push_back(unknown("local", "it means the packages that conda-build made here, and there are none",
                                {"name the folder itself: `./conda-bld`"}));
    return std::nullopt;
  }

  /// Where .condarc says that this name is: under its own name, that of a leading part, or of a multichannel's member.
  std::optional<std::string> own_location(const std::string& name) const {
    for (std::string part = name;; part.resize(part.rfind('/'))) {
      const auto found = condarc_.custom_channels.find(part);
      if (found != condarc_.custom_channels.end()) {
        return part == name ? with_name(found->second, name)
                            : with_name(found->second, part) + name.substr(part.size());
      }
      if (part.find('/') == std::string::npos) break;
    }
    for (const std::string& member : condarc_.default_channels) {
      const std::optional<std::string> base = canonical_url(member);
      if (base && short_name(*base) == name) return member;
    }
    return std::nullopt;
  }

  std::optional<Location> from_place(const std::string& place) {
    if (core::looks_like_url(place)) return from_url(place);
    if (looks_like_path(place)) return from_folder(absolute_folder(place, options_.base_folder));
    problems_.push_back(unknown(place, "its location in .condarc is neither an address nor a folder",
                                {"write it as https://HOST/PATH or as an absolute path"}));
    return std::nullopt;
  }

  /// "conda-forge" of https://conda.anaconda.org/conda-forge, "pkgs/main" of https://repo.anaconda.com/pkgs/main.
  std::string short_name(const std::string& base) const {
    if (const std::optional<std::string> alias = canonical_url(condarc_.channel_alias)) {
      if (base.size() > alias->size() + 1 && base.compare(0, alias->size() + 1, *alias + "/") == 0) {
        return base.substr(alias->size() + 1);
      }
    }
    const std::optional<core::Url> url = core::parse_url(base);
    if (!url) return base;
    return url->path.size() > 1 ? url->path.substr(1) : url->host;
  }

  static std::string name_without_subdir(const std::string& name, const std::string& base) {
    const std::size_t slash = name.rfind('/');
    if (slash == std::string::npos) return name;
    const std::string tail = name.substr(slash);  // gone from the base when it was a subdir
    return base.size() >= tail.size() && base.compare(base.size() - tail.size(), tail.size(), tail) == 0
               ? name
               : name.substr(0, slash);
  }

  /// True when a key of mirrored_channels or --channel-map means this channel. A name means where it leads to: another
  /// host's channel of that name is another channel.
  bool means(const std::string& key, const std::string& text, const Location& location) const {
    if (key == text || key == location.channel.base) return true;
    const std::string place =
        core::looks_like_url(key) ? key : own_location(key).value_or(with_name(condarc_.channel_alias, key));
    const std::optional<std::string> base = canonical_url(place);
    return base && *base == location.channel.base;
  }

  /// Puts the locations in place which a key names; `text` is what the user wrote for the channel.
  void transport_by_name(const std::string& text, Location& location) const {
    for (const auto& [key, places] : options_.channel_map) {
      if (!means(key, text, location) || places.empty()) continue;
      set_places(places, std::filesystem::current_path(), location);
      return;
    }
    for (const auto& [key, places] : condarc_.mirrored_channels) {
      if (!means(key, text, location) || places.empty()) continue;
      set_places(places, options_.base_folder, location);
      return;
    }
  }

  static void set_places(const std::vector<std::string>& places, const std::filesystem::path& base,
                         Location& location) {
    location.urls.clear();
    for (const std::string& place : places) {
      const std::optional<std::string> path = core::path_of_file_url(place);
      if (path || !core::looks_like_url(place)) {
        location.urls.push_back(absolute_folder(path ? *path : place, base).string());
      } else {
        location.urls.push_back(transport_url(place));
      }
    }
  }

  /// The bases which a list of channels in .condarc names.
  std::set<std::string> bases_of(const std::vector<std::string>& names) {
    std::set<std::string> bases;
    for (const std::string& name : names) {
      for (const Location& location : expand(name, 0)) bases.insert(location.channel.base);
    }
    return bases;
  }

  void refuse_forbidden(const std::vector<Location>& all) {
    const std::set<std::string> allowed = bases_of(condarc_.allowlist_channels);
    const std::set<std::string> denied = bases_of(condarc_.denylist_channels);
    for (const Location& location : all) {
      const bool is_denied = denied.count(location.channel.base) > 0;
      if (!is_denied && (condarc_.allowlist_channels.empty() || allowed.count(location.channel.base) > 0)) continue;
      core::Diagnostic diagnostic;
      diagnostic.code = "channel-not-allowed";
      diagnostic.what = "the channel `" + core::printable(location.channel.name) + "` may not be used here";
      diagnostic.why = {
          "it stands for " + core::printable(location.channel.base),
          is_denied ? "`denylist_channels` of .condarc names it" : "`allowlist_channels` of .condarc does not name it"};
      diagnostic.hints = {"use an allowed channel, or ask whoever wrote that .condarc"};
      problems_.push_back(std::move(diagnostic));
    }
  }

  const Condarc& condarc_;
  const ResolveOptions& options_;
  std::vector<core::Diagnostic> problems_;
};

}  // namespace

std::vector<Location> resolve_channels(const std::vector<std::string>& names, const Condarc& condarc,
                                       const ResolveOptions& options) {
  return Resolver(condarc, options).resolve(names);
}

}  // namespace envlock::channel
