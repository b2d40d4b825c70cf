#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "descriptor.h"
#include "envlock/archive/package_cache.h"
#include "envlock/core/digest.h"

namespace envlock::archive {

/// "disk-full" or "cache-unwritable" with what the system said.
[[noreturn]] void refuse_cache(const std::filesystem::path& path, int error);

/// Writes what an archive holds below a folder that nobody else knows, and hashes it on the way.
class Unpacker : public EntrySink {
 public:
  /// `folder` stays open while this lives; `path` names it in messages.
  Unpacker(int folder, std::filesystem::path path);
  /// Throws: core::Error "disk-full", "cache-unwritable", as all below.
  void begin(const Entry& entry) override;
  void data(std::string_view bytes) override;
  void end() override;
  bool same_as(const Entry& entry, const std::string& earlier) override;
  /// All that came, sorted by path.
  std::vector<UnpackedFile> finish();

 private:
  void make_folders(std::string_view folder);
  void open_file(const Entry& entry);
  void close_file();
  void write_all(std::string_view bytes);
  [[noreturn]] void refuse(int error) const;

  int folder_;
  std::filesystem::path path_;
  std::vector<UnpackedFile> files_;
  std::unordered_map<std::string, std::size_t> index_;  // filled when the first hard link comes
  std::unordered_set<std::string> made_;
  std::string last_made_;
  Descriptor file_;
  core::Sha256Hasher hasher_;
  std::uint64_t written_ = 0;
};

}  // namespace envlock::archive
