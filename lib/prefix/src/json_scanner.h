#pragma once

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace envlock::prefix {

/// Reads one JSON document and tells `Handler` of its pieces in order; keeps no piece, so that memory does not grow
/// with the text. The handler has start_object, end_object, start_array, end_array, key(text), string(text),
/// number(value), other_number (one that is no whole number of 64 bits), boolean(flag) and null; it may throw, and must
/// not let the document nest without end. A text is valid until the next call.
template <typename Handler>
class JsonScanner {
 public:
  JsonScanner(std::string_view text, Handler& handler)
      : at_(text.data()), end_(text.data() + text.size()), handler_(handler) {}

  /// False: the text is not JSON (RFC 8259), or holds a string that is no Unicode.
  bool run();

 private:
  void skip_space() {
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) ++at_;
  }
  bool take(char wanted) {
    if (at_ == end_ || *at_ != wanted) return false;
    ++at_;
    return true;
  }
  bool take(std::string_view word) {
    if (!std::string_view(at_, static_cast<std::size_t>(end_ - at_)).starts_with(word)) return false;
    at_ += word.size();
    return true;
  }
  bool take_digits() {
    const char* begin = at_;
    while (at_ != end_ && *at_ >= '0' && *at_ <= '9') ++at_;
    return at_ != begin;
  }
  bool read_key();
  bool read_value();
  bool read_number();
  bool read_string(std::string_view& text);
  bool read_escaped(const char* begin, std::string_view& text);
  bool read_escape();
  bool read_hex(std::uint32_t& code);

  const char* at_;
  const char* end_;
  Handler& handler_;
  std::vector<char> open_;  // the closing bracket of each that is open
  bool is_first_ = false;   // nothing yet came after the last opening bracket
  std::string unescaped_;
};

/// Appends the UTF-8 of a code point that is no surrogate.
void append_utf8(std::string& text, std::uint32_t code);
/// Where the plain part of a JSON string ends that begins at `at`: at a quote, a backslash, a control character or the
/// end. `is_ascii` becomes false when it is more than ASCII.
const char* plain_end(const char* at, const char* end, bool& is_ascii);
bool is_unicode(std::string_view text);

template <typename Handler>
bool JsonScanner<Handler>::run() {
  skip_space();
  if (!read_value()) return false;
  while (!open_.empty()) {
    skip_space();
    const char closing = open_.back();
    if (take(closing)) {
      open_.pop_back();
      is_first_ = false;
      closing == '}' ? handler_.end_object() : handler_.end_array();
      continue;
    }
    if (!is_first_) {
      if (!take(',')) return false;
      skip_space();
    }
    is_first_ = false;
    if (closing == '}' && !read_key()) return false;
    if (!read_value()) return false;
  }
  skip_space();
  return at_ == end_;
}

template <typename Handler>
bool JsonScanner<Handler>::read_key() {
  std::string_view text;
  if (!read_string(text)) return false;
  handler_.key(text);
  skip_space();
  if (!take(':')) return false;
  skip_space();
  return true;
}

template <typename Handler>
bool JsonScanner<Handler>::read_value() {
  if (at_ == end_) return false;
  switch (*at_) {
    case '{':
    case '[': {
      const bool is_object = *at_++ == '{';
      open_.push_back(is_object ? '}' : ']');
      is_first_ = true;
      is_object ? handler_.start_object() : handler_.start_array();
      return true;
    }
    case '"': {
      std::string_view text;
      if (!read_string(text)) return false;
      handler_.string(text);
      return true;
    }
    case 't':
      if (!take("true")) return false;
      handler_.boolean(true);
      return true;
    case 'f':
      if (!take("false")) return false;
      handler_.boolean(false);
      return true;
    case 'n':
      if (!take("null")) return false;
      handler_.null();
      return true;
    default:
      return read_number();
  }
}

template <typename Handler>
bool JsonScanner<Handler>::read_number() {
  const char* begin = at_;
  bool is_whole = !take('-');
  if (!take('0') && !take_digits()) return false;
  std::uint64_t value = 0;
  if (is_whole) is_whole = std::from_chars(begin, at_, value).ec == std::errc();
  if (take('.')) {
    is_whole = false;
    if (!take_digits()) return false;
  }
  if (take('e') || take('E')) {
    is_whole = false;
    if (!take('-')) (void)take('+');
    if (!take_digits()) return false;
  }
  is_whole ? handler_.number(value) : handler_.other_number();
  return true;
}

template <typename Handler>
bool JsonScanner<Handler>::read_string(std::string_view& text) {
  if (!take('"')) return false;
  const char* begin = at_;
  bool is_ascii = true;
  at_ = plain_end(at_, end_, is_ascii);
  if (at_ == end_) return false;
  if (*at_ == '\\') return read_escaped(begin, text);
  if (*at_ != '"') return false;
  text = std::string_view(begin, static_cast<std::size_t>(at_ - begin));
  ++at_;
  return is_ascii || is_unicode(text);
}

template <typename Handler>
bool JsonScanner<Handler>::read_escaped(const char* begin, std::string_view& text) {
  bool is_ascii = true;  // what follows from escapes is Unicode, and so the whole is asked at the end
  unescaped_.assign(begin, at_);
  while (at_ != end_ && *at_ != '"') {
    if (!take('\\') || !read_escape()) return false;
    begin = at_;
    at_ = plain_end(at_, end_, is_ascii);
    unescaped_.append(begin, at_);
  }
  if (!take('"')) return false;
  text = unescaped_;
  return is_unicode(text);
}

template <typename Handler>
bool JsonScanner<Handler>::read_escape() {
  static constexpr std::string_view kNames = "\"\\/bfnrt", kMeanings = "\"\\/\b\f\n\r\t";
  if (at_ == end_) return false;
  const char name = *at_++;
  if (const std::size_t found = kNames.find(name); found != std::string_view::npos) {
    unescaped_ += kMeanings[found];
    return true;
  }
  std::uint32_t code = 0;
  if (name != 'u' || !read_hex(code) || (code >= 0xDC00 && code <= 0xDFFF)) return false;
  if (code >= 0xD800 && code <= 0xDBFF) {
    std::uint32_t low = 0;
    if (!take("\\u") || !read_hex(low) || low < 0xDC00 || low > 0xDFFF) return false;
    code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
  }
  append_utf8(unescaped_, code);
  return true;
}

template <typename Handler>
bool JsonScanner<Handler>::read_hex(std::uint32_t& code) {
  if (end_ - at_ < 4) return false;
  const std::from_chars_result read = std::from_chars(at_, at_ + 4, code, 16);
  if (read.ec != std::errc() || read.ptr != at_ + 4) return false;
  at_ += 4;
  return true;
}

}  // namespace envlock::prefix
