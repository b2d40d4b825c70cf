#include "paint.h"

#include "envlock/core/text.h"
#include "envlock/core/url.h"

namespace envlock::report {
namespace {

/// Longer than any sentence of ours; shorter than a flood.
constexpr int kLongestText = 2000;

std::string_view code_of(Color color) {
  switch (color) {
    case Color::red:
      return "1;31";
    case Color::yellow:
      return "1;33";
    case Color::green:
      return "1;32";
    case Color::cyan:
      return "1;36";
    case Color::blue:
      return "34";
    case Color::dim:
      return "2";
    case Color::bold:
      return "1";
  }
  return "0";
}

}  // namespace

std::string paint(std::string_view text, Color color, const Style& style) {
  if (!style.color || text.empty()) return std::string(text);
  std::string painted = "\x1b[";
  painted.append(code_of(color)).append("m").append(text).append("\x1b[0m");
  return painted;
}

std::string shown(std::string_view text) {
  return core::printable(core::without_secrets(text), kLongestText);
}

}  // namespace envlock::report
