#include "file_order.h"

#include <algorithm>
#include <array>
#include <tuple>

namespace envlock::resolve {
namespace {

/// Compares two texts that are given in pieces.
template <std::size_t N>
int compare_pieces(const std::array<std::string_view, N>& left, const std::array<std::string_view, N>& right) {
  std::size_t i = 0;
  std::size_t j = 0;
  std::string_view a = left[0];
  std::string_view b = right[0];
  while (true) {
    while (a.empty() && i + 1 < N) a = left[++i];
    while (b.empty() && j + 1 < N) b = right[++j];
    if (a.empty() || b.empty()) return static_cast<int>(!a.empty()) - static_cast<int>(!b.empty());
    const std::size_t length = std::min(a.size(), b.size());
    if (const int order = a.substr(0, length).compare(b.substr(0, length)); order != 0) return order;
    a.remove_prefix(length);
    b.remove_prefix(length);
  }
}

class FileOrder {
 public:
  explicit FileOrder(const Catalog& catalog) : catalog_(catalog) {}

  auto place(RecordId id) const {
    const conda::Candidate& candidate = catalog_.candidate(id);
    return std::tuple(candidate.channel, candidate.noarch_subdir, !candidate.conda_format);
  }

  int compare_names(RecordId left, RecordId right) const { return compare_pieces<6>(pieces(left), pieces(right)); }

 private:
  std::array<std::string_view, 6> pieces(RecordId id) const {
    return {
        catalog_.name(catalog_.name_of(id)).text, "-", catalog_.version_text(id), "-", catalog_.build_text(id), "."};
  }

  const Catalog& catalog_;
};

}  // namespace

std::vector<RecordId> in_file_order(const Catalog& catalog, std::vector<RecordId> records) {
  // The Index already has the order within a name. File names of different names mix only where one name is another one
  // with a hyphen and more, so the names are put in the order of "name-" and only such families are sorted by file
  // name.
  const FileOrder order(catalog);
  const auto first_virtual =
      std::partition_point(records.begin(), records.end(), [&](RecordId id) { return !catalog.is_virtual(id); });
  std::vector<std::uint32_t> name_rank(catalog.name_count());
  {
    std::vector<NameRef> names(catalog.name_count());
    for (NameRef name = 0; name < names.size(); ++name) names[name] = name;
    std::sort(names.begin(), names.end(), [&](NameRef left, NameRef right) {
      return compare_pieces<2>({catalog.name(left).text, "-"}, {catalog.name(right).text, "-"}) < 0;
    });
    for (std::uint32_t i = 0; i < names.size(); ++i) name_rank[names[i]] = i;
  }
  const auto key = [&](RecordId id) {
    return std::tuple_cat(order.place(id), std::tuple(name_rank[catalog.name_of(id)], id));
  };
  std::sort(records.begin(), first_virtual, [&](RecordId left, RecordId right) { return key(left) < key(right); });

  const auto is_family = [&](RecordId root, RecordId id) {
    const std::string_view root_name = catalog.name(catalog.name_of(root)).text;
    const std::string_view name = catalog.name(catalog.name_of(id)).text;
    return order.place(root) == order.place(id) && name.size() > root_name.size() && name[root_name.size()] == '-' &&
           name.substr(0, root_name.size()) == root_name;
  };
  for (auto begin = records.begin(); begin != first_virtual;) {
    auto end = begin + 1;
    bool is_mixed = false;
    while (end != first_virtual && (is_family(*begin, *end) || (catalog.name_of(*begin) == catalog.name_of(*end) &&
                                                                order.place(*begin) == order.place(*end)))) {
      is_mixed = is_mixed || catalog.name_of(*begin) != catalog.name_of(*end);
      ++end;
    }
    if (is_mixed) {
      std::stable_sort(begin, end, [&](RecordId left, RecordId right) {
        if (catalog.name_of(left) == catalog.name_of(right)) return left < right;
        return order.compare_names(left, right) < 0;
      });
    }
    begin = end;
  }
  return records;
}

}  // namespace envlock::resolve
