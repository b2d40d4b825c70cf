#pragma once

#include <functional>

#include "envlock/conda/package_record.h"
#include "envlock/core/diagnostic.h"
#include "yaml_tree.h"

namespace envlock::lock {

/// Puts what an entry of a pixi.lock, or of a conda-lock.yml that pixi wrote, says of a record into it: hashes,
/// depends, constrains, build number, license, size, times, noarch, track_features, python_site_packages_path, channel.
/// What the entry does not say stays as it is. `mistake` gets what is of a wrong kind.
void read_record_fields(const YamlTree& tree, YamlTree::Id entry, conda::PackageRecord& record,
                        const std::function<void(core::Diagnostic)>& mistake);

/// The hashes of a map with `sha256` and `md5`.
void read_hashes(const YamlTree& tree, YamlTree::Id entry, std::optional<core::Sha256>& sha256,
                 std::optional<core::Md5>& md5, const std::function<void(core::Diagnostic)>& mistake);

/// The texts of a list; a single text counts as a list of one.
std::vector<std::string> texts_of(const YamlTree& tree, YamlTree::Id list);

}  // namespace envlock::lock
