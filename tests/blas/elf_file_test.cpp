#include "../../lib/blas/src/elf_file.h"

#include "elf_writer.h"
#include "support/catch.h"

using envlock::blas::ElfFile;
using envlock::blas::ElfProblem;
using envlock_test::elf;

namespace {

bool is_wanted(std::string_view name) {
  return name.find("sgemm") != std::string_view::npos;
}

using Texts = std::vector<std::string>;

/// A value of `bytes`, to be changed; `place` counts bytes.
template <typename Value>
void put(std::string& bytes, std::size_t place, Value value) {
  std::memcpy(bytes.data() + place, &value, sizeof(Value));
}

Elf64_Phdr segment(const std::string& bytes, std::size_t index) {
  Elf64_Phdr found;
  std::memcpy(&found, bytes.data() + sizeof(Elf64_Ehdr) + index * sizeof(found), sizeof(found));
  return found;
}

/// Where the entry of a tag of the dynamic section has its value.
std::size_t place_of(const std::string& bytes, Elf64_Sxword tag) {
  for (std::size_t place = segment(bytes, 1).p_offset;; place += sizeof(Elf64_Dyn)) {
    Elf64_Dyn entry;
    std::memcpy(&entry, bytes.data() + place, sizeof(entry));
    if (entry.d_tag == tag) return place + offsetof(Elf64_Dyn, d_un);
  }
}

}  // namespace

TEST_CASE("what a shared object needs, takes and gives is read with either table of hashes") {
  const bool gnu_hash = GENERATE(true, false);
  const bool two_segments = GENERATE(false, true);
  const std::string bytes = elf({.needed = {"libm.so.6", "libc.so.6"},
                                 .soname = "libblas.so.3",
                                 .rpath = "$ORIGIN",
                                 .runpath = "/opt/lib",
                                 .imports = {"xerbla_", "sgemm_kernel"},
                                 .exports = {"sgemm_", "dgemm_", "cblas_sgemm", "strsm_", "sgemv_"},
                                 .gnu_hash = gnu_hash,
                                 .two_segments = two_segments});
  const ElfFile file(bytes);
  CHECK(file.problem() == ElfProblem::none);
  CHECK(file.needed() == Texts{"libm.so.6", "libc.so.6"});
  CHECK(file.soname() == "libblas.so.3");
  CHECK(file.rpath() == "$ORIGIN");
  CHECK(file.runpath() == "/opt/lib");
  CHECK(!file.is_symbolic());
  for (const char* name : {"sgemm_", "dgemm_", "cblas_sgemm", "strsm_", "sgemv_"}) CHECK(file.exports(name));
  for (const char* name : {"xerbla_", "sgemm_kernel", "sgemm", ""}) CHECK(!file.exports(name));
  CHECK(file.imported_names(is_wanted) == Texts{"sgemm_kernel"});
  auto exported = file.exported_names(is_wanted);
  std::sort(exported.begin(), exported.end());
  CHECK(exported == Texts{"cblas_sgemm", "sgemm_"});
}

TEST_CASE("what an object that exports nothing takes is still found") {
  const std::string bytes = elf({.imports = {"sgemm_"}, .gnu_hash = GENERATE(true, false)});
  const ElfFile file(bytes);
  CHECK(file.imported_names(is_wanted) == Texts{"sgemm_"});
  CHECK(!file.exports("sgemm_"));
}

TEST_CASE("files of another kind are told from damaged ones") {
  std::string bytes = elf({.exports = {"sgemm_"}});
  CHECK(ElfFile("").problem() == ElfProblem::damaged);
  CHECK(ElfFile("INPUT(libopenblas.so)").problem() == ElfProblem::damaged);
  CHECK(ElfFile(elf({.other_machine = true})).problem() == ElfProblem::other_kind);
  put<unsigned char>(bytes, EI_CLASS, ELFCLASS32);
  CHECK(ElfFile(bytes).problem() == ElfProblem::other_kind);
  put<unsigned char>(bytes, EI_CLASS, ELFCLASS64);
  put<Elf64_Half>(bytes, offsetof(Elf64_Ehdr, e_type), ET_REL);
  CHECK(ElfFile(bytes).problem() == ElfProblem::damaged);
}

TEST_CASE("a file that is cut off anywhere is damaged, and nothing is read behind its end") {
  const std::string bytes = elf({.needed = {"libc.so.6"}, .soname = "a", .imports = {"b"}, .exports = {"sgemm_"}});
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const std::string cut = bytes.substr(0, size);  // of its own size, so that a sanitizer sees what is read behind it
    CHECK(ElfFile(cut).problem() == ElfProblem::damaged);
  }
}

TEST_CASE("places and counts that no file of this size can have are refused") {
  const std::string sound = elf({.needed = {"libc.so.6"}, .soname = "a", .imports = {"b"}, .exports = {"sgemm_"}});
  REQUIRE(ElfFile(sound).problem() == ElfProblem::none);
  const std::uint64_t value = GENERATE(std::uint64_t{1} << 20, ~std::uint64_t{0}, ~std::uint64_t{0} - 23);
  for (const Elf64_Sxword tag : {DT_SYMTAB, DT_STRTAB, DT_STRSZ, DT_GNU_HASH, DT_NEEDED, DT_SONAME, DT_SYMENT}) {
    std::string bytes = sound;
    put(bytes, place_of(bytes, tag), value);
    INFO("tag " << tag);
    CHECK(ElfFile(bytes).problem() == ElfProblem::damaged);
  }
}

TEST_CASE("a table of hashes that leads out of the file is refused") {
  std::string bytes = elf({.exports = {"sgemm_", "dgemm_", "strsm_"}});
  std::uint64_t hashes = 0;
  std::memcpy(&hashes, bytes.data() + place_of(bytes, DT_GNU_HASH), sizeof(hashes));
  // The number of buckets, the first symbol, the words of the filter, the first bucket (behind one word of filter).
  const std::size_t place = hashes + GENERATE(0, 8, 24);
  put<std::uint32_t>(bytes, place, GENERATE(0x7fffffffU, 0x00400000U));
  CHECK(ElfFile(bytes).problem() == ElfProblem::damaged);
}
