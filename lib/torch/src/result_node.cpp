#include "result_node.h"

#include <algorithm>
#include <charconv>
#include <set>
#include <vector>

#include "envlock/core/diagnostic.h"
#include "envlock/core/text.h"

namespace envlock::torch {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMostBytes = std::size_t{64} << 20;
constexpr std::size_t kMostValues = 1'000'000;  // 20 steps of 150 tensors are 3,000
constexpr int kMostDepth = 8;
constexpr std::size_t kMostNameBytes = 128;
constexpr double kMostSeconds = 1e9;

/// Refuses while the text is read what would grow without bounds.
class Guard {
 public:
  bool see(int depth, Json::parse_event_t event, const Json& value) {
    using Event = Json::parse_event_t;
    if (depth > kMostDepth) throw_malformed("it nests more than " + std::to_string(kMostDepth) + " deep");
    if (event == Event::object_end || event == Event::array_end) return true;
    if (++values_ > kMostValues) throw_malformed("it holds more than " + std::to_string(kMostValues) + " values");
    const auto level = static_cast<std::size_t>(depth);
    if (event == Event::object_start) {
      keys_.resize(std::max(keys_.size(), level + 2));
      keys_[level + 1].clear();
    }
    if (event == Event::key && !keys_.at(level).insert(value.get<std::string>()).second) {
      throw_malformed("the key `" + core::printable(value.get<std::string>(), 60) + "` stands twice in one object");
    }
    return true;
  }

 private:
  std::size_t values_ = 0;
  std::vector<std::set<std::string>> keys_;  ///< of the open object at each depth
};

}  // namespace

void throw_malformed(const std::string& why) {
  throw core::Error({.code = "torch-result-malformed",
                     .what = "the answer of the environment's python is not what the probe's program writes",
                     .where = std::nullopt,
                     .why = {why},
                     .hints = {"something in the environment writes to descriptors that are not its own, or replaces "
                               "modules of python's library: run its python with `-v` to see what is imported"}});
}

Json parse_result(std::string_view text) {
  if (text.size() > kMostBytes) throw_malformed("it has " + std::to_string(text.size()) + " bytes");
  Guard guard;
  try {
    return Json::parse(text.begin(), text.end(), [&](int depth, Json::parse_event_t event, Json& value) {
      return guard.see(depth, event, value);
    });
  } catch (const Json::exception&) {
    throw_malformed("a line is neither a mark nor JSON");
  }
}

ResultNode ResultNode::member(const char* key) const {
  expect(value_->is_object(), "an object");
  const auto found = value_->find(key);
  expect(found != value_->end(), "an object with `" + std::string(key) + "`");
  return {*found, path_ + (path_.empty() ? "" : ".") + key};
}

int ResultNode::integer(int least, int most) const {
  const std::string wanted = "a whole number from " + std::to_string(least) + " to " + std::to_string(most);
  expect(value_->is_number_integer(), wanted);
  const bool fits = value_->is_number_unsigned() ? value_->get<std::uint64_t>() <= static_cast<std::uint64_t>(most)
                                                 : value_->get<std::int64_t>() >= least;
  expect(fits && value_->get<std::int64_t>() >= least && value_->get<std::int64_t>() <= most, wanted);
  return value_->get<int>();
}

double ResultNode::seconds() const {
  expect(value_->is_number(), "a number");
  const auto number = value_->get<double>();
  expect(number >= 0 && number < kMostSeconds, "a number of seconds");
  return number;
}

std::string ResultNode::text(int most) const {
  expect(value_->is_string(), "a text");
  return core::printable(value_->get_ref<const std::string&>(), most);
}

std::string ResultNode::name() const {
  expect(value_->is_string(), "a text");
  const std::string& name = value_->get_ref<const std::string&>();
  const bool visible = std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c < '\x7f'; });
  expect(visible && !name.empty() && name.size() <= kMostNameBytes, "a word of visible ASCII characters");
  return name;
}

core::Sha256 ResultNode::digest() const {
  expect(value_->is_string(), "a SHA-256");
  const auto digest = core::parse_sha256(value_->get_ref<const std::string&>());
  expect(digest.has_value(), "a SHA-256");
  return *digest;
}

std::uint32_t ResultNode::bits() const {
  constexpr const char* kWanted = "8 hexadecimal digits";
  expect(value_->is_string(), kWanted);
  const std::string& digits = value_->get_ref<const std::string&>();
  std::uint32_t bits = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bits, 16);
  expect(digits.size() == 8 && error == std::errc() && end == digits.data() + digits.size(), kWanted);
  return bits;
}

void ResultNode::expect(bool holds, const std::string& wanted) const {
  if (!holds) throw_malformed("`" + (path_.empty() ? "the whole" : core::printable(path_)) + "` must be " + wanted);
}

}  // namespace envlock::torch
