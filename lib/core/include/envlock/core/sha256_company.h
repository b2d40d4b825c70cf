#pragma once

#include <cstddef>
#include <string_view>

#include "envlock/core/digest.h"

// On a processor with instructions for SHA-256 two messages at once take hardly longer than one. Where both are at hand
// Sha256Hasher::update_both does it. Where only one is, because it comes piece by piece out of a decompressor, the
// thread can be given other bytes to hash beside all that it hashes. No digest depends on it.

namespace envlock::core {

/// Bytes to hash beside the hashing of a thread. Used by that thread alone.
class Sha256Companion {
 public:
  struct Ready {
    Sha256Hasher* hasher = nullptr;
    std::string_view bytes;  ///< none: nothing more
  };
  virtual ~Sha256Companion() = default;
  /// What comes next. The bytes stay until all of them are hashed.
  virtual Ready next() = 0;
  /// So many of them, at least one, are hashed.
  virtual void hashed(std::size_t count) = 0;
};

/// Gives the calling thread a companion for as long as this lives. Without effect where two messages at once are not
/// faster: what the companion still has afterwards is for its owner to hash.
class Sha256Company {
 public:
  explicit Sha256Company(Sha256Companion& companion);
  ~Sha256Company();
  Sha256Company(const Sha256Company&) = delete;
  Sha256Company& operator=(const Sha256Company&) = delete;

 private:
  Sha256Companion* before_;
};

}  // namespace envlock::core
