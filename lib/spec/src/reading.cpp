#include "reading.h"

#include "envlock/core/text.h"
#include "scalar_type.h"

namespace envlock::spec {

void Reading::mistake(core::Diagnostic diagnostic) {
  if (mistakes.size() > kMaxMistakes) return;
  if (mistakes.size() == kMaxMistakes) {
    diagnostic = {.code = "too-many-mistakes",
                  .what = "there are more mistakes than the " + std::to_string(kMaxMistakes) + " told",
                  .where = source.whole(),
                  .why = {},
                  .hints = {"mend these first"}};
  }
  mistakes.push_back(std::move(diagnostic));
}

std::optional<std::string> Reading::text_of(NodeId id, std::string_view role) {
  const Node& node = resolve(id);
  const std::string subject(role);
  const auto refuse = [&](std::string what, std::vector<std::string> why, std::vector<std::string> hints) {
    mistake({.code = "not-text",
             .what = std::move(what),
             .where = span(id),
             .why = std::move(why),
             .hints = std::move(hints)});
  };
  if (node.kind == Node::Kind::sequence || node.kind == Node::Kind::map) {
    refuse(subject + " must be text, and this is a " + (node.kind == Node::Kind::map ? "map" : "list"), {},
           {"write one text on a line"});
    return std::nullopt;
  }
  const ScalarType type = scalar_type(node);
  if (type == ScalarType::null) {
    refuse(subject + " is empty", {}, {"write its text, or remove the line"});
    return std::nullopt;
  }
  const std::string shown = core::printable(node.value, 60);
  if (type != ScalarType::text) {
    std::vector<std::string> why;
    if (type == ScalarType::floating) {
      why = {"YAML reads a number with a point as a fraction, so that 3.10 and 3.1 are the same"};
    }
    refuse(subject + " must be text, and YAML reads `" + shown + "` as " + std::string(describe(type)), std::move(why),
           {"put it in quotes: \"" + shown + "\""});
    return std::nullopt;
  }
  if (!node.tag.empty() && node.tag != "tag:yaml.org,2002:str") {
    refuse("`" + core::printable(node.tag, 60) + "` is not a tag of environment files", {}, {"remove it"});
    return std::nullopt;
  }
  for (const char c : node.value) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x20 && c != '\n' && c != '\t') || byte == 0x7F) {
      mistake({.code = "control-character",
               .what = subject + " holds the control character `" + core::printable(std::string_view(&c, 1)) + "`",
               .where = span(id),
               .why = {},
               .hints = {"remove it"}});
      return std::nullopt;
    }
  }
  return node.value;
}

std::vector<NodeId> Reading::list_of(NodeId id, std::string_view key) {
  const Node& node = resolve(id);
  if (node.kind == Node::Kind::sequence) return node.children;
  if (node.kind == Node::Kind::null) return {};
  const std::string name(key);
  const bool is_scalar = node.kind == Node::Kind::scalar;
  const std::string shown = is_scalar ? core::printable(node.value, 60) : std::string("...");
  mistake({.code = "not-a-list",
           .what = "`" + name + "` must be a list, and this is " + (is_scalar ? "a single value" : "a map"),
           .where = span(id),
           .why = {},
           .hints = {"write `" + name + ":` and below it, indented, `- " + shown + "`"}});
  return {};
}

}  // namespace envlock::spec
