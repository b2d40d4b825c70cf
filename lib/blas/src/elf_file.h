// An ELF file as the dynamic linker sees it: program headers, the dynamic section, the table of dynamic symbols.
// Section headers are not needed to run and are not believed. The bytes may come from anybody: every place is checked
// against the file's size before it is read, and every count has a limit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace envlock::blas {

enum class ElfProblem {
  none,
  other_kind,  ///< ELF, but of another class, byte order or machine: the dynamic linker looks further
  damaged,     ///< no ELF file, cut off, or wrong within: the dynamic linker gives up
};

class ElfFile {
 public:
  /// `bytes` must outlive it. Never throws for what is in them.
  explicit ElfFile(std::string_view bytes);

  ElfProblem problem() const { return problem_; }
  const std::vector<std::string>& needed() const { return needed_; }
  const std::string& soname() const { return soname_; }
  /// Texts with colons, as they stand in the file.
  const std::string& rpath() const { return rpath_; }
  const std::string& runpath() const { return runpath_; }
  /// Its own symbols come before all others' for what it calls itself (-Bsymbolic).
  bool is_symbolic() const { return symbolic_; }

  /// Whether others may take `name` from it. Versions of symbols are not told apart.
  bool exports(std::string_view name) const;
  /// Those names for which `wanted` holds, in the order of the table; the first 64.
  std::vector<std::string> exported_names(bool (*wanted)(std::string_view)) const;
  std::vector<std::string> imported_names(bool (*wanted)(std::string_view)) const;

 private:
  /// A run of bytes in the file, behind an address.
  struct Segment {
    std::uint64_t address = 0;
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
  };
  struct DynamicEntries;
  struct GnuHash {
    std::uint32_t first = 0;  ///< the first symbol that it holds
    std::string_view buckets;
    std::string_view chains;
  };

  bool read_headers();
  void add_segment(const Segment& segment);
  bool read_dynamic(std::uint64_t offset, std::uint64_t size);
  bool read_tables(const DynamicEntries& entries);
  bool read_gnu_hash(std::uint64_t address);
  bool read_sysv_hash(std::uint64_t address);
  std::uint64_t count_by_gnu_hash() const;

  /// The bytes of the file from an address to the end of its segment; absent when no segment holds it.
  std::optional<std::string_view> at_address(std::uint64_t address) const;
  std::optional<std::string> text(std::uint64_t offset) const;
  std::string_view name_of(std::uint64_t symbol) const;
  bool is_exported(std::uint64_t symbol) const;
  bool is_imported(std::uint64_t symbol) const;

  std::string_view bytes_;
  ElfProblem problem_ = ElfProblem::damaged;
  std::vector<Segment> segments_;
  std::vector<std::string> needed_;
  std::string soname_;
  std::string rpath_;
  std::string runpath_;
  bool symbolic_ = false;
  std::string_view strings_;
  std::string_view symbols_;  ///< exactly symbol_count_ entries
  std::uint64_t symbol_count_ = 0;
  std::optional<GnuHash> gnu_hash_;
  bool has_hash_ = false;  ///< of either kind; without one nothing can be taken from the file
};

}  // namespace envlock::blas
