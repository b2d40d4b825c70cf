#include "envlock/core/text.h"
#include "reading.h"

#include <map>

namespace envlock::spec {
namespace {

constexpr std::size_t kMaxMergedEntries = 10000;
constexpr int kMaxMergeDepth = 8;

struct Collector {
  const Tree& tree;
  const Source& source;
  std::vector<core::Diagnostic>& mistakes;
  std::vector<Entry> found;
  std::map<std::string, NodeId, std::less<>> seen;
  bool too_large = false;

  // A key of the map itself wins over a merged one; of several merged maps the first wins.
  void collect(const Node& map, int depth) {
    std::vector<NodeId> merges;
    for (std::size_t i = 0; i + 1 < map.children.size(); i += 2) {
      const NodeId key_id = map.children[i];
      const Node& key = tree.resolve(key_id);
      if (key.kind != Node::Kind::scalar) {
        if (depth == 0) refuse_key(tree.at(key_id));
        continue;
      }
      if (key.value == "<<" && key.style == Node::Style::plain) {
        merges.push_back(map.children[i + 1]);
        continue;
      }
      if (depth > 0 && found.size() >= kMaxMergedEntries) {
        too_large = true;
        return;
      }
      const auto [place_of_first, is_new] = seen.try_emplace(key.value, key_id);
      if (is_new) {
        found.push_back({key_id, map.children[i + 1]});
      } else if (depth == 0) {
        refuse_duplicate(tree.at(key_id), key.value, tree.at(place_of_first->second));
      }
    }
    for (const NodeId merge : merges) merge_from(merge, depth);
  }

  void merge_from(NodeId id, int depth) {
    const Node& value = tree.resolve(id);
    if (depth >= kMaxMergeDepth || too_large) {
      too_large = true;
    } else if (value.kind == Node::Kind::map) {
      collect(value, depth + 1);
    } else if (value.kind == Node::Kind::sequence) {
      for (const NodeId item : value.children) {
        if (tree.resolve(item).kind == Node::Kind::map) collect(tree.resolve(item), depth + 1);
      }
    }
  }

  void refuse_key(const Node& key) {
    if (mistakes.size() >= kMaxMistakes) return;
    mistakes.push_back({.code = "key-not-text",
                        .what = "a key must be plain text",
                        .where = span_of(source, key),
                        .why = {},
                        .hints = {"write it as `key: value`"}});
  }

  void refuse_duplicate(const Node& key, const std::string& name, const Node& first) {
    if (mistakes.size() >= kMaxMistakes) return;
    mistakes.push_back({.code = "duplicate-key",
                        .what = "`" + core::printable(name) + "` is given twice",
                        .where = span_of(source, key),
                        .why = {"the first is at " + place(span_of(source, first)) +
                                "; some tools take the first, some the last, some refuse the file"},
                        .hints = {"keep one of them, or join their values"}});
  }
};

}  // namespace

std::vector<Entry> entries(const Tree& tree, const Source& source, const Node& map,
                           std::vector<core::Diagnostic>& mistakes) {
  Collector collector{tree, source, mistakes, {}, {}, false};
  collector.collect(map, 0);
  if (collector.too_large) {
    mistakes.push_back({.code = "alias-too-large",
                        .what = "the merged keys of this map are too many or refer to each other",
                        .where = span_of(source, map),
                        .why = {},
                        .hints = {"write the keys out"}});
  }
  return std::move(collector.found);
}

}  // namespace envlock::spec
