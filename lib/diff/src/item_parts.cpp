#include "item_parts.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "envlock/conda/package_record.h"
#include "envlock/conda/platform.h"
#include "envlock/core/text.h"
#include "envlock/core/url.h"

namespace envlock::diff {
namespace {

constexpr std::string_view kAlias = "https://conda.anaconda.org/";
/// What a snapshot calls every channel that is a folder: it tells no paths.
constexpr std::string_view kSomeFolder = "local";
constexpr std::string_view kMainChannels = "https://repo.anaconda.com/pkgs/";

/// Percent escapes taken back: "%21" is the "!" of an epoch.
std::string decoded(std::string_view text) {
  const auto digit = [](char c) {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
  };
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && digit(text[i + 1]) >= 0 && digit(text[i + 2]) >= 0) {
      result += static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2]));
      i += 2;
    } else {
      result += text[i];
    }
  }
  return result;
}

bool is_subdir(std::string_view text) {
  return text == "noarch" || conda::is_known_subdir(text);
}

std::string_view without_final_slashes(std::string_view text) {
  while (text.size() > 1 && text.ends_with('/')) text.remove_suffix(1);
  return text;
}

bool is_folder(std::string_view channel) {
  return channel.starts_with("file:") || channel.find("://") == std::string_view::npos;
}

/// "/c" of "https://***/c": a snapshot does not tell hosts that are addresses.
std::string_view path_on_host(std::string_view url) {
  const std::size_t host = url.find("://");
  if (host == std::string_view::npos) return url;
  return url.substr(std::min(url.find('/', host + 3), url.size()));
}

/// "../channels/x/" -> "/channels/x": what must stand at the end of the absolute path.
std::string_view tail_of_relative(std::string_view path) {
  while (path.starts_with("../") || path.starts_with("./")) path.remove_prefix(path.find('/') + 1);
  return path;
}

}  // namespace

std::string canonical_channel(std::string_view channel, ChannelNames names) {
  if (channel.empty() || channel.front() == '<' || channel == "pypi") return {};
  std::string text = core::looks_like_url(channel) ? core::strip_credentials(channel) : std::string(channel);
  text = text.substr(0, text.find_first_of("?#"));
  std::string_view base = without_final_slashes(text);
  const std::size_t slash = base.find_last_of('/');
  if (slash != std::string_view::npos && is_subdir(base.substr(slash + 1))) {
    base = without_final_slashes(base.substr(0, slash));
  }
  const bool is_name = base.find("://") == std::string_view::npos && !base.empty() && base.front() != '/' &&
                       base.front() != '.' && base.front() != '~' && base.front() != '$';
  if (names == ChannelNames::no || !is_name || base == kSomeFolder) return std::string(base);
  if (base == "defaults") return std::string(kMainChannels) + "main";
  if (base.starts_with("pkgs/")) return std::string(kMainChannels) + std::string(base.substr(5));
  return std::string(kAlias) + std::string(base);
}

bool same_channel(std::string_view left, std::string_view right) {
  if (left.empty() || right.empty() || left == right) return true;
  if (left.find("://***") != std::string_view::npos || right.find("://***") != std::string_view::npos) {
    return path_on_host(left) == path_on_host(right);
  }
  if (!is_folder(left) || !is_folder(right)) return false;
  if (left == kSomeFolder || right == kSomeFolder) return true;
  const auto is_absolute = [](std::string_view path) { return path.starts_with("file:") || path.starts_with('/'); };
  const auto path_of = [](std::string_view path) {
    return path.starts_with("file:") ? core::path_of_file_url(path).value_or(std::string(path)) : std::string(path);
  };
  const std::string one = path_of(left);
  const std::string other = path_of(right);
  if (is_absolute(left) == is_absolute(right)) return one == other;
  const std::string& absolute = is_absolute(left) ? one : other;
  const std::string tail = "/" + std::string(tail_of_relative(is_absolute(left) ? other : one));
  return absolute.ends_with(tail);
}

std::optional<Item> conda_item_of_url(std::string_view url, std::string& subdir) {
  url = url.substr(0, url.find_first_of("?#"));
  const std::size_t slash = url.find_last_of("/\\");
  const std::string file_name = decoded(url.substr(slash == std::string_view::npos ? 0 : slash + 1));
  const auto parts = conda::split_file_name(file_name);
  if (!parts || !conda::is_safe_file_name(file_name)) return std::nullopt;
  Item item;
  item.name = core::to_lower(parts->name);
  item.version = parts->version;
  item.build = parts->build;
  item.file_name = file_name;
  if (slash != std::string_view::npos) {
    const std::string_view folder = url.substr(0, slash);
    const std::size_t before = folder.find_last_of("/\\");
    const std::string_view last = folder.substr(before == std::string_view::npos ? 0 : before + 1);
    if (is_subdir(last)) {
      subdir = last;
      item.channel = canonical_channel(folder, ChannelNames::no);
    }
  }
  return item;
}

Item pypi_item_of_url(std::string_view url) {
  Item item;
  item.kind = PackageKind::pypi;
  const std::size_t hash = url.find('#');
  const std::string_view fragment = hash == std::string_view::npos ? std::string_view() : url.substr(hash + 1);
  const std::string_view address = url.substr(0, url.find_first_of("?#"));
  const std::size_t slash = address.find_last_of("/\\");
  std::string file = decoded(address.substr(slash == std::string_view::npos ? 0 : slash + 1));
  if (fragment.starts_with("sha256=")) item.sha256 = core::parse_sha256(fragment.substr(7).substr(0, 64));
  if (fragment.starts_with("md5=")) item.md5 = core::parse_md5(fragment.substr(4).substr(0, 32));
  if (address.starts_with("git+")) {
    // "git+https://host/repo@rev", "git+https://host/repo?rev=main#1a2b...": the commit is what counts.
    std::string_view commit = fragment;
    const std::size_t at = address.rfind('@');
    if (commit.size() != 40 && at != std::string_view::npos && at > address.find("://") + 2) {
      commit = address.substr(at + 1);
    }
    if (commit.size() == 40) item.build = "commit " + std::string(commit.substr(0, 12));
    return item;
  }
  const bool is_wheel = file.ends_with(".whl");
  for (const std::string_view ending : {".whl", ".tar.gz", ".zip", ".tar.bz2"}) {
    if (!file.ends_with(ending) || !conda::is_safe_file_name(file)) continue;
    const std::string stem = file.substr(0, file.size() - ending.size());
    const std::size_t dash = is_wheel ? stem.find('-') : stem.rfind('-');
    if (dash != std::string::npos) {
      item.name = normalized_pypi_name(stem.substr(0, dash));
      item.version = stem.substr(dash + 1, is_wheel ? stem.find('-', dash + 1) - dash - 1 : std::string::npos);
    }
    item.file_name = std::move(file);
    break;
  }
  return item;
}

std::string normalized_pypi_name(std::string_view name) {
  std::string normal;
  for (const char c : core::to_lower(name)) {
    const bool is_mark = c == '-' || c == '_' || c == '.';
    if (!is_mark) {
      normal += c;
    } else if (!normal.ends_with('-')) {
      normal += '-';
    }
  }
  return normal;
}

void sort_and_fold(std::vector<Item>& items) {
  const auto key = [](const Item& item) {
    return std::tie(item.kind, item.name, item.version, item.build, item.file_name, item.channel, item.sha256);
  };
  for (Item& item : items) {
    std::sort(item.categories.begin(), item.categories.end());
    std::sort(item.requested_specs.begin(), item.requested_specs.end());
  }
  std::stable_sort(items.begin(), items.end(), [&](const Item& a, const Item& b) {
    return std::tuple_cat(key(a), std::tie(a.categories)) < std::tuple_cat(key(b), std::tie(b.categories));
  });
  std::size_t kept = 0;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (kept > 0 && key(items[kept - 1]) == key(items[i])) {
      std::vector<std::string>& categories = items[kept - 1].categories;
      categories.insert(categories.end(), items[i].categories.begin(), items[i].categories.end());
      std::sort(categories.begin(), categories.end());
      categories.erase(std::unique(categories.begin(), categories.end()), categories.end());
      continue;
    }
    if (kept != i) items[kept] = std::move(items[i]);
    ++kept;
  }
  items.resize(kept);
}

}  // namespace envlock::diff
