#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "content.h"
#include "envlock/core/sha256_company.h"
#include "hash_store.h"

namespace envlock::verify {

/// A file to hash, and where its hash goes.
struct HashJob {
  const Node* node = nullptr;
  HashStore* hashes = nullptr;
};

/// Hashes files one after the other, piece by piece: beside the other hashing of its thread, or beside another lane.
class FileLane : public core::Sha256Companion {
 public:
  /// The next file; null when there is none.
  using Take = std::function<const HashJob*()>;
  explicit FileLane(Take take);

  Ready next() override;
  void hashed(std::size_t count) override { left_.remove_prefix(count); }

 private:
  Take take_;
  std::unique_ptr<char[]> buffer_;
  const HashJob* job_ = nullptr;
  std::optional<FileHashing> file_;
  std::string_view left_;
};

/// Hashes all that both have to take.
void hash_in_step(FileLane& first, FileLane& second);

}  // namespace envlock::verify
