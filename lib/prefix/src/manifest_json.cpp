#include "manifest_json.h"

#include <set>
#include <utility>
#include <vector>

#include "manifest_invalid.h"

namespace envlock::prefix {

namespace {

using nlohmann::json;

constexpr std::size_t kMaxBytes = std::size_t{16} << 20;
constexpr int kMaxDepth = 64;

// Refuses while reading what the library would take: deep nesting, and a key that stands twice (the last would count).
class Guard {
 public:
  explicit Guard(const InfoFile& file) : file_(file) {}

  bool operator()(int depth, json::parse_event_t event, json& parsed) {
    if (depth > kMaxDepth)
      file_.fail("is nested too deeply", {"want at most " + std::to_string(kMaxDepth) + " levels"});
    if (event == json::parse_event_t::object_start) keys_.emplace_back();
    if (event == json::parse_event_t::object_end) keys_.pop_back();
    if (event == json::parse_event_t::key && !keys_.back().insert(parsed.get<std::string>()).second) {
      file_.fail("has a key twice in one object", {"the key is " + show(parsed.get<std::string>())});
    }
    return true;
  }

 private:
  const InfoFile& file_;
  std::vector<std::set<std::string>> keys_;
};

}  // namespace

void InfoFile::fail(std::string what, std::vector<std::string> why) const {
  throw_package_invalid(package, name, std::move(what), std::move(why));
}

json parse_object(const InfoFile& file) {
  if (file.text.size() > kMaxBytes) {
    file.fail("is too large", {"have " + std::to_string(file.text.size()) + " bytes",
                               "want at most " + std::to_string(kMaxBytes) + " bytes"});
  }
  Guard guard(file);
  try {
    json parsed = json::parse(
        file.text, [&guard](int depth, json::parse_event_t event, json& part) { return guard(depth, event, part); });
    if (!parsed.is_object()) file.fail("holds no JSON object");
    return parsed;
  } catch (const json::exception&) {
    file.fail("is not JSON");
  }
}

std::optional<std::string> text_member(const json& object, const char* key, const InfoFile& file) {
  const auto member = object.find(key);
  if (member == object.end() || member->is_null()) return std::nullopt;
  if (!member->is_string()) file.fail(std::string("has a `") + key + "` that is no text");
  return member->get<std::string>();
}

}  // namespace envlock::prefix
