#include <algorithm>

#include "condarc_value.h"

namespace envlock::channel {
namespace {

/// Those up to and including the first that is final.
std::vector<const RawValue*> in_force(const std::vector<RawValue>& sources) {
  std::vector<const RawValue*> kept;
  for (const RawValue& source : sources) {
    kept.push_back(&source);
    if (source.flag == Flag::final) break;
  }
  return kept;
}

bool has(const std::vector<RawScalar>& items, const std::string& text) {
  return std::any_of(items.begin(), items.end(), [&](const RawScalar& item) { return item.text == text; });
}

void add_new(const RawScalar& item, std::vector<RawScalar>& out) {
  if (!has(out, item.text)) out.push_back(item);
}

}  // namespace

RawScalar merge_scalars(const std::vector<RawValue>& sources) {
  return std::get<RawScalar>(in_force(sources).back()->value);
}

std::vector<RawScalar> merge_lists(const std::vector<RawValue>& sources) {
  const std::vector<const RawValue*> kept = in_force(sources);
  const auto items_of = [](const RawValue* source) -> const std::vector<RawScalar>& {
    return std::get<RawList>(source->value).items;
  };
  std::vector<RawScalar> front, back;
  for (const RawValue* source : kept) {
    for (const RawScalar& item : items_of(source)) {
      if (item.flag == Flag::top) add_new(item, front);
    }
  }
  for (auto source = kept.rbegin(); source != kept.rend(); ++source) {
    for (const RawScalar& item : items_of(*source)) add_new(item, front);
    for (const RawScalar& item : items_of(*source)) {
      if (item.flag == Flag::bottom) back.push_back(item);  // named twice: the last place counts
    }
  }
  std::vector<RawScalar> merged;
  for (const RawScalar& item : front) {
    if (!has(back, item.text)) merged.push_back(item);
  }
  for (std::size_t i = 0; i < back.size(); ++i) {
    const std::vector<RawScalar> later(back.begin() + static_cast<std::ptrdiff_t>(i) + 1, back.end());
    if (!has(later, back[i].text)) merged.push_back(back[i]);
  }
  return merged;
}

std::map<std::string, RawValue> merge_maps(const std::vector<RawValue>& sources) {
  std::map<std::string, std::vector<RawValue>> by_key;
  for (const RawValue* source : in_force(sources)) {
    for (const auto& [key, value] : std::get<std::map<std::string, RawValue>>(source->value)) {
      by_key[key].push_back(value);
    }
  }
  std::map<std::string, RawValue> merged;
  for (const auto& [key, values] : by_key) {
    RawValue value = values.back();
    if (std::holds_alternative<RawScalar>(value.value)) {
      value.value = merge_scalars(values);
    } else {
      value.value = RawList{merge_lists(values)};
    }
    merged[key] = std::move(value);
  }
  return merged;
}

}  // namespace envlock::channel
