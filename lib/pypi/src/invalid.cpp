#include "invalid.h"

#include "envlock/core/diagnostic.h"
#include "envlock/core/text.h"
#include "envlock/core/url.h"

namespace envlock::pypi {

void throw_invalid(const char* code, const char* is_not, std::string_view text, const Problem& problem,
                   const char* hint) {
  core::Diagnostic diagnostic;
  diagnostic.code = code;
  diagnostic.what = "`" + core::printable(core::without_secrets(text), 80) + "` " + is_not;
  // The column is that of the text as it was; a name or password of a URL before it would only be masked.
  const int column = core::count_code_points(text.substr(0, problem.at)) + 1;
  diagnostic.where = core::SourceSpan{"", 0, column, 1, core::printable(core::without_secrets(text), 300)};
  diagnostic.why = {problem.why};
  if (*hint != '\0') diagnostic.hints = {hint};
  throw core::Error(std::move(diagnostic));
}

}  // namespace envlock::pypi
