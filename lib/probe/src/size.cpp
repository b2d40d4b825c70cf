#include "envlock/probe/size.h"

#include "envlock/core/diagnostic.h"
#include "envlock/core/text.h"

namespace envlock::probe {

const std::vector<Size>& all_sizes() {
  static const std::vector<Size> sizes = {
      {.name = "quick",
       .B = 4,
       .T = 64,
       .C = 64,
       .H = 4,
       .L = 2,
       .F = 256,
       .V = 256,
       .steps = 20,
       .score_scale = 0x1p-2f},
      {.name = "standard",
       .B = 4,
       .T = 128,
       .C = 128,
       .H = 4,
       .L = 4,
       .F = 1024,
       .V = 256,
       .steps = 20,
       .score_scale = 0x1.6a09e6p-3f},
      {.name = "gpu",
       .B = 8,
       .T = 256,
       .C = 256,
       .H = 8,
       .L = 4,
       .F = 1024,
       .V = 256,
       .steps = 20,
       .score_scale = 0x1.6a09e6p-3f},
  };
  return sizes;
}

const Size& find_size(std::string_view name) {
  std::vector<std::string> names;
  for (const Size& size : all_sizes()) {
    if (size.name == name) return size;
    names.push_back("`" + size.name + "`");
  }
  throw core::Error({.code = "unknown-size",
                     .what = "there is no probe of size `" + core::printable(name) + "`",
                     .where = std::nullopt,
                     .why = {"the sizes are " + core::join(names, ", ")},
                     .hints = {}});
}

}  // namespace envlock::probe
