#include "json_parts.h"

#include "envlock/core/url.h"
#include "envlock/report/report.h"

namespace envlock::report {
namespace {

using Layout = core::JsonWriter::Layout;

void write_texts(core::JsonWriter& json, std::string_view key, const std::vector<std::string>& texts) {
  std::vector<std::string> masked;
  masked.reserve(texts.size());
  for (const std::string& text : texts) masked.push_back(core::without_secrets(text));
  json.member(key, masked, masked.size() > 1 ? Layout::multi_line : Layout::single_line);
}

void write_members(core::JsonWriter& json, const core::Diagnostic& diagnostic) {
  json.member("code", diagnostic.code);
  write_text(json, "what", diagnostic.what);
  if (diagnostic.where) {
    const core::SourceSpan& where = *diagnostic.where;
    json.key("where");
    json.begin_object();
    write_text(json, "file", where.file);
    json.member("line", where.line);
    json.member("column", where.column);
    json.member("length", where.length);
    write_text(json, "text", where.text);
    json.end_object();
  }
  write_texts(json, "why", diagnostic.why);
  write_texts(json, "hints", diagnostic.hints);
}

}  // namespace

void begin_document(core::JsonWriter& json, std::string_view format) {
  json.begin_object();
  json.member("format", format);
  json.member("version", kJsonVersion);
}

void write_text(core::JsonWriter& json, std::string_view key, std::string_view text) {
  json.member(key, core::without_secrets(text));
}

void write_diagnostic_members(core::JsonWriter& json, const core::Diagnostic& diagnostic) {
  write_members(json, diagnostic);
}

void write_diagnostic(core::JsonWriter& json, const core::Diagnostic& diagnostic) {
  json.begin_object();
  write_members(json, diagnostic);
  json.end_object();
}

void write_diagnostics(core::JsonWriter& json, std::string_view key, const std::vector<core::Diagnostic>& diagnostics) {
  json.key(key);
  json.begin_array();
  for (const core::Diagnostic& diagnostic : diagnostics) write_diagnostic(json, diagnostic);
  json.end_array();
}

void write_notes(core::JsonWriter& json, const std::vector<core::Note>& notes) {
  json.key("notes");
  json.begin_array();
  for (const core::Note& note : notes) {
    json.begin_object();
    json.member("severity", note.severity == core::Severity::warning ? "warning" : "note");
    write_members(json, note.diagnostic);
    json.end_object();
  }
  json.end_array();
}

std::string json_errors(const std::vector<core::Diagnostic>& errors, const std::vector<core::Note>& notes) {
  core::JsonWriter json;
  begin_document(json, "envlock-errors");
  write_diagnostics(json, "errors", errors);
  write_notes(json, notes);
  json.end_object();
  return json.finish();
}

}  // namespace envlock::report
