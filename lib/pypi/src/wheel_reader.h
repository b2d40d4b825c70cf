#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "envlock/core/file.h"
#include "envlock/fetch/fetcher.h"
#include "zip_window.h"

namespace envlock::pypi {

/// Finds the METADATA of a wheel, or the PKG-INFO of a zipped source distribution, from as few of its bytes as
/// possible: its end, then its directory, then the member, as far as they are not at hand yet.
class WheelReader {
 public:
  enum class Kind { wheel, sdist };
  /// `name` is normalized; `size` as the index has it, when it has.
  WheelReader(Kind kind, std::string name, std::string version, std::optional<std::uint64_t> size);

  /// The bytes that are needed next. Absent: text() is there. Throws: ZipFault.
  std::optional<fetch::ByteRange> next();
  /// `begin`: where they lie in the file of `whole_size` bytes.
  void add(core::MappedFile bytes, std::uint64_t begin, std::uint64_t whole_size);
  const std::string& text() const { return text_; }

 private:
  const ZipPart* part_with(const ZipSpan& span) const;
  bool is_wanted(std::string_view path) const;
  void check_folder(const std::string& path) const;

  Kind kind_;
  std::string name_, version_;
  std::optional<std::uint64_t> size_;
  std::vector<core::MappedFile> files_;
  std::vector<ZipPart> parts_;
  std::optional<ZipDirectorySpan> directory_;
  std::optional<ZipMember> member_;
  std::string text_;
};

/// Whether two texts are one version, by PEP 440 where they are versions at all.
bool is_same_version(const std::string& one, const std::string& other);

/// The only folder in front of a file at the top: "demo-1.0.dist-info" of "demo-1.0.dist-info/METADATA".
std::optional<std::string_view> folder_before(std::string_view path, std::string_view file);

/// "demo-1.0" is of the project and version.
bool is_of(std::string_view stem, const std::string& name, const std::string& version);

}  // namespace envlock::pypi
