// Prints what is not the default in the floating-point unit's settings, in its first thread and in one that it starts:
// "ftz daz | ftz daz". The stories ask it whether a library does what it should, before they ask whether that is found.
#include <cstdio>
#include <string>
#include <thread>

#include "fp_control.h"

namespace {

std::string words(std::uint32_t control) {
  std::string text;
  if ((control & kFlushToZero) != 0) text += "ftz ";
  if ((control & kDenormalsAreZero) != 0) text += "daz ";
  const std::uint32_t rounding = control & kRoundToZero;
  if (rounding == kRoundUp) text += "up ";
  if (rounding == kRoundDown) text += "down ";
  if (rounding == kRoundToZero) text += "zero ";
  return text;
}

}  // namespace

int main() {
  std::string other;
  std::thread([&] { other = words(read_control()); }).join();
  std::printf("%s| %s\n", words(read_control()).c_str(), other.c_str());
}
