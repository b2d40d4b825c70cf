#include "computed.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "envlock/core/text.h"
#include "envlock/probe/compare.h"

namespace envlock::diff {
namespace {

using probe::TierRun;

constexpr std::size_t kMostFiles = 4;

std::string version_of(const Inventory& inventory, const std::string& package) {
  for (const Inventory::Platform& platform : inventory.platforms) {
    for (const Item& item : platform.items) {
      if (item.name == package) return item.version;
    }
  }
  return {};
}

/// The package of a library, as the snapshot tells; "" where it is none of the numerical ones.
std::string owner_of(const Inventory& inventory, const std::string& path) {
  for (const snapshot::FoundLibrary& library : inventory.libraries) {
    if (library.path == path) return library.package;
  }
  return {};
}

std::string missing_in(const std::vector<std::string>& all, const std::vector<std::string>& other) {
  std::vector<std::string> missing;
  for (const std::string& each : all) {
    if (std::find(other.begin(), other.end(), each) == other.end()) missing.push_back(each);
  }
  return core::join(missing, " ");
}

/// What of two runs and their surroundings differs, and may be why they compute other bits.
class Causes {
 public:
  Causes(const Inventory& from, const Inventory& to) : from_(from), to_(to) {}

  std::vector<std::string> of(const TierRun& left, const TierRun& right) {
    add_files(left, right);
    add_variables(left, right);
    add_details(left, right);
    if (left.threads != right.threads) {
      add("threads: " + std::to_string(left.threads) + " → " + std::to_string(right.threads));
    }
    add_machines();
    return std::move(causes_);
  }

  std::vector<std::string> of_the_reference() {
    add_machines();
    return std::move(causes_);
  }

 private:
  void add(std::string cause) { causes_.push_back(std::move(cause)); }

  std::string file_words(const std::string& path) const {
    const std::string package = owner_of(to_, path).empty() ? owner_of(from_, path) : owner_of(to_, path);
    if (package.empty()) return "`" + path + "`";
    const std::string before = version_of(from_, package);
    const std::string after = version_of(to_, package);
    const std::string versions = before == after ? before : before + " → " + after;
    return "`" + path + "` of " + package + (versions.empty() ? "" : " " + versions);
  }

  void add_files(const TierRun& left, const TierRun& right) {
    std::map<std::string, const probe::MappedFile*> before;
    for (const probe::MappedFile& file : left.mapped) before[file.path] = &file;
    std::vector<std::string> changed;
    std::vector<std::string> added;
    for (const probe::MappedFile& file : right.mapped) {
      const auto found = before.find(file.path);
      if (found == before.end()) {
        added.push_back(file_words(file.path));
        continue;
      }
      if (found->second->sha256 != file.sha256) changed.push_back(file_words(file.path));
      before.erase(found);
    }
    std::vector<std::string> gone;
    for (const auto& [path, file] : before) gone.push_back(file_words(path));
    tell_files("other bytes in ", changed);
    tell_files("only the second loads ", added);
    tell_files("only the first loads ", gone);
  }

  void tell_files(const std::string& words, std::vector<std::string> files) {
    if (files.empty()) return;
    const std::size_t more = files.size() > kMostFiles ? files.size() - kMostFiles : 0;
    files.resize(files.size() - more);
    add(words + core::join(files, ", ") + (more > 0 ? " and " + std::to_string(more) + " more" : ""));
  }

  void add_variables(const TierRun& left, const TierRun& right) {
    const std::map<std::string, std::string> before(left.environment.begin(), left.environment.end());
    const std::map<std::string, std::string> after(right.environment.begin(), right.environment.end());
    std::set<std::string> names;
    for (const auto& [name, value] : before) names.insert(name);
    for (const auto& [name, value] : after) names.insert(name);
    for (const std::string& name : names) {
      const auto was = before.find(name);
      const auto is = after.find(name);
      if (was == before.end()) {
        add("only the second sets `" + name + "=" + is->second + "`");
      } else if (is == after.end()) {
        add("only the first sets `" + name + "=" + was->second + "`");
      } else if (was->second != is->second) {
        add("`" + name + "`: " + was->second + " → " + is->second);
      }
    }
  }

  void add_details(const TierRun& left, const TierRun& right) {
    for (const char* name : {"library", "version", "kernel"}) {
      const std::string before = probe::detail(left.details, name);
      const std::string after = probe::detail(right.details, name);
      if (before != after)
        add(std::string(name) + ": " + (before.empty() ? "not told" : before) + " → " +
            (after.empty() ? "not told" : after));
    }
  }

  void add_machines() {
    if (!from_.machine || !to_.machine) return;
    const snapshot::Machine& left = *from_.machine;
    const snapshot::Machine& right = *to_.machine;
    if (left.cpu != right.cpu) add("processor: " + left.cpu + " → " + right.cpu);
    if (const std::string isa = missing_in(left.isa, right.isa); !isa.empty()) add("only the first has " + isa);
    if (const std::string isa = missing_in(right.isa, left.isa); !isa.empty()) add("only the second has " + isa);
    if (left.caches != right.caches) add("the caches have other sizes");
    if (left.glibc != right.glibc) add("glibc: " + left.glibc + " → " + right.glibc);
  }

  const Inventory& from_;
  const Inventory& to_;
  std::vector<std::string> causes_;
};

const TierRun* find(const probe::Computed& computed, const TierRun& wanted) {
  const auto found = std::find_if(computed.tiers.begin(), computed.tiers.end(), [&](const TierRun& run) {
    return run.tier == wanted.tier && run.subject == wanted.subject;
  });
  return found == computed.tiers.end() ? nullptr : &*found;
}

/// Of the training run alone.
std::optional<probe::Mismatch> difference_in_training(const TierRun& left, const TierRun& right) {
  const auto only_training = [](const TierRun& run) {
    TierRun part{.tier = run.tier, .subject = run.subject};
    if (const probe::Section* section = run.find("training")) part.sections.push_back(*section);
    return part;
  };
  return probe::first_difference(only_training(left), only_training(right));
}

std::optional<TierDifference> compare_tiers(const Inventory& from, const Inventory& to, const TierRun& left,
                                            const TierRun& right) {
  const bool same =
      left.outcome == right.outcome && left.root == right.root && left.sections.size() == right.sections.size();
  if (same && left.outcome == TierRun::Outcome::ran) return std::nullopt;
  if (same && left.trouble == right.trouble) return std::nullopt;
  TierDifference difference{.tier = left.tier,
                            .subject = left.subject,
                            .from = std::string(format(left.outcome)),
                            .to = std::string(format(right.outcome)),
                            .sections = probe::differing_sections(left, right),
                            .first = probe::first_difference(left, right),
                            .training = difference_in_training(left, right),
                            .from_orders = left.orders,
                            .to_orders = right.orders,
                            .causes = Causes(from, to).of(left, right)};
  return difference;
}

TierDifference one_sided(const TierRun& run, bool is_first) {
  TierDifference difference{.tier = run.tier, .subject = run.subject};
  (is_first ? difference.from : difference.to) = std::string(format(run.outcome));
  return difference;
}

void compare_references(const Inventory& from, const Inventory& to, Diff& diff) {
  const probe::RunDocument& left = from.computed->reference;
  const probe::RunDocument& right = to.computed->reference;
  if (left.root == right.root) {
    ++diff.equal_tiers;
    return;
  }
  std::optional<probe::Mismatch> first;
  for (const probe::PartComparison& part : probe::compare(left, right).parts) {
    if (!first) first = part.first;
  }
  TierDifference difference{.tier = "reference",
                            .subject = "",
                            .from = std::string(format(left.verdict)),
                            .to = std::string(format(right.verdict)),
                            .sections = {},
                            .first = std::move(first),
                            .training = std::nullopt,
                            .from_orders = {},
                            .to_orders = {},
                            .causes = Causes(from, to).of_the_reference()};
  diff.computed.push_back(std::move(difference));
}

}  // namespace

void compare_computed(const Inventory& from, const Inventory& to, Diff& diff) {
  if (!from.computed || !to.computed) {
    if (from.computed || to.computed) {
      diff.remarks.push_back("only " + (from.computed ? from : to).label + " tells what it computes");
    }
    return;
  }
  compare_references(from, to, diff);
  for (const TierRun& left : from.computed->tiers) {
    const TierRun* right = find(*to.computed, left);
    if (right == nullptr) {
      diff.computed.push_back(one_sided(left, true));
    } else if (auto difference = compare_tiers(from, to, left, *right)) {
      diff.computed.push_back(std::move(*difference));
    } else {
      ++diff.equal_tiers;
    }
  }
  for (const TierRun& right : to.computed->tiers) {
    if (find(*from.computed, right) == nullptr) diff.computed.push_back(one_sided(right, false));
  }
}

}  // namespace envlock::diff
