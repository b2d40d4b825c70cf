#include "envlock/probe/baseline.h"

#include <algorithm>
#include <map>

#include "envlock/core/text.h"

namespace envlock::probe {
namespace {

core::Sha256 lengthened(std::uint32_t bits) {
  core::Sha256 digest{};
  for (std::size_t i = 0; i < 4; ++i) digest.bytes[i] = static_cast<std::uint8_t>(bits >> (24 - 8 * i));
  return digest;
}

std::vector<std::string> names_of(const std::vector<OpInfo>& ops) {
  std::vector<std::string> names;
  for (const OpInfo& op : ops) names.push_back(op.name);
  return names;
}

/// The widest vectors of a class, as people call it by them.
std::string widest(const std::vector<std::string>& isa) {
  for (const char* name : {"avx512f", "avx2", "avx", "sve", "asimd", "sse4_2", "sse2"}) {
    if (std::find(isa.begin(), isa.end(), name) != isa.end()) return name;
  }
  return "no vectors";
}

bool same_ops(const AcceptedSection& accepted, const Section& section) {
  return accepted.initial_ops == names_of(section.initial_ops) && accepted.step_ops == names_of(section.step_ops);
}

void compare_steps(const AcceptedSection& accepted, const Section& section, std::optional<Mismatch>& first,
                   std::uint64_t& compared) {
  const std::size_t steps = std::min(accepted.steps.size(), section.record.steps.size());
  for (std::size_t i = 0; i < steps; ++i) {
    const int step = static_cast<int>(i) - 1;
    for (std::size_t op = 0; op < accepted.steps[i].size(); ++op) {
      ++compared;
      const std::uint32_t want = accepted.steps[i][op];
      const std::uint32_t have = shortened(section.record.steps[i].ops[op]);
      if (want == have) continue;
      if (!first) {
        first.emplace();
        first->place = {section.name, step, section.ops_of(step)[op].name};
        first->want = lengthened(want);
        first->have = lengthened(have);
      }
      ++first->differing_ops;
    }
  }
}

std::vector<ChangedFile> compare_files(const std::vector<BoundFile>& accepted, const std::vector<BoundFile>& now) {
  std::map<std::string, const BoundFile*> wanted;
  for (const BoundFile& file : accepted) wanted[file.path] = &file;
  std::vector<ChangedFile> changed;
  for (const BoundFile& file : now) {
    const auto found = wanted.find(file.path);
    if (found == wanted.end()) {
      changed.push_back({file.path, file.package, ChangedFile::Kind::added});
      continue;
    }
    if (found->second->content != file.content) {
      changed.push_back({file.path, file.package, ChangedFile::Kind::other_bytes});
    }
    wanted.erase(found);
  }
  for (const auto& [path, file] : wanted) changed.push_back({path, file->package, ChangedFile::Kind::gone});
  std::sort(changed.begin(), changed.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
  return changed;
}

}  // namespace

std::uint32_t shortened(const core::Sha256& digest) {
  std::uint32_t bits = 0;
  for (std::size_t i = 0; i < 4; ++i) bits = bits << 8 | digest.bytes[i];
  return bits;
}

std::string describe(const GpuClass& gpu) {
  // A slice of a partitioned GPU is told by its name.
  return gpu.name + " (compute capability " + gpu.compute_capability + ", " + std::to_string(gpu.multiprocessors) +
         " multiprocessors)";
}

std::string describe(const HardwareClass& hardware) {
  if (hardware.isa.empty() && !hardware.gpus.empty()) {
    // What runs on a GPU alone.
    std::string words;
    for (const GpuClass& gpu : hardware.gpus) words += (words.empty() ? "" : ", ") + describe(gpu);
    return words + ", " + hardware.architecture;
  }
  std::string words = hardware.vendor.empty() ? hardware.architecture : hardware.vendor + " " + hardware.architecture;
  words += ", " + widest(hardware.isa);
  if (hardware.l2_bytes > 0) words += ", " + std::to_string(hardware.l2_bytes >> 10) + " KiB L2";
  words += ", " + std::to_string(hardware.threads) + (hardware.threads == 1 ? " thread" : " threads");
  for (const GpuClass& gpu : hardware.gpus) words += ", " + gpu.name;
  return words;
}

AcceptedTier accept(const TierRun& run, std::vector<BoundFile> files) {
  AcceptedTier tier{.tier = run.tier, .subject = run.subject, .root = run.root, .orders = run.orders};
  for (const auto& [name, value] : run.details) {
    const bool tells = name == "library" || name == "version" || name == "kernel" || name == "kernel_number" ||
                       name == "operands" || name.starts_with("algorithm ");
    if (tells) tier.details.emplace_back(name, value);
  }
  std::sort(files.begin(), files.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
  tier.files = std::move(files);
  for (const Section& section : run.sections) {
    AcceptedSection accepted{.name = section.name,
                             .root = section.record.root,
                             .initial_ops = names_of(section.initial_ops),
                             .step_ops = names_of(section.step_ops)};
    for (const StepRecord& step : section.record.steps) {
      std::vector<std::uint32_t>& digests = accepted.steps.emplace_back();
      for (const core::Sha256& digest : step.ops) digests.push_back(shortened(digest));
    }
    tier.sections.push_back(std::move(accepted));
  }
  return tier;
}

const AcceptedClass* Baseline::find(const HardwareClass& hardware) const {
  const auto found = std::find_if(classes.begin(), classes.end(),
                                  [&](const AcceptedClass& each) { return each.hardware == hardware; });
  return found == classes.end() ? nullptr : &*found;
}

void Baseline::replace(const HardwareClass& hardware, std::vector<AcceptedTier> tiers) {
  std::erase_if(classes, [&](const AcceptedClass& each) { return each.hardware == hardware; });
  const auto key = [](const AcceptedTier& tier) { return std::pair(tier.tier, tier.subject); };
  std::sort(tiers.begin(), tiers.end(), [&](const AcceptedTier& a, const AcceptedTier& b) { return key(a) < key(b); });
  classes.push_back({hardware, std::move(tiers)});
  std::sort(classes.begin(), classes.end(),
            [](const AcceptedClass& a, const AcceptedClass& b) { return a.hardware < b.hardware; });
}

bool same_orders(const std::vector<SumOrder>& left, const std::vector<SumOrder>& right) {
  const auto unread = [](const SumOrder& order) { return !order.replayed; };
  if (std::any_of(left.begin(), left.end(), unread) || std::any_of(right.begin(), right.end(), unread)) return true;
  return left == right;
}

TierComparison compare(const AcceptedTier& accepted, const TierRun& run, const std::vector<BoundFile>& files) {
  TierComparison comparison;
  comparison.equal = accepted.root == run.root;
  comparison.changed_files = compare_files(accepted.files, files);
  comparison.same_orders = same_orders(accepted.orders, run.orders);
  std::uint64_t compared = 0;
  for (const AcceptedSection& section : accepted.sections) {
    const Section* now = run.find(section.name);
    if (now != nullptr && now->record.root == section.root) continue;
    comparison.differing_sections.push_back(section.name);
    if (now == nullptr || !same_ops(section, *now)) continue;
    compare_steps(section, *now, comparison.first, compared);
    std::uint64_t ignored = 0;
    if (section.name == "training") compare_steps(section, *now, comparison.training, ignored);
  }
  if (comparison.first) comparison.first->compared_ops = compared;
  return comparison;
}

}  // namespace envlock::probe
