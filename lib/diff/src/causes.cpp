#include "causes.h"

#include <algorithm>
#include <map>
#include <queue>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>

#include "depends.h"
#include "envlock/conda/version.h"
#include "item_parts.h"

namespace envlock::diff {
namespace {

constexpr std::size_t kNobody = static_cast<std::size_t>(-1);

/// How one change brings about another.
enum class Force {
  parent_needs,     ///< the new parent needs what it is now
  parent_gone,      ///< what needed it is gone
  parent_dropped,   ///< what needed it needs it no more
  parent_allows,    ///< the new parent constrains it
  old_needed,       ///< its old build needed another version of the cause
  old_allowed,      ///< its old build constrained the cause
  needs_now,        ///< its new build needs the cause (a virtual package)
  wheel_of_python,  ///< its file is for the python that was
  conda_brings,     ///< a conda package brings it now: pip's gives way
  conda_stops,      ///< the conda package that brought it is gone
};

struct Edge {
  std::size_t cause = 0;
  std::size_t effect = 0;
  Force force = Force::parent_needs;
  const std::string* spec = nullptr;
};

/// A change, or a virtual package that differs.
struct Node {
  Change* change = nullptr;
  std::string_view name;
  const conda::VirtualPackage* virtual_from = nullptr;
  const conda::VirtualPackage* virtual_to = nullptr;
  std::optional<conda::Version> from, to;
  std::optional<std::set<std::string_view>> from_names, to_names;  ///< of its depends
  std::vector<std::size_t> out;                                    ///< indexes of edges
  std::size_t by = kNobody;                                        ///< the edge that brought it about
  bool settled = false;
  bool is_owned = false;  ///< came or went, and something else brought that about: no chain should begin here
};

std::optional<conda::Version> version_of(const std::optional<Item>& item) {
  return item ? conda::Version::try_parse(item->version) : std::nullopt;
}

bool is_version_change(const Node& node) {
  if (node.change == nullptr) return true;
  const ChangeKind kind = node.change->kind;
  return kind == ChangeKind::added || kind == ChangeKind::removed || kind == ChangeKind::upgraded ||
         kind == ChangeKind::downgraded;
}

std::string quoted(const Item& item) {
  return "`" + item.name + (item.version.empty() ? "" : " " + item.version) + "`";
}

class Causes {
 public:
  Causes(std::vector<Change>& changes, const Inventory::Platform& from, const Inventory::Platform& to) {
    for (Change& change : changes) {
      by_name_.emplace(std::pair{change.item().kind, std::string_view(change.item().name)}, nodes_.size());
      for (const std::optional<Item>* side : {&change.from, &change.to}) {
        if (!*side) continue;
        for (const std::string& name : (*side)->provides) by_provided_name_.emplace(name, nodes_.size());
      }
      Node node;
      node.change = &change;
      node.name = change.item().name;
      node.from = version_of(change.from);
      node.to = version_of(change.to);
      nodes_.push_back(std::move(node));
    }
    add_virtual_packages(from.virtual_packages, to.virtual_packages);
    for (std::size_t i = 0; i < changes.size(); ++i) {
      if (changes[i].to) look_at_new(i);
      if (changes[i].from) look_at_old(i);
    }
    look_at_wheels();
    sort_edges();
  }

  void tell() {
    std::vector<std::size_t> sources;
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      const Change* change = nodes_[i].change;
      const bool begins =
          change == nullptr || (change->requested && (is_version_change(nodes_[i]) || specs_differ(*change)));
      if (begins) sources.push_back(i);
    }
    spread(sources);
    spread_the_rest();
    for (Node& node : nodes_) {
      if (node.change != nullptr) write(node);
    }
  }

 private:
  void add_virtual_packages(const std::vector<conda::VirtualPackage>& from,
                            const std::vector<conda::VirtualPackage>& to) {
    if (from.empty() || to.empty()) return;
    std::map<std::string_view, std::pair<const conda::VirtualPackage*, const conda::VirtualPackage*>> both;
    for (const conda::VirtualPackage& package : from) both[package.name].first = &package;
    for (const conda::VirtualPackage& package : to) both[package.name].second = &package;
    for (const auto& [name, sides] : both) {
      if (sides.first != nullptr && sides.second != nullptr && *sides.first == *sides.second) continue;
      by_name_.emplace(std::pair{PackageKind::conda, name}, nodes_.size());
      Node node;
      node.name = name;
      node.virtual_from = sides.first;
      node.virtual_to = sides.second;
      nodes_.push_back(std::move(node));
    }
  }

  /// The node that a depend of a package of that kind is about: pip's packages may be served by conda's.
  std::size_t find(PackageKind kind, const std::string& name) const {
    auto found = by_name_.find({kind, name});
    if (found == by_name_.end() && kind == PackageKind::pypi) {
      if (const auto by = by_provided_name_.find(name); by != by_provided_name_.end()) return by->second;
    }
    if (found == by_name_.end() && kind == PackageKind::pypi) found = by_name_.find({PackageKind::conda, name});
    return found == by_name_.end() ? kNobody : found->second;
  }

  void add(std::size_t cause, std::size_t effect, Force force, const std::string* spec) {
    if (cause != effect) edges_.push_back({cause, effect, force, spec});
  }

  /// True when one of the item's depends is about that name. `known` is filled at the first call.
  bool names(const Item& item, std::optional<std::set<std::string_view>>& known, std::string_view name) {
    if (!known) {
      known.emplace();
      for (const Want& want : wants_of(item)) known->insert(depends_.of(*want.text, want.kind).name);
    }
    return known->contains(name);
  }

  /// What the new package asks of others, and of the machine.
  void look_at_new(std::size_t parent) {
    const Change& change = *nodes_[parent].change;
    for (const auto& [text, kind] : wants_of(*change.to)) {
      const Depend& depend = depends_.of(*text, kind);
      const std::size_t at = find(kind, depend.name);
      if (at == kNobody) continue;
      const Node& child = nodes_[at];
      if (child.change == nullptr) {
        const bool was_met = child.virtual_from != nullptr && allows(depend, *child.virtual_from);
        if (!was_met) add(at, parent, Force::needs_now, text);
      } else if (kind == PackageKind::pypi && depend.name == "python") {
        // What `pip:` asks for is chosen after conda's python, and never moves it.
        if (child.change->from && !allows(depend, *child.change->from, child.from)) {
          add(at, parent, Force::needs_now, text);
        }
      } else if (child.change->from
                     ? !allows(depend, *child.change->from, child.from) || lacks_extra(depend, *child.change->from)
                     : !change.from || !names(*change.from, nodes_[parent].from_names, depend.name)) {
        add(parent, at, Force::parent_needs, text);
      }
    }
    for (const std::string& name : change.to->provides) {
      const auto at = by_name_.find({PackageKind::pypi, name});
      if (at != by_name_.end() && !nodes_[at->second].change->to) add(parent, at->second, Force::conda_brings, nullptr);
    }
    for (const std::string& text : change.to->constrains) {
      const Depend& depend = depends_.of(text, change.to->kind);
      const std::size_t at = find(change.to->kind, depend.name);
      if (at == kNobody || nodes_[at].change == nullptr || !nodes_[at].change->from) continue;
      if (!allows(depend, *nodes_[at].change->from, nodes_[at].from)) add(parent, at, Force::parent_allows, &text);
    }
  }

  /// What the old package asked of others: could it have stayed?
  void look_at_old(std::size_t node) {
    const Change& change = *nodes_[node].change;
    for (const auto& [text, kind] : wants_of(*change.from)) {
      const Depend& depend = depends_.of(*text, kind);
      const std::size_t at = find(kind, depend.name);
      if (at == kNobody) continue;
      const Node& child = nodes_[at];
      if (child.change == nullptr) {
        const bool is_met = child.virtual_to != nullptr && allows(depend, *child.virtual_to);
        if (!is_met && change.to) add(at, node, Force::old_needed, text);
      } else if (!child.change->to) {
        if (!change.to) add(node, at, Force::parent_gone, text);
        if (change.to && !names(*change.to, nodes_[node].to_names, depend.name))
          add(node, at, Force::parent_dropped, text);
      } else if (change.to && !allows(depend, *child.change->to, child.to)) {
        add(at, node, Force::old_needed, text);
      }
    }
    for (const std::string& name : change.from->provides) {
      const auto at = by_name_.find({PackageKind::pypi, name});
      if (at != by_name_.end() && !change.to && !nodes_[at->second].change->from) {
        add(node, at->second, Force::conda_stops, nullptr);
      }
    }
    for (const std::string& text : change.from->constrains) {
      const Depend& depend = depends_.of(text, change.from->kind);
      const std::size_t at = find(change.from->kind, depend.name);
      if (at == kNobody || !change.to || nodes_[at].change == nullptr || !nodes_[at].change->to) continue;
      if (!allows(depend, *nodes_[at].change->to, nodes_[at].to)) add(at, node, Force::old_allowed, &text);
    }
  }

  /// "x-1.0-cp310-cp310-linux_x86_64.whl" became "x-1.0-cp312-...": python did it.
  void look_at_wheels() {
    const std::size_t python = find(PackageKind::conda, "python");
    if (python == kNobody || nodes_[python].change == nullptr) return;
    const auto tag_of = [](const std::string& file) {
      const std::size_t tag = file.find("-cp3");
      return tag == std::string::npos ? std::string() : file.substr(tag, file.find('-', tag + 1) - tag);
    };
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      const Change* change = nodes_[i].change;
      if (change == nullptr || !change->from || !change->to || change->to->kind != PackageKind::pypi) continue;
      const std::string was = tag_of(change->from->file_name);
      const std::string is = tag_of(change->to->file_name);
      if (!was.empty() && !is.empty() && was != is) add(python, i, Force::wheel_of_python, nullptr);
    }
  }

  /// One edge for each pair, the first kind of force.
  void sort_edges() {
    const auto pair_of = [](const Edge& edge) { return std::tie(edge.cause, edge.effect); };
    std::stable_sort(edges_.begin(), edges_.end(),
                     [&](const Edge& a, const Edge& b) { return pair_of(a) < pair_of(b); });
    edges_.erase(std::unique(edges_.begin(), edges_.end(),
                             [&](const Edge& a, const Edge& b) { return pair_of(a) == pair_of(b); }),
                 edges_.end());
    for (std::size_t i = 0; i < edges_.size(); ++i) {
      nodes_[edges_[i].cause].out.push_back(i);
      Node& effect = nodes_[edges_[i].effect];
      effect.is_owned = effect.change != nullptr && (!effect.change->from || !effect.change->to);
    }
  }

  static bool specs_differ(const Change& change) {
    return change.from && change.to && change.from->requested && change.to->requested &&
           change.from->requested_specs != change.to->requested_specs;
  }

  /// The better of two edges that reach a node in the same step.
  bool is_better(std::size_t left, std::size_t right) const {
    const Node& one = nodes_[edges_[left].cause];
    const Node& other = nodes_[edges_[right].cause];
    return std::tuple(!is_version_change(one), other.out.size(), one.name) <
           std::tuple(!is_version_change(other), one.out.size(), other.name);
  }

  /// Settles all that the sources reach, step by step.
  void spread(std::vector<std::size_t> layer) {
    for (const std::size_t source : layer) nodes_[source].settled = true;
    while (!layer.empty()) {
      std::vector<std::size_t> reached;
      for (const std::size_t at : layer) {
        for (const std::size_t edge : nodes_[at].out) {
          Node& effect = nodes_[edges_[edge].effect];
          if (effect.settled) continue;
          if (effect.by == kNobody) {
            reached.push_back(edges_[edge].effect);
            effect.by = edge;
          } else if (is_better(edge, effect.by)) {
            effect.by = edge;
          }
        }
      }
      for (const std::size_t at : reached) nodes_[at].settled = true;
      layer = std::move(reached);
    }
  }

  /// How much a node that is not settled would move, and what decides between equals. Greater comes first.
  struct Rank {
    bool is_free = false;  ///< not owned by another
    std::size_t moved = 0;
    bool requested = false;
    bool is_version_change = false;
    std::string_view name;
    std::size_t node = 0;

    bool operator<(const Rank& other) const {
      return std::tie(is_free, moved, requested, is_version_change, other.name, other.node) <
             std::tie(other.is_free, other.moved, other.requested, other.is_version_change, name, node);
    }
  };

  Rank rank_of(std::size_t at) const {
    const Node& node = nodes_[at];
    const auto moved = std::count_if(node.out.begin(), node.out.end(),
                                     [&](std::size_t edge) { return !nodes_[edges_[edge].effect].settled; });
    return {!node.is_owned,
            static_cast<std::size_t>(moved),
            node.change->requested,
            is_version_change(node),
            node.name,
            at};
  }

  /// Lets the one that moves most of what is left begin a chain, again and again.
  void spread_the_rest() {
    std::priority_queue<Rank> queue;
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      if (!nodes_[i].settled) queue.push(rank_of(i));
    }
    while (!queue.empty()) {
      const Rank top = queue.top();
      queue.pop();
      if (nodes_[top.node].settled) continue;
      // What a node moves only ever shrinks, so one whose rank still holds is the first.
      const Rank now = rank_of(top.node);
      if (now.moved == 0) continue;
      if (now.moved < top.moved) {
        queue.push(now);
      } else {
        spread({top.node});
      }
    }
  }

  std::string words(const Edge& edge) const {
    const Change* cause = nodes_[edge.cause].change;
    const std::string spec = edge.spec == nullptr ? "" : "`" + *edge.spec + "`";
    switch (edge.force) {
      case Force::parent_needs:
        return quoted(*cause->to) + " needs " + spec;
      case Force::parent_gone:
        return quoted(*cause->from) + ", which needed it, is gone";
      case Force::parent_dropped:
        return quoted(*cause->to) + " needs it no more";
      case Force::parent_allows:
        return quoted(*cause->to) + " allows only " + spec;
      case Force::old_needed:
        return "the old build needs " + spec;
      case Force::old_allowed:
        return "the old build allows only " + spec;
      case Force::needs_now:
        return "the new build needs " + spec;
      case Force::wheel_of_python:
        return "its old file is for another python";
      case Force::conda_brings:
        return "the conda part brings it now: " + quoted(*cause->to);
      case Force::conda_stops:
        return "the conda part brings it no more: " + quoted(*cause->from) + " is gone";
    }
    return "";
  }

  void write(const Node& node) const {
    Change& change = *node.change;
    if (node.by == kNobody) {
      change.reason = asked(change);
      return;
    }
    change.reason = words(edges_[node.by]);
    change.cause.assign(1, std::string(node.name));
    for (std::size_t edge = node.by; edge != kNobody; edge = nodes_[edges_[edge].cause].by) {
      change.cause.emplace_back(nodes_[edges_[edge].cause].name);
    }
    std::reverse(change.cause.begin(), change.cause.end());
  }

  /// What the user's own lines say of it.
  static std::string asked(const Change& change) {
    const auto specs = [](const Item& item) {
      std::string text;
      for (const std::string& spec : item.requested_specs) text += (text.empty() ? "`" : ", `") + spec + "`";
      return text;
    };
    const std::string was = change.from && change.from->requested ? specs(*change.from) : "";
    const std::string is = change.to && change.to->requested ? specs(*change.to) : "";
    if (is == was) return "";
    if (is.empty()) return "no longer asked for; it was " + was;
    if (was.empty()) return "asked for as " + is;
    return "asked for as " + is + ", before as " + was;
  }

  std::vector<Node> nodes_;
  std::map<std::pair<PackageKind, std::string_view>, std::size_t> by_name_;
  std::map<std::string_view, std::size_t> by_provided_name_;  ///< names of PyPI that conda packages bring
  std::vector<Edge> edges_;
  Depends depends_;
};

}  // namespace

void tell_causes(std::vector<Change>& changes, const Inventory::Platform& from, const Inventory::Platform& to) {
  Causes(changes, from, to).tell();
}

}  // namespace envlock::diff
