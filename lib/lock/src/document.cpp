#include "document.h"

#include <algorithm>
#include <cctype>

#include "json_fields.h"

namespace envlock::lock {
namespace {

bool is_release(std::string_view text) {
  return !text.empty() && text.size() < 20 &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) { return (c >= '0' && c <= '9') || c == '.'; });
}

std::string text_of(const Json& object, std::string_view key) {
  const Json* value = object.find(key);
  return value == nullptr || value->kind != Json::Kind::text ? std::string() : std::string(value->text);
}

}  // namespace

void require_utf8(std::string_view text, const std::string& file, const std::string& code) {
  if (core::is_valid_utf8(text)) return;
  // The longest valid beginning ends where the first bad byte stands.
  std::size_t begin = 0;
  for (std::size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n', begin)) {
    if (!core::is_valid_utf8(text.substr(begin, end - begin))) break;
    begin = end + 1;
  }
  core::SourceSpan where = span_of(text, file, begin, begin);
  where.column = 0;
  where.text = core::printable(where.text);
  throw core::Error({.code = code, .what = "`" + core::printable(file) + "` is not UTF-8 text", .where = where});
}

void throw_syntax_error(std::string_view text, const std::string& file, const std::string& code,
                        const JsonSyntaxError& error) {
  core::Diagnostic diagnostic;
  diagnostic.code = code;
  diagnostic.what = error.what();
  diagnostic.where = span_of(text, file, error.offset(), error.offset() + 1);
  if (core::trim(text).empty()) diagnostic.what = "`" + core::printable(file) + "` is empty";
  throw core::Error(std::move(diagnostic));
}

void require_format(const JsonDocument& document, const std::string& file, const ExpectedFormat& expected) {
  Mistakes mistakes(document, file, expected.code);
  const Json& root = document.root();
  const Json* format = root.find("format");
  const Json* version = root.find("version");
  const std::string name(expected.name);
  if (format == nullptr || format->kind != Json::Kind::text || format->text != expected.name) {
    mistakes.add(format == nullptr ? root : *format, "this is not an `" + name + "` document",
                 {"its member `format` should be \"" + name + "\""});
  } else if (version == nullptr || version->kind != Json::Kind::number) {
    mistakes.add(version == nullptr ? root : *version, "`version` must be the number of the format's version");
  } else if (version->text != std::to_string(expected.version)) {
    const std::string needs = text_of(root, "needs_envlock");
    throw core::Error({.code = "lock-version",
                       .what = "`" + core::printable(file) + "` has format version " +
                               core::printable(version->text, 20) + ", and this envlock reads version " +
                               std::to_string(expected.version),
                       .where = span_of(document.source(), file, version->offset, version->end),
                       .hints = {is_release(needs) ? "use envlock " + needs + " or newer" : "use a newer envlock"}});
  }
  mistakes.throw_if_any();
}

}  // namespace envlock::lock
