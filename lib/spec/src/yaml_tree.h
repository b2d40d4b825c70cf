#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "source.h"

namespace envlock::spec {

// yaml-cpp's own nodes forget where a key stood, merge duplicate keys silently and copy what an alias names. So its
// events are kept in this tree instead: every node with its place, an alias as a pointer (no expansion, no bomb).

using NodeId = std::size_t;

struct Node {
  enum class Kind { null, scalar, sequence, map, alias };
  enum class Style { plain, quoted, block };
  Kind kind = Kind::null;
  Style style = Style::plain;    ///< of a scalar
  std::size_t offset = 0;        ///< of the value itself, after any anchor and tag
  std::string tag;               ///< explicit: "tag:yaml.org,2002:str", "!mine"; empty when none
  std::string value;             ///< of a scalar
  std::vector<NodeId> children;  ///< items, or key, value, key, value ...
  NodeId target = 0;             ///< of an alias
};

struct Tree {
  std::vector<Node> nodes;
  std::optional<NodeId> root;

  const Node& at(NodeId id) const { return nodes[id]; }
  /// The node itself, or what the alias stands for.
  const Node& resolve(NodeId id) const;
};

/// Reads the one document of a YAML file.
/// Throws: core::Error "malformed-yaml", "yaml-too-deep", "several-documents", "control-character",
/// "tab-in-indentation".
Tree parse_yaml(const Source& source);

/// A key of a map with its value, merge keys (`<<: *name`) resolved.
struct Entry {
  NodeId key;
  NodeId value;
};
/// In the order of the file. Throws nothing: what is wrong goes to `mistakes` ("duplicate-key", "key-not-text",
/// "alias-too-large").
std::vector<Entry> entries(const Tree& tree, const Source& source, const Node& map,
                           std::vector<core::Diagnostic>& mistakes);

/// Past the end of a scalar, a quote included (past the end of the file when that is not closed); for a list or a map
/// past its first byte.
std::size_t end_of(const Source& source, const Node& node);
/// The span of a node: a scalar's text, or the first line of a list or map.
core::SourceSpan span_of(const Source& source, const Node& node);

}  // namespace envlock::spec
