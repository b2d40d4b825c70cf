#include "envlock/archive/package.h"

#include <cstring>

#include "archive_file.h"
#include "conda_package.h"
#include "entry_gate.h"
#include "failure.h"
#include "libarchive_stream.h"
#include "tar_content.h"

namespace envlock::archive {
namespace {

constexpr std::string_view kZipMagic = "PK\x03\x04";
constexpr std::string_view kBzip2Magic = "BZh";

FileDigest read_tar_bz2(const ArchiveFile& file, Part part, EntrySink& sink, const Limits& limits, Hashes hashes) {
  HashedPass pass(file, hashes);
  EntryGate gate(file.name(), limits, sink);
  const Scope scope = part == Part::info ? Scope::info_leading : Scope::everywhere;
  {
    CursorSource packed(pass, file.size());
    Bzip2Source unpacked(packed, file.name(), limits);
    TarReader tar(unpacked, file.name(), "");
    hand_over(tar, gate, scope, file.name());
  }
  gate.finish();
  const FileDigest digest = pass.finish();
  if (gate.owed().empty()) return digest;
  ReadAhead again(file, {0, file.size()});
  {
    CursorSource packed(again, file.size());
    Bzip2Source unpacked(packed, file.name(), limits);
    TarReader tar(unpacked, file.name(), "");
    hand_over_owed(tar, gate);
  }
  if (again.finish() != digest.sha256) {
    refuse_unreadable(file.name(), "", "another program changed it while it was read");
  }
  return digest;
}

/// Keeps the files of an info part.
class InfoSink : public EntrySink {
 public:
  explicit InfoSink(std::map<std::string, std::string>& files) : files_(files) {}
  void begin(const Entry& entry) override {
    const bool wanted = entry.kind == EntryKind::file && entry.path.rfind("info/", 0) == 0;
    current_ = wanted ? &files_[entry.path.substr(std::strlen("info/"))] : nullptr;
  }
  void data(std::string_view bytes) override {
    if (current_ != nullptr) *current_ += bytes;
  }
  void end() override { current_ = nullptr; }

 private:
  std::map<std::string, std::string>& files_;
  std::string* current_ = nullptr;
};

}  // namespace

FileDigest read_package(const std::filesystem::path& path, Part part, EntrySink& sink, const Limits& limits,
                        Hashes hashes, Checksums checksums) {
  const ArchiveFile file(path);
  std::string magic(kZipMagic.size(), '\0');
  magic.resize(file.read_at(0, magic.data(), magic.size()));
  if (magic == kZipMagic) return read_conda(file, part, sink, limits, hashes, checksums);
  if (magic.rfind(kBzip2Magic, 0) == 0) return read_tar_bz2(file, part, sink, limits, hashes);
  refuse_unreadable(file.name(), "", "it is neither a zip nor packed with bzip2");
}

PackageInfo read_info(const std::filesystem::path& path, const Limits& limits, Hashes hashes) {
  PackageInfo info;
  InfoSink sink(info.files);
  info.digest = read_package(path, Part::info, sink, limits, hashes);
  return info;
}

FileDigest hash_file(const std::filesystem::path& path, Hashes hashes) {
  const ArchiveFile file(path);
  return HashedPass(file, hashes).finish();
}

}  // namespace envlock::archive
