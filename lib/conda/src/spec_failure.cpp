#include "spec_failure.h"

#include <algorithm>

#include "envlock/core/text.h"
#include "envlock/core/url.h"

namespace envlock::conda {

core::Diagnostic diagnostic_of(const SpecFailure& failure, std::string code, std::string_view kind,
                               std::string_view text) {
  const std::string_view shown = text.substr(0, 2000);
  const std::string masked = core::without_secrets(shown);
  core::Diagnostic diagnostic;
  diagnostic.code = std::move(code);
  diagnostic.what = "`" + core::printable(masked, 100) + "` is not a " + std::string(kind);
  core::SourceSpan span;
  // A masked or cut text has other columns than the one that was written: then the whole line is meant.
  if (masked == shown && failure.offset <= shown.size()) {
    const std::string_view before = shown.substr(0, failure.offset);
    if (core::is_valid_utf8(before)) {
      span.column = core::count_code_points(before) + 1;
      span.length = static_cast<int>(std::clamp<std::size_t>(failure.length, 1, 200));
    }
  }
  span.text = core::printable(masked, 300);
  diagnostic.where = std::move(span);
  diagnostic.why = {failure.why};
  diagnostic.hints = failure.hints;
  return diagnostic;
}

void check_plain_text(std::string_view text) {
  if (text.size() > kMaxSpecLength) {
    fail_at(
        0, 1,
        "it has " + std::to_string(text.size()) + " bytes; at most " + std::to_string(kMaxSpecLength) + " are read");
  }
  bool ascii = true;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if ((byte < 0x20 && byte != '\t') || byte == 0x7F) fail_at(i, 1, "it holds a control character");
    if (byte >= 0x80) ascii = false;
  }
  if (!ascii && !core::is_valid_utf8(text)) fail_at(0, 1, "it is not UTF-8");
}

std::string without_credentials(std::string_view url) {
  // One pass may bring together what the next one takes for a token: canonical is what no pass changes.
  std::string stripped = core::strip_credentials(url);
  for (int pass = 0; pass < 64; ++pass) {
    std::string again = core::strip_credentials(stripped);
    if (again == stripped) return stripped;
    stripped = std::move(again);
  }
  fail_at(0, url.size(), "the URL holds too many tokens");
}

}  // namespace envlock::conda
