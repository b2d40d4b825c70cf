#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace envlock::prefix {

/// The hashes that a RECORD may have: "sha256", "sha384", "sha512".
class RecordHasher {
 public:
  static bool knows(std::string_view name);
  /// `name`: one that is known.
  explicit RecordHasher(std::string_view name);
  ~RecordHasher();
  RecordHasher(RecordHasher&&) noexcept;
  RecordHasher& operator=(RecordHasher&&) noexcept;
  void update(std::string_view bytes);
  /// The bytes of the hash.
  std::string finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace envlock::prefix
