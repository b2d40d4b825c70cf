#include <set>

#include "envlock/core/text.h"
#include "record_base64.h"
#include "record_hash.h"
#include "wheel_content.h"
#include "wheel_invalid.h"

namespace envlock::prefix {
namespace {

/// Hashes those files again whose line has another hash than SHA-256.
class OtherHashes : public archive::EntrySink {
 public:
  OtherHashes(const WheelContent& content, const std::map<std::string, const RecordLine*>& lines)
      : content_(content), lines_(lines) {}

  void begin(const archive::Entry& entry) override {
    const auto it = lines_.find(entry.path);
    line_ = it == lines_.end() ? nullptr : it->second;
    if (line_ != nullptr) hasher_.emplace(line_->hash_name);
  }
  void data(std::string_view bytes) override {
    if (line_ != nullptr) hasher_->update(bytes);
  }
  void end() override {
    if (line_ == nullptr) return;
    if (decode_base64(line_->hash_text) != hasher_->finish()) {
      throw_wheel_invalid(content_.file_name, "RECORD has another hash for " + in_backticks(line_->path));
    }
    line_ = nullptr;
  }

 private:
  const WheelContent& content_;
  const std::map<std::string, const RecordLine*>& lines_;
  const RecordLine* line_ = nullptr;
  std::optional<RecordHasher> hasher_;
};

/// RECORD cannot hold its own hash, and a signature of RECORD comes after it.
bool needs_no_hash(std::string_view path, const std::string& record) {
  return path == record || path == record + ".jws" || path == record + ".p7s";
}

void check_line(const RecordLine& line, const WheelContent& content) {
  const WheelPart* part = content.find(line.path);
  if (part == nullptr) {
    throw_wheel_invalid(content.file_name, "RECORD lists " + in_backticks(line.path) + ", which is not in it");
  }
  if (line.sha256 ? *line.sha256 != part->sha256 : !RecordHasher::knows(line.hash_name)) {
    throw_wheel_invalid(content.file_name,
                        line.sha256 ? "RECORD has another hash for " + in_backticks(line.path)
                                    : "RECORD has no SHA-256, SHA-384 or SHA-512 for " + in_backticks(line.path));
  }
  if (line.size && *line.size != part->size) {
    throw_wheel_invalid(content.file_name, "RECORD has another size for " + in_backticks(line.path));
  }
}

}  // namespace

void check_record(const std::filesystem::path& file, const WheelContent& content, const std::string& info_folder) {
  const std::string record = info_folder + "/RECORD";
  if (content.find(record) == nullptr) throw_wheel_invalid(content.file_name, "it has no RECORD");
  const std::vector<RecordLine> lines = parse_record(content.text(record), content.file_name + "/" + record);
  std::set<std::string_view> listed;
  std::map<std::string, const RecordLine*> others;
  for (const RecordLine& line : lines) {
    if (needs_no_hash(line.path, record)) continue;
    if (!listed.insert(line.path).second) {
      throw_wheel_invalid(content.file_name, "RECORD lists " + in_backticks(line.path) + " twice");
    }
    check_line(line, content);
    if (!line.sha256) others.emplace(line.path, &line);
  }
  for (const std::string& path : content.order) {
    if (needs_no_hash(path, record) || listed.contains(path)) continue;
    throw_wheel_invalid(content.file_name, "RECORD does not list " + in_backticks(path));
  }
  if (others.empty()) return;
  OtherHashes sink(content, others);
  if (archive::read_wheel(file, sink).sha256 != content.digest.sha256) {
    throw_wheel_invalid(content.file_name, "it changed while it was read");
  }
}

}  // namespace envlock::prefix
