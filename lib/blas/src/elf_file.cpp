#include "elf_file.h"

#include <elf.h>

#include <algorithm>
#include <cstring>

namespace envlock::blas {
namespace {

#if defined(__x86_64__)
constexpr Elf64_Half kMachine = EM_X86_64;
#elif defined(__aarch64__)
constexpr Elf64_Half kMachine = EM_AARCH64;
#else
constexpr Elf64_Half kMachine = EM_NONE;
#endif

// Far above what real libraries have (libtorch_cpu of 2024: 200,000 symbols, 30 libraries needed).
constexpr std::uint64_t kMostSymbols = std::uint64_t{1} << 23;
constexpr std::size_t kMostNeeded = 512;
constexpr std::size_t kMostSegments = 1024;
constexpr std::size_t kLongestText = 1 << 16;
constexpr std::size_t kLongestName = 128;  // of a symbol that anybody asks for
constexpr std::size_t kMostFound = 64;

/// Reads a value that may lie at any address. `bytes` must hold it.
template <typename Value>
Value value_at(std::string_view bytes, std::uint64_t index) {
  Value value;
  std::memcpy(&value, bytes.data() + index * sizeof(Value), sizeof(Value));
  return value;
}

std::optional<std::string_view> slice(std::string_view bytes, std::uint64_t offset, std::uint64_t size) {
  if (offset > bytes.size() || size > bytes.size() - offset) return std::nullopt;
  return bytes.substr(offset, size);
}

/// `count` values from the start of `bytes`.
template <typename Value>
std::optional<std::string_view> array(std::string_view bytes, std::uint64_t count) {
  if (count > bytes.size() / sizeof(Value)) return std::nullopt;
  return bytes.substr(0, count * sizeof(Value));
}

std::uint32_t gnu_hash_of(std::string_view name) {
  std::uint32_t hash = 5381;
  for (const char letter : name) hash = hash * 33 + static_cast<unsigned char>(letter);
  return hash;
}

}  // namespace

/// Addresses and offsets as the dynamic section gives them; absent: 0.
struct ElfFile::DynamicEntries {
  std::uint64_t strings = 0;
  std::uint64_t strings_size = 0;
  std::uint64_t symbols = 0;
  std::uint64_t gnu_hash = 0;
  std::uint64_t hash = 0;
  std::vector<std::uint64_t> needed;
  std::optional<std::uint64_t> soname, rpath, runpath;
};

ElfFile::ElfFile(std::string_view bytes) : bytes_(bytes) {
  if (!read_headers()) {
    needed_.clear();
    symbol_count_ = 0;
    return;
  }
  problem_ = ElfProblem::none;
}

bool ElfFile::read_headers() {
  if (bytes_.size() < sizeof(Elf64_Ehdr) || !bytes_.starts_with(ELFMAG)) return false;
  const auto header = value_at<Elf64_Ehdr>(bytes_, 0);
  if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != ELFDATA2LSB ||
      header.e_machine != kMachine) {
    problem_ = ElfProblem::other_kind;
    return false;
  }
  if (header.e_ident[EI_VERSION] != EV_CURRENT || header.e_version != EV_CURRENT) return false;
  if (header.e_type != ET_DYN && header.e_type != ET_EXEC) return false;
  if (header.e_phentsize != sizeof(Elf64_Phdr) || header.e_phnum > kMostSegments) return false;
  const auto table = slice(bytes_, header.e_phoff, std::uint64_t{header.e_phnum} * sizeof(Elf64_Phdr));
  if (!table) return false;

  std::optional<Elf64_Phdr> dynamic;
  for (std::uint64_t index = 0; index < header.e_phnum; ++index) {
    const auto segment = value_at<Elf64_Phdr>(*table, index);
    if (segment.p_type != PT_LOAD && segment.p_type != PT_DYNAMIC) continue;
    if (!slice(bytes_, segment.p_offset, segment.p_filesz)) return false;
    if (segment.p_type == PT_LOAD) {
      add_segment({segment.p_vaddr, segment.p_offset, segment.p_filesz});
    } else {
      dynamic = segment;
    }
  }
  if (segments_.empty()) return false;
  // A program that is linked statically has none.
  return !dynamic || read_dynamic(dynamic->p_offset, dynamic->p_filesz);
}

/// Two that meet, in the file and in memory, are one: patchelf moves tables so that they reach from one into the next.
void ElfFile::add_segment(const Segment& segment) {
  if (!segments_.empty()) {
    Segment& last = segments_.back();
    if (last.address + last.size == segment.address && last.offset + last.size == segment.offset) {
      last.size += segment.size;
      return;
    }
  }
  segments_.push_back(segment);
}

bool ElfFile::read_dynamic(std::uint64_t offset, std::uint64_t size) {
  const std::string_view table = bytes_.substr(offset, size);
  DynamicEntries entries;
  for (std::uint64_t index = 0; index < size / sizeof(Elf64_Dyn); ++index) {
    const auto entry = value_at<Elf64_Dyn>(table, index);
    const std::uint64_t value = entry.d_un.d_val;
    if (entry.d_tag == DT_NULL) break;
    switch (entry.d_tag) {
      case DT_NEEDED:
        if (entries.needed.size() == kMostNeeded) return false;
        entries.needed.push_back(value);
        break;
      case DT_STRTAB:
        entries.strings = value;
        break;
      case DT_STRSZ:
        entries.strings_size = value;
        break;
      case DT_SYMTAB:
        entries.symbols = value;
        break;
      case DT_GNU_HASH:
        entries.gnu_hash = value;
        break;
      case DT_HASH:
        entries.hash = value;
        break;
      case DT_SONAME:
        entries.soname = value;
        break;
      case DT_RPATH:
        entries.rpath = value;
        break;
      case DT_RUNPATH:
        entries.runpath = value;
        break;
      case DT_SYMBOLIC:
        symbolic_ = true;
        break;
      case DT_FLAGS:
        symbolic_ = symbolic_ || (value & DF_SYMBOLIC) != 0;
        break;
      case DT_SYMENT:
        if (value != sizeof(Elf64_Sym)) return false;
        break;
      default:
        break;
    }
  }
  return read_tables(entries);
}

bool ElfFile::read_tables(const DynamicEntries& entries) {
  const auto strings = at_address(entries.strings);
  if (!strings || entries.strings_size > strings->size()) return false;
  strings_ = strings->substr(0, entries.strings_size);
  for (const std::uint64_t place : entries.needed) {
    const auto name = text(place);
    if (!name || name->empty()) return false;
    needed_.push_back(*name);
  }
  const auto read_text = [this](const std::optional<std::uint64_t>& place, std::string& into) {
    if (!place) return true;
    const auto found = text(*place);
    if (found) into = *found;
    return found.has_value();
  };
  if (!read_text(entries.soname, soname_) || !read_text(entries.rpath, rpath_) || !read_text(entries.runpath, runpath_))
    return false;

  if (entries.symbols == 0) return true;
  const auto symbols = at_address(entries.symbols);
  if (!symbols) return false;
  symbols_ = *symbols;
  has_hash_ = entries.gnu_hash != 0 || entries.hash != 0;
  if (entries.gnu_hash != 0 && !read_gnu_hash(entries.gnu_hash)) return false;
  if (entries.hash != 0 && !read_sysv_hash(entries.hash)) return false;
  // A table of hashes that holds nothing does not tell how many symbols there are; the string table tells it where it
  // follows, as it does in what every known linker writes.
  if (symbol_count_ == 0 && has_hash_ && entries.strings > entries.symbols) {
    const std::uint64_t between = (entries.strings - entries.symbols) / sizeof(Elf64_Sym);
    if (between <= kMostSymbols) symbol_count_ = std::min(between, symbols_.size() / sizeof(Elf64_Sym));
  }
  if (symbol_count_ > kMostSymbols) return false;
  const auto exact = array<Elf64_Sym>(symbols_, symbol_count_);
  if (!exact) return false;
  symbols_ = *exact;
  return true;
}

bool ElfFile::read_gnu_hash(std::uint64_t address) {
  const auto table = at_address(address);
  constexpr std::size_t kHeader = 4 * sizeof(std::uint32_t);
  if (!table || table->size() < kHeader) return false;
  const auto bucket_count = value_at<std::uint32_t>(*table, 0);
  const auto first = value_at<std::uint32_t>(*table, 1);
  const auto filter_words = value_at<std::uint32_t>(*table, 2);
  const std::uint64_t filter_size = std::uint64_t{filter_words} * sizeof(Elf64_Addr);
  if (bucket_count == 0 || bucket_count > kMostSymbols || filter_size > table->size() - kHeader) return false;
  const std::string_view rest = table->substr(kHeader + filter_size);
  const auto buckets = array<std::uint32_t>(rest, bucket_count);
  if (!buckets) return false;
  gnu_hash_ = GnuHash{first, *buckets, rest.substr(buckets->size())};
  symbol_count_ = count_by_gnu_hash();
  return symbol_count_ <= kMostSymbols;
}

/// One more than the last symbol of the longest chain; 0 when no bucket is filled, too many when a chain has no end.
std::uint64_t ElfFile::count_by_gnu_hash() const {
  std::uint64_t last = 0;
  for (std::uint64_t index = 0; index < gnu_hash_->buckets.size() / sizeof(std::uint32_t); ++index) {
    last = std::max<std::uint64_t>(last, value_at<std::uint32_t>(gnu_hash_->buckets, index));
  }
  if (last < gnu_hash_->first) return 0;
  const std::uint64_t chain_count = gnu_hash_->chains.size() / sizeof(std::uint32_t);
  for (; last <= kMostSymbols; ++last) {
    const std::uint64_t place = last - gnu_hash_->first;
    if (place >= chain_count) break;
    if ((value_at<std::uint32_t>(gnu_hash_->chains, place) & 1) != 0) return last + 1;
  }
  return kMostSymbols + 1;
}

bool ElfFile::read_sysv_hash(std::uint64_t address) {
  const auto table = at_address(address);
  if (!table || table->size() < 2 * sizeof(std::uint32_t)) return false;
  // The length of the chains is the number of symbols.
  const std::uint64_t count = value_at<std::uint32_t>(*table, 1);
  if (symbol_count_ == 0) symbol_count_ = count;
  return count <= kMostSymbols;
}

std::optional<std::string_view> ElfFile::at_address(std::uint64_t address) const {
  for (const Segment& segment : segments_) {
    if (address < segment.address || address - segment.address >= segment.size) continue;
    const std::uint64_t within = address - segment.address;
    return bytes_.substr(segment.offset + within, segment.size - within);
  }
  return std::nullopt;
}

std::optional<std::string> ElfFile::text(std::uint64_t offset) const {
  if (offset >= strings_.size()) return std::nullopt;
  const std::string_view rest = strings_.substr(offset, kLongestText);
  const std::size_t end = rest.find('\0');
  if (end == std::string_view::npos) return std::nullopt;
  return std::string(rest.substr(0, end));
}

std::string_view ElfFile::name_of(std::uint64_t symbol) const {
  const std::uint64_t offset = value_at<Elf64_Sym>(symbols_, symbol).st_name;
  if (offset >= strings_.size()) return {};
  const std::string_view rest = strings_.substr(offset, kLongestName);
  const std::size_t end = rest.find('\0');
  return end == std::string_view::npos ? std::string_view() : rest.substr(0, end);
}

bool ElfFile::is_exported(std::uint64_t symbol) const {
  const auto entry = value_at<Elf64_Sym>(symbols_, symbol);
  const auto type = ELF64_ST_TYPE(entry.st_info);
  const auto visibility = ELF64_ST_VISIBILITY(entry.st_other);
  return entry.st_shndx != SHN_UNDEF && ELF64_ST_BIND(entry.st_info) != STB_LOCAL &&
         (visibility == STV_DEFAULT || visibility == STV_PROTECTED) &&
         (type == STT_FUNC || type == STT_GNU_IFUNC || type == STT_NOTYPE || type == STT_OBJECT);
}

bool ElfFile::is_imported(std::uint64_t symbol) const {
  const auto entry = value_at<Elf64_Sym>(symbols_, symbol);
  return entry.st_shndx == SHN_UNDEF && ELF64_ST_BIND(entry.st_info) != STB_LOCAL;
}

bool ElfFile::exports(std::string_view name) const {
  if (name.empty() || !has_hash_ || symbol_count_ == 0) return false;
  if (!gnu_hash_) {
    for (std::uint64_t symbol = 1; symbol < symbol_count_; ++symbol) {
      if (is_exported(symbol) && name_of(symbol) == name) return true;
    }
    return false;
  }
  const std::uint32_t hash = gnu_hash_of(name);
  const std::uint64_t bucket_count = gnu_hash_->buckets.size() / sizeof(std::uint32_t);
  std::uint64_t symbol = value_at<std::uint32_t>(gnu_hash_->buckets, hash % bucket_count);
  const std::uint64_t chain_count = gnu_hash_->chains.size() / sizeof(std::uint32_t);
  if (symbol < gnu_hash_->first) return false;
  for (; symbol < symbol_count_ && symbol - gnu_hash_->first < chain_count; ++symbol) {
    const auto known = value_at<std::uint32_t>(gnu_hash_->chains, symbol - gnu_hash_->first);
    if ((known | 1) == (hash | 1) && is_exported(symbol) && name_of(symbol) == name) return true;
    if ((known & 1) != 0) return false;
  }
  return false;
}

std::vector<std::string> ElfFile::exported_names(bool (*wanted)(std::string_view)) const {
  std::vector<std::string> names;
  for (std::uint64_t symbol = gnu_hash_ ? std::max<std::uint64_t>(gnu_hash_->first, 1) : 1;
       symbol < symbol_count_ && names.size() < kMostFound; ++symbol) {
    if (!is_exported(symbol)) continue;
    const std::string_view name = name_of(symbol);
    if (wanted(name)) names.emplace_back(name);
  }
  return names;
}

std::vector<std::string> ElfFile::imported_names(bool (*wanted)(std::string_view)) const {
  std::vector<std::string> names;
  for (std::uint64_t symbol = 1; symbol < symbol_count_ && names.size() < kMostFound; ++symbol) {
    if (!is_imported(symbol)) continue;
    const std::string_view name = name_of(symbol);
    if (wanted(name)) names.emplace_back(name);
  }
  return names;
}

}  // namespace envlock::blas
