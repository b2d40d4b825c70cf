// Whatever stands in a line of a user's file, drawing it neither fails nor lets a control character reach the terminal.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "envlock/core/text.h"
#include "envlock/report/report.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 4) return 0;
  const std::string text(reinterpret_cast<const char*>(data) + 4, size - 4);
  const envlock::core::SourceSpan where{
      .file = text.substr(0, 20), .line = data[0], .column = data[1] * 3, .length = data[2], .text = text};
  const envlock::core::Diagnostic diagnostic{
      .code = "fuzz", .what = text, .where = where, .why = {text, "want " + text, text}, .hints = {text}};
  const envlock::report::Style style{.color = false, .width = data[3]};
  const std::string drawn = envlock::report::text(diagnostic, envlock::report::Kind::error, style);
  const bool has_control = std::any_of(drawn.begin(), drawn.end(), [](char letter) {
    return (static_cast<unsigned char>(letter) < 0x20 && letter != '\n') || letter == '\x7f';
  });
  if (has_control || drawn.empty() || drawn.back() != '\n' || !envlock::core::is_valid_utf8(drawn)) std::abort();
  if (!envlock::core::is_valid_utf8(envlock::report::json_errors({diagnostic}, {}))) std::abort();
  return 0;
}
