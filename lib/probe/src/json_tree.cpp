#include "json_tree.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "envlock/core/text.h"

namespace envlock::probe {
namespace {

constexpr std::size_t kMostDepth = 32;
constexpr std::size_t kMostValues =
    1'000'000;  // a run of the largest size has 20,000, and a tensor that it keeps 12,000

/// Receives the values in the order of the text; the innermost open array or object is at the end of `open_`.
class TreeBuilder : public nlohmann::json_sax<nlohmann::json> {
 public:
  bool null() override { return add({}); }
  bool boolean(bool flag) override {
    JsonValue value;
    value.kind = JsonValue::Kind::boolean;
    value.flag = flag;
    return add(std::move(value));
  }
  bool number_integer(std::int64_t number) override {
    return integer(number < 0, ~static_cast<std::uint64_t>(number) + 1);
  }
  bool number_unsigned(std::uint64_t number) override { return integer(false, number); }
  bool number_float(double, const std::string&) override {
    JsonValue value;
    value.kind = JsonValue::Kind::number;
    return add(std::move(value));
  }
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
  bool parse_error(std::size_t position, const std::string&, const nlohmann::json::exception&) override {
    throw JsonTreeError(position == 0 ? 0 : position - 1, "this is not JSON");
  }

  JsonValue take() { return std::move(root_); }

 private:
  bool integer(bool negative, std::uint64_t magnitude) {
    JsonValue value;
    value.kind = JsonValue::Kind::integer;
    value.negative = negative;
    value.magnitude = magnitude;
    return add(std::move(value));
  }
  bool add(JsonValue value) {
    if (++values_ > kMostValues) {
      throw JsonTreeError(std::string_view::npos,
                          "the document holds more than " + std::to_string(kMostValues) + " values");
    }
    (open_.empty() ? root_ : open_.back().items.emplace_back()) = std::move(value);
    return true;
  }
  bool open(JsonValue::Kind kind) {
    if (open_.size() == kMostDepth) {
      throw JsonTreeError(std::string_view::npos,
                          "the document nests more than " + std::to_string(kMostDepth) + " deep");
    }
    open_.emplace_back().kind = kind;
    return true;
  }
  bool close() {
    JsonValue value = std::move(open_.back());
    open_.pop_back();
    return add(std::move(value));
  }
  static void refuse_doubles(std::vector<std::string> keys) {
    std::sort(keys.begin(), keys.end());
    const auto twice = std::adjacent_find(keys.begin(), keys.end());
    if (twice == keys.end()) return;
    throw JsonTreeError(std::string_view::npos, "the key `" + core::printable(*twice) + "` stands twice in one object");
  }

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
  TreeBuilder builder;
  if (!nlohmann::json::sax_parse(text.begin(), text.end(), &builder)) {
    throw JsonTreeError(std::string_view::npos, "this is not JSON");
  }
  return builder.take();
}

}  // namespace envlock::probe
