#pragma once

#include <cstdint>
#include <string>

namespace envlock::conda {

/// A channel as a lock names it.
struct Channel {
  /// Canonical: an https URL after alias resolution without credentials, token or final slash, or for a folder its
  /// path relative to the folder of the lock ("../channels/local"), with forward slashes.
  std::string base;
  std::string name;  ///< short form for people: "conda-forge", "pytorch/label/dev"
  /// Lower is preferred. Members of a multichannel have ranks of their own, in their order.
  std::uint32_t rank = 0;

  bool operator==(const Channel&) const = default;
};

enum class ChannelPriority { strict, flexible, disabled };

}  // namespace envlock::conda
