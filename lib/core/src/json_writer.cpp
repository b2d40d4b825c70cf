#include "envlock/core/json_writer.h"

#include "envlock/core/text.h"

namespace envlock::core {
namespace {

/// How many bytes at the start of `text` stand for themselves: ASCII without what needs an escape.
std::size_t plain_length(std::string_view text) {
  std::size_t length = 0;
  while (length < text.size()) {
    const auto byte = static_cast<unsigned char>(text[length]);
    if (byte < 0x20 || byte >= 0x80 || byte == '"' || byte == '\\') break;
    ++length;
  }
  return length;
}

}  // namespace

void JsonWriter::new_line() {
  out_ += '\n';
  out_.append(2 * levels_.size(), ' ');
}

void JsonWriter::before_value() {
  if (after_key_) {
    after_key_ = false;
    return;
  }
  if (levels_.empty()) return;
  Level& level = levels_.back();
  if (!level.empty) out_ += level.layout == Layout::single_line ? ", " : ",";
  level.empty = false;
  if (level.layout == Layout::multi_line) new_line();
}

void JsonWriter::open(char bracket, Layout layout, bool is_object) {
  before_value();
  out_ += bracket;
  // What lies inside a single line stays on it.
  if (!levels_.empty() && levels_.back().layout == Layout::single_line) layout = Layout::single_line;
  levels_.push_back({is_object, layout});
}

void JsonWriter::close(char bracket) {
  const Level level = levels_.back();
  levels_.pop_back();
  if (!level.empty && level.layout == Layout::multi_line) new_line();
  out_ += bracket;
}

void JsonWriter::begin_object(Layout layout) {
  open('{', layout, true);
}
void JsonWriter::end_object() {
  close('}');
}
void JsonWriter::begin_array(Layout layout) {
  open('[', layout, false);
}
void JsonWriter::end_array() {
  close(']');
}

void JsonWriter::key(std::string_view name) {
  before_value();
  quote(name);
  out_ += ": ";
  after_key_ = true;
}

void JsonWriter::value(std::string_view text) {
  before_value();
  quote(text);
}

void JsonWriter::value(std::int64_t number) {
  before_value();
  out_ += std::to_string(number);
}

void JsonWriter::value(std::uint64_t number) {
  before_value();
  out_ += std::to_string(number);
}

void JsonWriter::value(bool flag) {
  before_value();
  out_ += flag ? "true" : "false";
}

void JsonWriter::null() {
  before_value();
  out_ += "null";
}

void JsonWriter::member(std::string_view name, const std::vector<std::string>& texts, Layout layout) {
  key(name);
  begin_array(layout);
  for (const std::string& text : texts) value(text);
  end_array();
}

void JsonWriter::quote(std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  out_ += '"';
  while (!text.empty()) {
    const std::size_t plain = plain_length(text);
    out_ += text.substr(0, plain);
    text.remove_prefix(plain);
    if (text.empty()) break;
    const char c = text.front();
    std::size_t length = 1;
    if (c == '"' || c == '\\') {
      out_ += '\\';
      out_ += c;
    } else if (c == '\n') {
      out_ += "\\n";
    } else if (c == '\t') {
      out_ += "\\t";
    } else if (c == '\r') {
      out_ += "\\r";
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out_ += "\\u00";
      out_ += kHex[static_cast<unsigned char>(c) >> 4];
      out_ += kHex[c & 15];
    } else {
      length = 0;
      for (std::size_t size = 2; size <= 4 && size <= text.size() && length == 0; ++size) {
        if (is_valid_utf8(text.substr(0, size))) length = size;
      }
      if (length == 0) {
        out_ += "\xEF\xBF\xBD";
        length = 1;
      } else {
        out_ += text.substr(0, length);
      }
    }
    text.remove_prefix(length);
  }
  out_ += '"';
}

std::string JsonWriter::finish() {
  out_ += '\n';
  return std::move(out_);
}

}  // namespace envlock::core
