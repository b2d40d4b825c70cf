#include <sys/stat.h>

#include "archive_file.h"
#include "entry_gate.h"
#include "envlock/archive/package.h"
#include "failure.h"
#include "libarchive_stream.h"
#include "zip_directory.h"

namespace envlock::archive {
namespace {

/// The entry of a member. Wheels hold files only; folders are mentioned by some writers.
Entry entry_of(const ZipMember& member, const EntryGate& gate, const std::string& file) {
  Entry entry{.path = gate.checked_path(member.name), .size = member.unpacked, .mtime_seconds = member.mtime_seconds};
  const std::uint32_t type = member.unix_mode & S_IFMT;
  if (type != 0 && type != S_IFREG && type != S_IFDIR) {
    refuse_unsafe(file, member.name, type == S_IFLNK ? "it is a symlink, which no wheel may have" : "it is no file");
  }
  if ((member.unix_mode & 0777) != 0) entry.mode = member.unix_mode & 0777;
  if (member.name.back() == '/') {
    entry.kind = EntryKind::directory;
    if ((member.unix_mode & 0777) == 0) entry.mode = 0755;
    if (member.packed != 0) refuse_unreadable(file, member.name, "it is a folder, and yet has data");
  } else if (type == S_IFDIR || entry.path.empty()) {
    refuse_unsafe(file, member.name, "its name is a file's and its mode a folder's");
  }
  return entry;
}

}  // namespace

FileDigest read_wheel(const std::filesystem::path& path, EntrySink& sink, const Limits& limits, Hashes hashes) {
  const ArchiveFile file(path);
  const ZipDirectory directory = read_zip_directory(file, limits);
  HashedPass pass(file, hashes);
  pass.expect(directory.range, directory.sha256);
  EntryGate gate(file.name(), limits, sink);
  for (const ZipMember& member : directory.members) {
    Entry entry = entry_of(member, gate, file.name());
    CursorSource packed(pass, enter_member(pass, member, file.name()));
    if (entry.path.empty()) continue;
    const bool has_data = entry.kind == EntryKind::file;
    if (!gate.begin(std::move(entry))) continue;
    if (has_data) {
      ZipMemberSource unpacked(packed, member, file.name(), limits);
      for (std::string_view bytes = unpacked.next(); !bytes.empty(); bytes = unpacked.next()) gate.data(bytes);
    }
    gate.end();
  }
  gate.finish();
  return pass.finish();
}

}  // namespace envlock::archive
