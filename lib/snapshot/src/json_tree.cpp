#include "json_tree.h"

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>

#include "envlock/core/text.h"

namespace envlock::snapshot {
namespace {

constexpr std::size_t kMostDepth = 16;          // what was computed nests nine deep, the rest five
constexpr std::size_t kMostValues = 1'000'000;  // 800 packages have 12,000, a tier about 4,000

/// Where the parser is. A line counts from its first character on: the parser looks one character ahead.
struct Place {
  int line = 1;
  bool line_ended = false;
};

/// Reads a text and counts its lines on the way: the parser tells no positions.
class LineCounter {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  LineCounter(const char* at, Place& place) : at_(at), place_(&place) {}
  reference operator*() const { return *at_; }
  LineCounter& operator++() {
    if (place_->line_ended) ++place_->line;
    place_->line_ended = *at_ == '\n';
    ++at_;
    return *this;
  }
  LineCounter operator++(int) {
    const LineCounter old = *this;
    ++*this;
    return old;
  }
  bool operator==(const LineCounter& other) const { return at_ == other.at_; }

 private:
  const char* at_;
  Place* place_;
};

/// Receives the values in the order of the text; the innermost open array or object is at the end of `open_`.
class TreeBuilder : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit TreeBuilder(const Place& place) : place_(place) {}

  bool null() override { return add({}); }
  bool boolean(bool flag) override {
    JsonValue value;
    value.kind = JsonValue::Kind::boolean;
    value.flag = flag;
    return add(std::move(value));
  }
  bool number_integer(std::int64_t) override { return other_number(); }
  bool number_unsigned(std::uint64_t number) override {
    JsonValue value;
    value.kind = JsonValue::Kind::count;
    value.count = number;
    return add(std::move(value));
  }
  bool number_float(double, const std::string&) override { return other_number(); }
  bool string(std::string& text) override {
    JsonValue value;
    value.kind = JsonValue::Kind::text;
    value.text = std::move(text);
    return add(std::move(value));
  }
  bool binary(nlohmann::json::binary_t&) override { return false; }
  bool start_object(std::size_t) override { return open(JsonValue::Kind::object); }
  bool start_array(std::size_t) override { return open(JsonValue::Kind::array); }
  bool key(std::string& key) override {
    open_.back().keys.push_back(std::move(key));
    return true;
  }
  bool end_object() override {
    refuse_doubles(open_.back().keys);
    return close();
  }
  bool end_array() override { return close(); }
  bool parse_error(std::size_t, const std::string&, const nlohmann::json::exception&) override {
    throw JsonTreeError(place_.line, "this is not JSON");
  }

  JsonValue take() { return std::move(root_); }

 private:
  bool other_number() {
    JsonValue value;
    value.kind = JsonValue::Kind::number;
    return add(std::move(value));
  }
  bool add(JsonValue value) {
    if (++values_ > kMostValues) {
      throw JsonTreeError(place_.line, "the document holds more than " + std::to_string(kMostValues) + " values");
    }
    value.line = place_.line;
    (open_.empty() ? root_ : open_.back().items.emplace_back()) = std::move(value);
    return true;
  }
  bool open(JsonValue::Kind kind) {
    if (open_.size() == kMostDepth) {
      throw JsonTreeError(place_.line, "the document nests more than " + std::to_string(kMostDepth) + " deep");
    }
    open_.emplace_back().kind = kind;
    return true;
  }
  bool close() {
    JsonValue value = std::move(open_.back());
    open_.pop_back();
    return add(std::move(value));
  }
  void refuse_doubles(std::vector<std::string> keys) const {
    std::sort(keys.begin(), keys.end());
    const auto twice = std::adjacent_find(keys.begin(), keys.end());
    if (twice == keys.end()) return;
    throw JsonTreeError(place_.line, "the key `" + core::printable(*twice, 60) + "` stands twice in one object");
  }

  const Place& place_;
  JsonValue root_;
  std::vector<JsonValue> open_;
  std::size_t values_ = 0;
};

}  // namespace

const JsonValue* JsonValue::find(std::string_view key) const {
  const auto found = std::find(keys.begin(), keys.end(), key);
  return found == keys.end() ? nullptr : &items[static_cast<std::size_t>(found - keys.begin())];
}

JsonValue parse_json_tree(std::string_view text) {
  Place place;
  TreeBuilder builder(place);
  const LineCounter begin(text.data(), place);
  const LineCounter end(text.data() + text.size(), place);
  if (!nlohmann::json::sax_parse(begin, end, &builder)) throw JsonTreeError(place.line, "this is not JSON");
  return builder.take();
}

}  // namespace envlock::snapshot
