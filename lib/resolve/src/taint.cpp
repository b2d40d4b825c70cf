#include "taint.h"

#include "envlock/core/text.h"

#include <algorithm>

namespace envlock::resolve {
namespace {

/// The name that a dependency text begins with, without reading the rest.
std::string_view leading_name(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(' ');
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_first_of(" =<>!~[,|;(", begin) - begin);
}

}  // namespace

std::vector<bool> find_tainted(Catalog& catalog) {
  const conda::Index& index = catalog.index();
  std::vector<bool> is_tainted(catalog.record_count());
  std::vector<NameRef> changed_names;
  for (RecordId id = 0; id < index.candidates.size(); ++id) {
    if (index.candidates[id].track_features == 0) continue;
    is_tainted[id] = true;
    if (changed_names.empty() || changed_names.back() != catalog.name_of(id))
      changed_names.push_back(catalog.name_of(id));
  }
  if (changed_names.empty()) return is_tainted;

  // Only texts about names with tainted records matter, and they are few: the others are told by their first word.
  std::vector<std::vector<conda::TextId>> texts_about;
  std::vector<bool> is_seen(index.texts.size());
  const auto texts_of = [&](NameRef name) -> std::vector<conda::TextId>& {
    if (texts_about.size() <= name) texts_about.resize(name + std::size_t{1});
    return texts_about[name];
  };
  for (const conda::TextId text : index.edges) {
    if (is_seen[text]) continue;
    is_seen[text] = true;
    texts_of(catalog.find_name(core::to_lower(leading_name(index.text(text))))).push_back(text);
  }

  std::vector<bool> is_tainting(index.texts.size());
  while (!changed_names.empty()) {
    bool found = false;
    for (const NameRef name : changed_names) {
      for (const conda::TextId text : texts_of(name)) {
        if (is_tainting[text] || !catalog.spec(text).is_readable) continue;
        const auto& matches = catalog.matched_spec(text).matches;
        if (matches.empty() ||
            !std::all_of(matches.begin(), matches.end(), [&](RecordId id) { return is_tainted[id]; })) {
          continue;
        }
        is_tainting[text] = true;
        found = true;
      }
    }
    changed_names.clear();
    if (!found) break;
    for (RecordId id = 0; id < index.candidates.size(); ++id) {
      if (is_tainted[id]) continue;
      const conda::Candidate& candidate = index.candidates[id];
      const auto first = index.edges.begin() + candidate.first_depend;
      const bool taints = std::any_of(first, first + candidate.depend_count + candidate.constrain_count,
                                      [&](conda::TextId text) { return is_tainting[text]; });
      if (!taints) continue;
      is_tainted[id] = true;
      if (changed_names.empty() || changed_names.back() != catalog.name_of(id)) {
        changed_names.push_back(catalog.name_of(id));
      }
    }
  }
  return is_tainted;
}

}  // namespace envlock::resolve
