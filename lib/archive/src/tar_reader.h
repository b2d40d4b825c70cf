#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "byte_source.h"

namespace envlock::archive {

enum class TarKind { file, hard_link, symlink, directory, other };

/// An entry as the tar has it, names unchecked.
struct TarEntry {
  std::string path;
  std::string link;  ///< of links
  TarKind kind = TarKind::file;
  char type = '0';  ///< the type flag
  std::uint32_t mode = 0;
  std::uint64_t size = 0;  ///< of the data that follows
  std::int64_t mtime_seconds = 0;
};

/// Reads a tar: ustar, with the pax and GNU headers for long names, large numbers and finer times. Strict: a wrong
/// checksum, a malformed number or header, a sparse file, a tar without its end mark or with something after it is
/// refused. One reading, no seeking; memory stays small.
class TarReader {
 public:
  /// `member` names the tar in messages, empty when it is the file itself.
  TarReader(ByteSource& source, const std::string& file, std::string_view member)
      : source_(source), file_(file), member_(member) {}
  /// The next entry; what is left of the last one's data is passed over. Absent at the end.
  /// Throws: core::Error "archive-unreadable".
  std::optional<TarEntry> next();
  /// The next piece of the entry's data; empty at its end.
  std::string_view data();

 private:
  /// What the headers before an entry say of it.
  struct Extension {
    std::optional<std::string> path, link;
    std::optional<std::uint64_t> size;
    std::optional<std::int64_t> mtime_seconds;
  };
  bool read_block(char* block);
  std::string read_body(std::uint64_t size);
  std::string_view piece(std::uint64_t max);
  void finish_entry();
  void finish_tar();
  void apply_pax(std::string_view records, Extension& extension) const;
  TarEntry make_entry(std::string_view block, const Extension& extension) const;
  [[noreturn]] void refuse(const std::string& why) const;

  ByteSource& source_;
  const std::string& file_;
  std::string member_;
  std::string_view ready_;
  std::uint64_t left_ = 0;     // data of the entry
  std::uint64_t padding_ = 0;  // after it
  Extension global_;
};

}  // namespace envlock::archive
