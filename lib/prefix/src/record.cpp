#include <algorithm>
#include <charconv>
#include <utility>

#include "envlock/core/diagnostic.h"
#include "envlock/core/text.h"
#include "record_base64.h"
#include "record_reader.h"

namespace envlock::prefix {
namespace {

/// Takes a CSV text apart as Python's csv module does: quotes around a field, doubled inside; LF, CR LF or CR end a
/// line.
class CsvReader {
 public:
  explicit CsvReader(std::string_view text) : text_(text) {}

  bool at_end() const { return at_ >= text_.size(); }
  /// The 1-based line on which the next row begins.
  std::size_t line() const { return line_; }

  /// False: the row's last field has a quote that does not end.
  bool read_row(std::vector<std::string>& fields) {
    fields.assign(1, "");
    while (!at_end()) {
      const char c = text_[at_];
      if (c == '"' && fields.back().empty()) {
        if (!read_quoted(fields.back())) return false;
      } else if (c == ',') {
        ++at_;
        fields.emplace_back();
      } else if (c == '\n' || c == '\r') {
        at_ += text_.substr(at_, 2) == "\r\n" ? 2 : 1;
        ++line_;
        return true;
      } else {
        fields.back() += c;
        ++at_;
      }
    }
    return true;
  }

 private:
  bool read_quoted(std::string& field) {
    for (++at_; !at_end(); ++at_) {
      if (text_[at_] == '\n') ++line_;
      if (text_[at_] != '"') {
        field += text_[at_];
      } else if (text_.substr(at_, 2) == "\"\"") {
        field += text_[at_++];
      } else {
        ++at_;
        return true;
      }
    }
    return false;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
};

/// Empty: the line is good.
std::string read_hash(std::string_view text, RecordLine& line) {
  if (text.empty()) return "";
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0) return "the hash has no name";
  line.hash_name = core::to_lower(text.substr(0, equals));
  line.hash_text = text.substr(equals + 1);
  if (line.hash_name != "sha256") return "";
  const std::optional<std::string> bytes = decode_base64(line.hash_text);
  core::Sha256 digest;
  if (!bytes || bytes->size() != digest.bytes.size()) return "the hash is no SHA-256 in urlsafe base64";
  std::copy(bytes->begin(), bytes->end(), digest.bytes.begin());
  line.sha256 = digest;
  return "";
}

std::string read_line(const std::vector<std::string>& fields, RecordLine& line) {
  for (std::size_t i = 3; i < fields.size(); ++i) {
    if (!fields[i].empty()) return "there are more than three fields";
  }
  if (fields[0].empty()) return "the path is empty";
  if (fields[0].find('\0') != std::string::npos) return "the path holds a NUL";
  line.path = fields[0];
  if (fields.size() > 1) {
    if (std::string problem = read_hash(fields[1], line); !problem.empty()) return problem;
  }
  if (fields.size() < 3 || fields[2].empty()) return "";
  std::uint64_t size = 0;
  const char* end = fields[2].data() + fields[2].size();
  const auto [stop, error] = std::from_chars(fields[2].data(), end, size);
  if (error != std::errc() || stop != end) return "the size is not a whole number";
  line.size = size;
  return "";
}

std::string quoted(const std::string& field) {
  if (field.find_first_of(",\"\r\n") == std::string::npos) return field;
  std::string text = "\"";
  for (const char c : field) {
    text += c;
    if (c == '"') text += c;
  }
  return text + '"';
}

}  // namespace

ReadRecord read_record(std::string_view text) {
  ReadRecord record;
  CsvReader reader(text.starts_with("\xEF\xBB\xBF") ? text.substr(3) : text);
  std::vector<std::string> fields;
  while (!reader.at_end()) {
    const std::string place = "line " + std::to_string(reader.line()) + ": ";
    std::string problem;
    RecordLine line;
    if (!reader.read_row(fields)) {
      problem = "a quote does not end";
    } else if (fields.size() == 1 && core::trim(fields[0]).empty()) {
      continue;
    } else {
      problem = read_line(fields, line);
    }
    if (problem.empty()) {
      record.lines.push_back(std::move(line));
    } else if (!record.problem) {
      record.problem = place + problem;
    }
  }
  return record;
}

std::vector<RecordLine> parse_record(std::string_view text, const std::string& file) {
  ReadRecord record = read_record(text);
  if (record.problem) {
    throw core::Error({.code = "wheel-record-invalid",
                       .what = "`" + core::printable(file) + "` cannot be understood",
                       .why = {*record.problem, "a line of RECORD is `path,sha256=HASH,SIZE`"},
                       .hints = {"take another file of that version, and tell its authors"}});
  }
  return std::move(record.lines);
}

std::string format_record(const std::vector<RecordLine>& lines) {
  std::string text;
  for (const RecordLine& line : lines) {
    text += quoted(line.path) + ',';
    if (!line.hash_name.empty()) text += quoted(line.hash_name + '=' + line.hash_text);
    text += ',';
    if (line.size) text += std::to_string(*line.size);
    text += '\n';
  }
  return text;
}

RecordLine record_line(std::string path, const core::Sha256& sha256, std::uint64_t size) {
  RecordLine line{.path = std::move(path), .sha256 = sha256, .size = size, .hash_name = "sha256"};
  line.hash_text = encode_base64({reinterpret_cast<const char*>(sha256.bytes.data()), sha256.bytes.size()});
  return line;
}

RecordLine record_line(std::string path, std::string_view bytes) {
  return record_line(std::move(path), core::sha256(bytes), bytes.size());
}

}  // namespace envlock::prefix
