#include "json.h"

#include <algorithm>
#include <utility>

namespace envlock::lock {

const Json* Json::find(std::string_view name) const {
  const auto it = std::find_if(items.begin(), items.end(), [&](const Json& item) { return item.key == name; });
  return kind == Kind::object && it != items.end() ? &*it : nullptr;
}

class JsonDocument::Reader {
 public:
  Reader(JsonDocument& document, JsonSyntax syntax) : document_(document), source_(document.source_), syntax_(syntax) {}

  Json read() {
    Json root;
    read_value(root, 0);
    skip_space();
    if (at_ < source_.size()) fail(at_, "the document ends here, but more text follows");
    return root;
  }

 private:
  [[noreturn]] static void fail(std::size_t offset, const std::string& what) { throw JsonSyntaxError(offset, what); }

  char peek() const { return at_ < source_.size() ? source_[at_] : '\0'; }
  void skip_space() {
    while (at_ < source_.size() &&
           (source_[at_] == ' ' || source_[at_] == '\n' || source_[at_] == '\r' || source_[at_] == '\t')) {
      ++at_;
    }
  }

  void read_value(Json& value, int depth) {
    skip_space();
    if (depth > kMaxDepth) fail(at_, "values are nested more than " + std::to_string(kMaxDepth) + " deep");
    if (at_ == source_.size()) fail(at_, "the text ends where a value should stand");
    value.offset = at_;
    const char c = peek();
    if (c == '{') {
      read_object(value, depth);
    } else if (c == '[') {
      read_array(value, depth);
    } else if (c == '"') {
      value.kind = Json::Kind::text;
      value.text = read_text();
    } else if (c == '-' || (c >= '0' && c <= '9')) {
      read_number(value);
    } else if (!read_word(value)) {
      fail(at_, "a JSON value should stand here");
    }
    value.end = at_;
  }

  bool read_word(Json& value) {
    const std::string_view rest = source_.substr(at_);
    if (rest.starts_with("true") || rest.starts_with("false")) {
      value.kind = Json::Kind::boolean;
      value.flag = rest.front() == 't';
      at_ += value.flag ? 4 : 5;
      return true;
    }
    if (!rest.starts_with("null")) return false;
    at_ += 4;
    return true;
  }

  void read_array(Json& value, int depth) {
    value.kind = Json::Kind::array;
    ++at_;
    for (bool first = true;; first = false) {
      if (!next_item(']', first)) return;
      read_value(value.items.emplace_back(), depth + 1);
    }
  }

  void read_object(Json& value, int depth) {
    value.kind = Json::Kind::object;
    ++at_;
    for (bool first = true;; first = false) {
      if (!next_item('}', first)) break;
      if (peek() != '"') fail(at_, "a key in double quotes should stand here");
      Json& item = value.items.emplace_back();
      item.key_offset = at_;
      item.key = read_text();
      skip_space();
      if (peek() != ':') fail(at_, "a colon should stand after the key");
      ++at_;
      read_value(item, depth + 1);
    }
    refuse_repeated_keys(value);
  }

  // True when another item follows, false when the closing bracket was read.
  bool next_item(char closing, bool first) {
    skip_space();
    if (at_ == source_.size()) fail(at_, std::string("the text ends before the closing `") + closing + "`");
    if (peek() == closing) {
      ++at_;
      return false;
    }
    if (first) return true;
    if (peek() != ',') fail(at_, std::string("a comma or `") + closing + "` should stand here");
    const std::size_t comma = at_++;
    skip_space();
    if (peek() != closing) return true;
    if (syntax_ == JsonSyntax::strict) fail(comma, "there is a comma after the last item");
    ++at_;
    return false;
  }

  void refuse_repeated_keys(const Json& object) const {
    if (syntax_ == JsonSyntax::merged) return;
    std::vector<std::pair<std::string_view, std::size_t>> keys;
    keys.reserve(object.items.size());
    for (const Json& item : object.items) keys.emplace_back(item.key, item.key_offset);
    std::sort(keys.begin(), keys.end());
    for (std::size_t i = 1; i < keys.size(); ++i) {
      if (keys[i].first == keys[i - 1].first) fail(keys[i].second, "this key stands twice in one object");
    }
  }

  void read_number(Json& value) {
    const std::size_t begin = at_;
    if (peek() == '-') ++at_;
    if (peek() == '0') {
      ++at_;
    } else {
      read_digits(begin);
    }
    if (peek() == '.') {
      ++at_;
      read_digits(begin);
    }
    if (peek() == 'e' || peek() == 'E') {
      ++at_;
      if (peek() == '+' || peek() == '-') ++at_;
      read_digits(begin);
    }
    value.kind = Json::Kind::number;
    value.text = source_.substr(begin, at_ - begin);
  }

  void read_digits(std::size_t begin) {
    if (peek() < '0' || peek() > '9') fail(begin, "this is not a JSON number");
    while (peek() >= '0' && peek() <= '9') ++at_;
  }

  // A string between its quotes; a view into the source unless it holds escapes.
  std::string_view read_text() {
    const std::size_t begin = ++at_;
    std::size_t end = begin;
    while (end < source_.size() && source_[end] != '"' && source_[end] != '\\' && !is_control(source_[end])) ++end;
    if (end < source_.size() && source_[end] == '"') {
      at_ = end + 1;
      return source_.substr(begin, end - begin);
    }
    std::string& text = document_.unescaped_.emplace_back(source_.substr(begin, end - begin));
    for (at_ = end; at_ < source_.size(); ++at_) {
      const char c = source_[at_];
      if (c == '"') {
        ++at_;
        return text;
      }
      if (is_control(c)) fail(at_, "a string holds a control character or does not end on its line");
      if (c == '\\') {
        ++at_;
        read_escape(text);
      } else {
        text += c;
      }
    }
    fail(begin - 1, "this string does not end");
  }

  static bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20; }

  // Stands on the character after the backslash, and ends on the last one of the escape.
  void read_escape(std::string& text) {
    static constexpr std::string_view kFrom = "\"\\/bfnrt";
    static constexpr std::string_view kTo = "\"\\/\b\f\n\r\t";
    const std::size_t index = kFrom.find(peek());
    if (at_ < source_.size() && index != std::string_view::npos) {
      text += kTo[index];
      return;
    }
    if (peek() != 'u') fail(at_ - 1, "this is not a JSON escape");
    std::uint32_t point = read_hex();
    if (point >= 0xD800 && point < 0xDC00 && source_.substr(at_ + 1, 2) == "\\u") {
      at_ += 2;
      const std::uint32_t low = read_hex();
      if (low < 0xDC00 || low > 0xDFFF) fail(at_ - 5, "half of a surrogate pair");
      point = 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00);
    } else if (point >= 0xD800 && point <= 0xDFFF) {
      fail(at_ - 5, "half of a surrogate pair");
    }
    append_utf8(text, point);
  }

  std::uint32_t read_hex() {
    std::uint32_t point = 0;
    for (int i = 0; i < 4; ++i) {
      ++at_;
      const char c = peek();
      const int digit = c >= '0' && c <= '9'   ? c - '0'
                        : c >= 'a' && c <= 'f' ? c - 'a' + 10
                        : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                               : -1;
      if (digit < 0) fail(at_, "four hexadecimal digits should stand after \\u");
      point = point * 16 + static_cast<std::uint32_t>(digit);
    }
    return point;
  }

  static void append_utf8(std::string& text, std::uint32_t point) {
    const auto add = [&](std::uint32_t byte) { text += static_cast<char>(byte); };
    if (point < 0x80) {
      add(point);
    } else if (point < 0x800) {
      add(0xC0 | point >> 6), add(0x80 | (point & 0x3F));
    } else if (point < 0x10000) {
      add(0xE0 | point >> 12), add(0x80 | (point >> 6 & 0x3F)), add(0x80 | (point & 0x3F));
    } else {
      add(0xF0 | point >> 18), add(0x80 | (point >> 12 & 0x3F)), add(0x80 | (point >> 6 & 0x3F));
      add(0x80 | (point & 0x3F));
    }
  }

  JsonDocument& document_;
  std::string_view source_;
  JsonSyntax syntax_;
  std::size_t at_ = 0;
};

JsonDocument::JsonDocument(std::string_view source, JsonSyntax syntax) : source_(source) {
  root_ = Reader(*this, syntax).read();
}

std::string JsonDocument::path_of(std::size_t offset) const {
  std::string path;
  const Json* value = &root_;
  while (true) {
    const Json* next = nullptr;
    std::size_t index = 0;
    for (const Json& item : value->items) {
      const std::size_t begin = value->kind == Json::Kind::object ? item.key_offset : item.offset;
      if (offset >= begin && offset < item.end) {
        next = &item;
        break;
      }
      ++index;
    }
    if (next == nullptr) return path;
    if (value->kind == Json::Kind::array) {
      path += "[" + std::to_string(index) + "]";
    } else {
      if (!path.empty()) path += '.';
      path += next->key;
    }
    value = next;
  }
}

}  // namespace envlock::lock
