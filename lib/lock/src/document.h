#pragma once

#include <string>
#include <string_view>

#include "envlock/core/diagnostic.h"
#include "envlock/core/text.h"
#include "json.h"
#include "source_text.h"

namespace envlock::lock {

/// Which document a reader expects.
struct ExpectedFormat {
  std::string_view name;
  int version = 0;
  std::string code;  ///< of the error for anything else
};

/// Throws: core::Error "lock-version" for a version this program does not know, naming the one that does; the expected
/// format's code for another document.
void require_format(const JsonDocument& document, const std::string& file, const ExpectedFormat& expected);

/// Throws the syntax error as core::Error with its place.
[[noreturn]] void throw_syntax_error(std::string_view text, const std::string& file, const std::string& code,
                                     const JsonSyntaxError& error);
/// Throws: core::Error with `code` unless the text is UTF-8.
void require_utf8(std::string_view text, const std::string& file, const std::string& code);

/// Parses JSON and hands it to `use`, whose result it returns.
template <typename Use>
auto with_document(std::string_view text, const std::string& file, JsonSyntax syntax, const std::string& code,
                   Use use) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  require_utf8(text, file, code);
  try {
    const JsonDocument document(text, syntax);
    return use(document);
  } catch (const JsonSyntaxError& error) {
    throw_syntax_error(text, file, code, error);
  }
}

}  // namespace envlock::lock
