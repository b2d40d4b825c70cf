// Small shared objects without code, for tests that ask what the dynamic linker would make of them.
#pragma once

#include <elf.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace envlock_test {

struct SharedObject {
  std::vector<std::string> needed;
  std::string soname;
  std::string rpath;
  std::string runpath;
  std::vector<std::string> imports;
  std::vector<std::string> exports;
  bool symbolic = false;
  bool gnu_hash = true;  ///< else the older kind of table
  bool other_machine = false;
  bool two_segments = false;  ///< that meet within the strings, as patchelf leaves them where it moves a table
};

/// Writes one: headers, symbols, hashes, strings, dynamic section, all in one segment at address 0 or in two that meet.
class ElfWriter {
 public:
  explicit ElfWriter(const SharedObject& object) : object_(object) { sort_exports(); }

  std::string bytes() {
    const std::uint64_t symbols = kHeaders;
    const std::string symbol_table = make_symbols();
    const std::uint64_t hashes = symbols + symbol_table.size();
    const std::string hash_table = object_.gnu_hash ? make_gnu_hash() : make_sysv_hash();
    const std::uint64_t strings = hashes + hash_table.size();
    std::vector<Elf64_Dyn> entries = make_entries();
    entries.push_back({DT_SYMTAB, {symbols}});
    entries.push_back({DT_SYMENT, {sizeof(Elf64_Sym)}});
    entries.push_back({object_.gnu_hash ? DT_GNU_HASH : DT_HASH, {hashes}});
    entries.push_back({DT_STRTAB, {strings}});
    entries.push_back({DT_STRSZ, {strings_.size()}});
    entries.push_back({DT_NULL, {0}});
    const std::uint64_t dynamic = (strings + strings_.size() + 7) / 8 * 8;
    std::string rest = symbol_table + hash_table + strings_;
    rest.resize(dynamic - kHeaders);
    append(rest, entries.data(), entries.size() * sizeof(Elf64_Dyn));
    return make_headers(dynamic, entries.size() * sizeof(Elf64_Dyn), kHeaders + rest.size()) + rest;
  }

 private:
  static constexpr std::uint64_t kHeaders = sizeof(Elf64_Ehdr) + 3 * sizeof(Elf64_Phdr);
  static constexpr std::uint32_t kBuckets = 3;

  static void append(std::string& bytes, const void* data, std::size_t size) {
    bytes.append(static_cast<const char*>(data), size);
  }

  std::uint64_t add_string(const std::string& text) {
    const std::uint64_t place = strings_.size();
    strings_ += text + '\0';
    return place;
  }

  static std::uint32_t gnu_hash_of(const std::string& name) {
    std::uint32_t hash = 5381;
    for (const char letter : name) hash = hash * 33 + static_cast<unsigned char>(letter);
    return hash;
  }

  void sort_exports() {
    std::stable_sort(object_.exports.begin(), object_.exports.end(),
                     [](const std::string& left, const std::string& right) {
                       return gnu_hash_of(left) % kBuckets < gnu_hash_of(right) % kBuckets;
                     });
  }

  std::string make_symbols() {
    std::vector<Elf64_Sym> symbols(1);
    const auto add = [&](const std::string& name, Elf64_Half section, std::uint64_t value) {
      Elf64_Sym symbol{};
      symbol.st_name = static_cast<Elf64_Word>(add_string(name));
      symbol.st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC);
      symbol.st_shndx = section;
      symbol.st_value = value;
      symbols.push_back(symbol);
    };
    for (const std::string& name : object_.imports) add(name, SHN_UNDEF, 0);
    for (const std::string& name : object_.exports) add(name, 1, kHeaders);
    std::string bytes;
    append(bytes, symbols.data(), symbols.size() * sizeof(Elf64_Sym));
    return bytes;
  }

  std::string make_gnu_hash() const {
    const auto first = static_cast<std::uint32_t>(object_.imports.size() + 1);
    std::vector<std::uint32_t> words = {kBuckets, first, 1, 0, 0xffffffff, 0xffffffff, 0, 0, 0};
    for (std::size_t place = 0; place < object_.exports.size(); ++place) {
      const std::uint32_t hash = gnu_hash_of(object_.exports[place]);
      std::uint32_t& bucket = words[6 + hash % kBuckets];
      if (bucket == 0) bucket = first + static_cast<std::uint32_t>(place);
      const bool is_last =
          place + 1 == object_.exports.size() || gnu_hash_of(object_.exports[place + 1]) % kBuckets != hash % kBuckets;
      words.push_back((hash & ~1U) | (is_last ? 1 : 0));
    }
    if (words.size() % 2 != 0) words.push_back(0);
    std::string bytes;
    append(bytes, words.data(), words.size() * sizeof(std::uint32_t));
    return bytes;
  }

  /// One bucket whose chain is all symbols.
  std::string make_sysv_hash() const {
    const auto count = static_cast<std::uint32_t>(1 + object_.imports.size() + object_.exports.size());
    std::vector<std::uint32_t> words = {1, count, count > 1 ? 1U : 0U};
    for (std::uint32_t symbol = 0; symbol < count; ++symbol) {
      words.push_back(symbol == 0 || symbol + 1 == count ? 0 : symbol + 1);
    }
    if (words.size() % 2 != 0) words.push_back(0);
    std::string bytes;
    append(bytes, words.data(), words.size() * sizeof(std::uint32_t));
    return bytes;
  }

  std::vector<Elf64_Dyn> make_entries() {
    std::vector<Elf64_Dyn> entries;
    for (const std::string& name : object_.needed) entries.push_back({DT_NEEDED, {add_string(name)}});
    if (!object_.soname.empty()) entries.push_back({DT_SONAME, {add_string(object_.soname)}});
    if (!object_.rpath.empty()) entries.push_back({DT_RPATH, {add_string(object_.rpath)}});
    if (!object_.runpath.empty()) entries.push_back({DT_RUNPATH, {add_string(object_.runpath)}});
    if (object_.symbolic) entries.push_back({DT_SYMBOLIC, {0}});
    return entries;
  }

  std::string make_headers(std::uint64_t dynamic, std::uint64_t dynamic_size, std::uint64_t size) const {
    Elf64_Ehdr header{};
    std::memcpy(header.e_ident, ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = ELFCLASS64;
    header.e_ident[EI_DATA] = ELFDATA2LSB;
    header.e_ident[EI_VERSION] = EV_CURRENT;
    header.e_type = ET_DYN;
#if defined(__aarch64__)
    header.e_machine = object_.other_machine ? EM_X86_64 : EM_AARCH64;
#else
    header.e_machine = object_.other_machine ? EM_AARCH64 : EM_X86_64;
#endif
    header.e_version = EV_CURRENT;
    header.e_phoff = sizeof(Elf64_Ehdr);
    header.e_ehsize = sizeof(Elf64_Ehdr);
    header.e_phentsize = sizeof(Elf64_Phdr);
    header.e_phnum = 3;
    const std::uint64_t first = object_.two_segments ? dynamic - 8 : size;
    const Elf64_Phdr load = {PT_LOAD, PF_R | PF_W, 0, 0, 0, first, first, 0x1000};
    const Elf64_Word second = object_.two_segments ? PT_LOAD : PT_NULL;
    const Elf64_Phdr rest = {second, PF_R, first, first, first, size - first, size - first, 0x1000};
    const Elf64_Phdr section = {PT_DYNAMIC, PF_R | PF_W, dynamic, dynamic, dynamic, dynamic_size, dynamic_size, 8};
    std::string bytes;
    append(bytes, &header, sizeof(header));
    append(bytes, &load, sizeof(load));
    append(bytes, &section, sizeof(section));
    append(bytes, &rest, sizeof(rest));
    return bytes;
  }

  SharedObject object_;
  std::string strings_ = std::string(1, '\0');
};

inline std::string elf(const SharedObject& object) {
  return ElfWriter(object).bytes();
}

}  // namespace envlock_test
