#include "document_info.h"

#include <nlohmann/json.hpp>

namespace envlock::channel {
namespace {

using Json = nlohmann::json;

/// Channel names anywhere in a CEP 42 value, which is a list of names or an object that holds such lists.
void collect_texts(const Json& value, int depth, std::vector<std::string>& texts) {
  if (depth > 4 || texts.size() > 100) return;
  if (value.is_string()) {
    texts.push_back(value.get<std::string>());
  } else if (value.is_structured()) {
    for (const Json& item : value) collect_texts(item, depth + 1, texts);
  }
}

/// nlohmann recurses: refuse what could exhaust the stack before it sees it.
bool is_shallow(std::string_view json) {
  int depth = 0;
  int deepest = 0;
  for (const char c : json) {
    if (c == '{' || c == '[') deepest = std::max(deepest, ++depth);
    if (c == '}' || c == ']') --depth;
  }
  return deepest < 200;
}

}  // namespace

bool parse_document_info(std::string_view json, DocumentInfo& info) {
  if (!is_shallow(json)) return false;
  const Json document = Json::parse(json, nullptr, false);
  if (!document.is_object()) return false;
  if (const auto base = document.find("base_url"); base != document.end() && base->is_string()) {
    info.base_url = base->get<std::string>();
  }
  if (const auto relations = document.find("channel_relations"); relations != document.end()) {
    collect_texts(*relations, 0, info.relations);
  }
  return true;
}

std::string unescape_json(std::string_view raw) {
  std::string quoted = "\"";
  quoted.append(raw);
  quoted += '"';
  const Json text = Json::parse(quoted, nullptr, false);
  return text.is_string() ? text.get<std::string>() : std::string(raw);
}

}  // namespace envlock::channel
