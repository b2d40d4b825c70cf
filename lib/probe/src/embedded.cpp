// The assembler copies the files in: no generated source, and nothing to install beside the program.
#include "embedded.h"

#define ENVLOCK_EMBED(name, path)                  \
  __asm__(                                         \
      ".pushsection .rodata\n"                     \
      ".balign 16\n"                               \
      ".global envlock_embedded_" #name            \
      "\n"                                         \
      "envlock_embedded_" #name                    \
      ":\n"                                        \
      ".incbin \"" path                            \
      "\"\n"                                       \
      ".global envlock_embedded_" #name            \
      "_end\n"                                     \
      "envlock_embedded_" #name                    \
      "_end:\n"                                    \
      ".popsection\n");                            \
  extern "C" const char envlock_embedded_##name[]; \
  extern "C" const char envlock_embedded_##name##_end[];

#define ENVLOCK_EMBEDDED(name)              \
  std::string_view(envlock_embedded_##name, \
                   static_cast<std::size_t>(envlock_embedded_##name##_end - envlock_embedded_##name))

ENVLOCK_EMBED(corpus, ENVLOCK_CORPUS_FILE)
ENVLOCK_EMBED(golden_quick, ENVLOCK_GOLDEN_FOLDER "/quick.txt")
ENVLOCK_EMBED(golden_standard, ENVLOCK_GOLDEN_FOLDER "/standard.txt")
ENVLOCK_EMBED(golden_gpu, ENVLOCK_GOLDEN_FOLDER "/gpu.txt")

namespace envlock::probe {

std::string_view embedded_corpus() {
  return ENVLOCK_EMBEDDED(corpus);
}

std::string_view embedded_golden(std::string_view size) {
  if (size == "quick") return ENVLOCK_EMBEDDED(golden_quick);
  if (size == "standard") return ENVLOCK_EMBEDDED(golden_standard);
  if (size == "gpu") return ENVLOCK_EMBEDDED(golden_gpu);
  return {};
}

}  // namespace envlock::probe
