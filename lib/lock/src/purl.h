#pragma once

#include <string>

#include "envlock/conda/channel.h"
#include "envlock/conda/package_record.h"
#include "envlock/lock/pip.h"

namespace envlock::lock {

/// Package URLs (github.com/package-url/purl-spec), each naming one file.
/// "pkg:conda/numpy@2.1.3?build=py312h58c1407_0&channel=conda-forge&subdir=linux-64&type=conda".
std::string purl_of(const conda::PackageRecord& record, const std::string& channel_name);
/// "pkg:pypi/numpy@2.1.3?file_name=numpy-2.1.3-...whl"; another index is its `repository_url`.
std::string purl_of(const LockedDistribution& distribution);

}  // namespace envlock::lock
