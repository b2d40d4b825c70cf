#pragma once

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "envlock/lock/lock.h"

namespace envlock::lock {

/// A conda package or a distribution of PyPI as a bill of materials lists it.
struct Material {
  std::string purl;       ///< unique
  std::string ecosystem;  ///< "conda" or "pypi"
  std::string name;
  std::string version;
  std::string file;     ///< "" for a folder or a repository
  std::string url;      ///< where it can be had; "" for a local file
  std::string license;  ///< as its record or metadata has it; "" unknown
  std::optional<core::Sha256> sha256;
  std::optional<core::Md5> md5;
  std::set<std::string> platforms;
  std::set<std::string> categories;
  std::set<std::size_t> needs;  ///< on any platform: indexes of other materials
};

/// What a bill of materials tells of a lock.
struct Materials {
  std::vector<Material> all;        ///< conda packages, then distributions, each in the lock's order
  std::set<std::size_t> requested;  ///< those that a line asks for
  core::Milliseconds newest = 0;    ///< the time of the newest of them, in whole seconds
  std::string uuid;                 ///< made of the lock's text (RFC 9562, version 8): the same lock has the same
};
Materials materials_of(const Lock& lock);

}  // namespace envlock::lock
