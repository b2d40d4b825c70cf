#pragma once

#include <string>
#include <string_view>

#include "envlock/conda/package_record.h"

namespace envlock::prefix {

/// What a conda-meta file says about where its package came from, as written.
struct Origin {
  std::string channel;  ///< `channel`: URL with or without subdir, or a name
  std::string schannel;
  std::string url;
  std::string subdir;
  std::string file_name;
};

/// Sets channel, subdir, file_name and url of a record whose name, version and build are known. Nothing secret
/// remains.
void set_origin(conda::PackageRecord& record, const Origin& origin);

}  // namespace envlock::prefix
