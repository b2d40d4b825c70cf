#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace envlock::core {

/// Writes JSON whose bytes are a pure function of the calls: keys in the order given, two-space indent, LF, UTF-8 as it
/// is with only the escapes that RFC 8259 demands. Invalid UTF-8 becomes U+FFFD.
class JsonWriter {
 public:
  enum class Layout { multi_line, single_line };

  void begin_object(Layout layout = Layout::multi_line);
  void end_object();
  void begin_array(Layout layout = Layout::multi_line);
  void end_array();
  void key(std::string_view name);
  void value(std::string_view text);
  void value(const char* text) { value(std::string_view(text)); }
  void value(std::int64_t number);
  void value(std::uint64_t number);
  void value(int number) { value(static_cast<std::int64_t>(number)); }
  void value(bool flag);
  void null();

  template <typename Value>
  void member(std::string_view name, const Value& member_value) {
    key(name);
    value(member_value);
  }
  /// A member that is an array of strings.
  void member(std::string_view name, const std::vector<std::string>& texts, Layout layout = Layout::single_line);

  /// The document with its final newline.
  std::string finish();

 private:
  struct Level {
    bool is_object;
    Layout layout;
    bool empty = true;
  };
  void before_value();
  void open(char bracket, Layout layout, bool is_object);
  void close(char bracket);
  void new_line();
  void quote(std::string_view text);

  std::string out_;
  std::vector<Level> levels_;
  bool after_key_ = false;
};

}  // namespace envlock::core
