// A file that may be a shared object: whatever is in it, reading ends, stays within it, and gives only what it holds.
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "elf_file.h"

namespace {

bool is_any(std::string_view name) {
  return !name.empty();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace envlock::blas;
  // A copy of exactly its size, so that a sanitizer sees what is read behind it.
  const std::vector<char> bytes(data, data + size);
  const ElfFile file(std::string_view(bytes.data(), bytes.size()));
  if (file.problem() != ElfProblem::none) {
    if (!file.needed().empty() || file.exports("sgemm_") || !file.imported_names(is_any).empty()) std::abort();
    return 0;
  }
  for (const std::string& name : file.needed()) {
    if (name.empty()) std::abort();
  }
  for (const std::string& name : file.exported_names(is_any)) file.exports(name);
  file.imported_names(is_any);
  if (file.exports("")) std::abort();
  return 0;
}
