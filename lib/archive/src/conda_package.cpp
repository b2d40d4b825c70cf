#include "conda_package.h"

#include <optional>
#include <set>

#include "entry_gate.h"
#include "failure.h"
#include "libarchive_stream.h"
#include "tar_content.h"
#include "zip_directory.h"
#include "zstd_source.h"

namespace envlock::archive {
namespace {

constexpr std::string_view kEnding = ".tar.zst", kInfo = "info-", kPkg = "pkg-";

struct Parts {
  const ZipMember* info = nullptr;
  const ZipMember* pkg = nullptr;
};

bool has_form(std::string_view name, std::string_view beginning) {
  return name.size() > beginning.size() + kEnding.size() && name.substr(0, beginning.size()) == beginning &&
         name.substr(name.size() - kEnding.size()) == kEnding;
}

Parts find_parts(const ZipDirectory& directory, const std::string& file) {
  Parts parts;
  std::set<std::string_view> names;
  for (const ZipMember& member : directory.members) {
    const std::string_view name = member.name;
    if (name.empty() || name.find_first_of(std::string_view("/\\\0", 3)) != std::string_view::npos) {
      refuse_unsafe(file, name, "a member of the zip lies in a folder");
    }
    if (!names.insert(name).second) refuse_unsafe(file, name, "the zip has two members of this name");
    const bool is_info_part = has_form(name, kInfo), is_pkg_part = has_form(name, kPkg);
    if (!is_info_part && !is_pkg_part) continue;
    const ZipMember*& place = is_info_part ? parts.info : parts.pkg;
    if (place != nullptr) refuse_unsafe(file, name, "the package has two parts of this kind");
    place = &member;
  }
  if (parts.info == nullptr) refuse_unreadable(file, "", "it has no part `info-NAME.tar.zst`");
  if (parts.pkg == nullptr) refuse_unreadable(file, "", "it has no part `pkg-NAME.tar.zst`");
  if (parts.info->name.substr(kInfo.size()) != parts.pkg->name.substr(kPkg.size())) {
    refuse_unsafe(file, parts.pkg->name, "the package's two parts have different names");
  }
  return parts;
}

/// What the zip's members are read with.
struct Reading {
  const std::string& file;
  const Limits& limits;
  Checksums checksums;
};

/// Goes to a member and reads what it holds.
class MemberSource : public ByteSource {
 public:
  MemberSource(ByteCursor& cursor, const ZipMember& member, const Reading& reading)
      : stored_(cursor, enter_member(cursor, member, reading.file)) {
    if (member.method == ZipMember::kStored && reading.checksums == Checksums::left_to_hash) return;
    unpacked_.emplace(stored_, member, reading.file, reading.limits);
  }
  std::string_view next() override { return unpacked_ ? unpacked_->next() : stored_.next(); }

 private:
  CursorSource stored_;
  std::optional<ZipMemberSource> unpacked_;
};

/// Reads a tar in a member to its end.
template <typename Use>
void read_part(ByteCursor& cursor, const ZipMember& member, const Reading& reading, Use use) {
  MemberSource packed(cursor, member, reading);
  ZstdSource unpacked(packed, reading.file, member.name, reading.limits);
  TarReader tar(unpacked, reading.file, member.name);
  use(tar);
}

/// Reads a member for its checksum alone.
void pass_over(ByteCursor& cursor, const ZipMember& member, const Reading& reading) {
  MemberSource unpacked(cursor, member, reading);
  while (!unpacked.next().empty()) {
  }
}

/// What hard links owe, from a second reading of the whole file.
void read_owed(const ArchiveFile& file, const ZipDirectory& directory, const Parts& parts, Part part, EntryGate& gate,
               const Reading& reading, const FileDigest& digest) {
  HashedPass again(file, Hashes::sha256);
  for (const ZipMember& member : directory.members) {
    if (&member != parts.info && (&member != parts.pkg || part == Part::info)) continue;
    read_part(again, member, reading, [&](TarReader& tar) { hand_over_owed(tar, gate); });
  }
  if (again.finish().sha256 != digest.sha256) {
    refuse_unreadable(file.name(), "", "another program changed it while it was read");
  }
}

}  // namespace

FileDigest read_conda(const ArchiveFile& file, Part part, EntrySink& sink, const Limits& limits, Hashes hashes,
                      Checksums checksums) {
  const ZipDirectory directory = read_zip_directory(file, limits);
  const Parts parts = find_parts(directory, file.name());
  HashedPass pass(file, hashes);
  pass.expect(directory.range, directory.sha256);
  EntryGate gate(file.name(), limits, sink);
  const Reading reading{file.name(), limits, checksums};

  // The info part mostly stands last, and is to come first.
  const Range info{parts.info->offset, parts.info->limit};
  ReadAhead ahead(file, info);
  read_part(ahead, *parts.info, reading, [&](TarReader& tar) { hand_over(tar, gate, Scope::info_only, file.name()); });
  pass.expect(info, ahead.finish());

  for (const ZipMember& member : directory.members) {
    if (&member == parts.info || (&member == parts.pkg && part == Part::info)) continue;
    if (&member != parts.pkg) {
      pass_over(pass, member, reading);
      continue;
    }
    read_part(pass, member, reading,
              [&](TarReader& tar) { hand_over(tar, gate, Scope::not_description, file.name()); });
  }
  gate.finish();
  const FileDigest digest = pass.finish();
  if (!gate.owed().empty()) read_owed(file, directory, parts, part, gate, reading, digest);
  return digest;
}

}  // namespace envlock::archive
