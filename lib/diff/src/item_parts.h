#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "envlock/diff/inventory.h"

namespace envlock::diff {

/// One spelling for a channel: without credentials, final slash and subdir. Names of channels ("conda-forge") become
/// their usual URLs where `names` says that the source uses them; a folder stays as it is written.
enum class ChannelNames { no, yes };
std::string canonical_channel(std::string_view channel, ChannelNames names);

/// Two canonical channels that are or may be the same: equal, one of them untold, or a folder that is written relative
/// on one side and absolute on the other.
bool same_channel(std::string_view left, std::string_view right);

/// What the URL or path of a conda package says: file name, name, version, build, channel; `subdir` gets its folder.
/// Absent when it does not end in a conda package's file name.
std::optional<Item> conda_item_of_url(std::string_view url, std::string& subdir);

/// What the URL or path of a wheel, sdist, repository or folder says: file name, name and version, commit.
Item pypi_item_of_url(std::string_view url);

/// PEP 503: lower case, runs of "-", "_" and "." are one "-".
std::string normalized_pypi_name(std::string_view name);

/// Sorts items as Inventory::Platform states, and folds those that stand twice (once a category).
void sort_and_fold(std::vector<Item>& items);

}  // namespace envlock::diff
