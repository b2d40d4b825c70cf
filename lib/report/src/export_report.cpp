#include "envlock/report/export_report.h"

#include "envlock/core/json_writer.h"
#include "json_parts.h"

namespace envlock::report {

std::string json_export(const std::string& format, const std::string& lock_file, const std::vector<ExportedFile>& files,
                        const std::vector<core::Note>& notes) {
  core::JsonWriter json;
  begin_document(json, "envlock-export");
  json.member("exported_format", format);
  write_text(json, "lock", lock_file);
  json.key("files");
  json.begin_array();
  for (const ExportedFile& file : files) {
    json.begin_object();
    if (!file.platform.empty()) json.member("platform", file.platform);
    if (file.file.empty()) {
      json.member("content", file.content);
    } else {
      write_text(json, "file", file.file);
    }
    json.end_object();
  }
  json.end_array();
  write_notes(json, notes);
  json.end_object();
  return json.finish();
}

}  // namespace envlock::report
