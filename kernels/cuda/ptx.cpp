// The assembler copies the text in: no generated source, and nothing to install beside the program.
#include "envlock/kernels/cuda_ptx.h"

#include <cstddef>

__asm__(
    ".pushsection .rodata\n"
    ".balign 16\n"
    ".global envlock_ptx_begin\n"
    "envlock_ptx_begin:\n"
    ".incbin \"" ENVLOCK_PTX_FILE
    "\"\n"
    ".global envlock_ptx_end\n"
    "envlock_ptx_end:\n"
    ".byte 0\n"
    ".popsection\n");
extern "C" const char envlock_ptx_begin[];
extern "C" const char envlock_ptx_end[];

namespace envlock::kernels::cuda {

std::string_view ptx() {
  return {envlock_ptx_begin, static_cast<std::size_t>(envlock_ptx_end - envlock_ptx_begin)};
}

std::string_view ptx_sha256() {
  return ENVLOCK_PTX_SHA256;
}

}  // namespace envlock::kernels::cuda
