#include <algorithm>
#include <nlohmann/json.hpp>

#include "conda_meta_invalid.h"
#include "envlock/core/file.h"
#include "envlock/core/json_writer.h"
#include "envlock/core/text.h"
#include "envlock/prefix/conda_meta.h"

namespace envlock::prefix {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr std::uint64_t kMaxBytes = 16 << 20;
// What `conda env config vars unset` leaves behind.
constexpr std::string_view kUnset = "***unset***";
constexpr int kMaxDepth = 64;

int depth_of(std::string_view text) {
  int depth = 0;
  int deepest = 0;
  for (const char c : text) {
    if (c == '{' || c == '[') deepest = std::max(deepest, ++depth);
    if (c == '}' || c == ']') --depth;
  }
  return deepest;
}

/// The object; throws for anything else.
Json parse_state(std::string_view text) {
  // nlohmann_json frees its values recursively; what is nested that deep is no state of conda.
  if (depth_of(text) > kMaxDepth) throw core::Error(conda_meta_invalid("state", "it is nested too deep"));
  Json state = Json::parse(text, nullptr, false);
  if (!state.is_object()) throw core::Error(conda_meta_invalid("state", "it is not a JSON object"));
  const auto variables = state.find("env_vars");
  if (variables != state.end() && !variables->is_null() && !variables->is_object()) {
    throw core::Error(conda_meta_invalid("state", "`env_vars` is not an object"));
  }
  return state;
}

/// A value as conda exports it: what is no text is written as Python does.
std::string text_of(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_boolean()) return value.get<bool>() ? "True" : "False";
  if (value.is_null()) return "";
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

std::map<std::string, std::string> read_variables(const fs::path& prefix) {
  const fs::path file = prefix / "conda-meta" / "state";
  std::error_code error;
  const fs::file_status status = fs::status(file, error);
  if (!fs::status_known(status)) throw core::Error(conda_meta_unreadable("state", error.message()));
  if (!fs::exists(status)) return {};
  if (!fs::is_regular_file(status)) throw core::Error(conda_meta_invalid("state", "it is not a file"));
  const Json state = parse_state(core::read_file(file, kMaxBytes));
  std::map<std::string, std::string> variables;
  const auto members = state.find("env_vars");
  if (members == state.end() || members->is_null()) return variables;
  for (const auto& [name, value] : members->items()) {
    std::string text = text_of(value);
    if (text != kUnset) variables.emplace(name, std::move(text));
  }
  return variables;
}

std::string format_state(const std::map<std::string, std::string>& variables) {
  core::JsonWriter json;
  json.begin_object();
  json.key("env_vars");
  json.begin_object();
  for (const auto& [name, value] : variables) json.member(name, value);
  json.end_object();
  json.end_object();
  return json.finish();
}

std::string merge_state(std::string_view existing, const std::map<std::string, std::string>& variables) {
  Json state = core::trim(existing).empty() ? Json::object() : parse_state(existing);
  state.erase("env_vars");
  if (!variables.empty()) state["env_vars"] = variables;
  if (state.empty()) return "";
  // Its objects are sorted by key.
  return state.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::optional<std::string> frozen_message(const fs::path& prefix) {
  const fs::path file = prefix / "conda-meta" / "frozen";
  std::error_code error;
  if (!fs::exists(fs::symlink_status(file, error))) return std::nullopt;
  // Whatever it is, it is there: an unreadable one freezes as well.
  if (!fs::is_regular_file(file, error)) return "";
  try {
    const std::string text = core::read_file(file, kMaxBytes);
    if (depth_of(text) > kMaxDepth) return "";
    const Json document = Json::parse(text, nullptr, false);
    if (!document.is_object()) return "";
    const auto message = document.find("message");
    return message != document.end() && message->is_string() ? message->get<std::string>() : "";
  } catch (const core::Error&) {
    return "";
  }
}

}  // namespace envlock::prefix
