#include "pip_view.h"

#include <algorithm>
#include <utility>

#include "envlock/lock/wheel_python.h"
#include "envlock/spec/spec.h"

namespace envlock::lock {
namespace {

// What stands in the wheels of a lock was read by whoever made it; a line of a damaged lock asks for nothing.
PipAsk ask_of(const PipLine& line) {
  try {
    return parse_pip_line(line);
  } catch (const core::Error&) {
    return {};
  }
}

// The walk of one category: distributions with each of their extras, and "" for what they always require.
class Walk {
 public:
  Walk(const PipCatalog& catalog, const PipView& view, const std::string& category, PipReach& reach)
      : catalog_(catalog), view_(view), category_(category), reach_(reach) {}

  void start(const PipLine& line, const PipAsk& ask) {
    if (const auto index = view_.find(line, ask)) {
      enter(*index, ask.extras);
    } else {
      enter_provided(ask.name, ask.extras);
    }
  }

  void run() {
    while (!open_.empty()) {
      const auto [index, extra] = std::move(open_.back());
      open_.pop_back();
      for (const auto& requirement : catalog_.requires_of(index)) {
        if (requirement && view_.holds(*requirement, extra)) follow(*requirement);
      }
    }
  }

 private:
  void follow(const pypi::Requirement& requirement) {
    if (const auto next = view_.find(requirement.name)) {
      enter(*next, requirement.extras);
    } else {
      enter_provided(requirement.name, requirement.extras);
    }
  }

  void enter(std::size_t index, const std::vector<std::string>& extras) {
    PipReach::Use& use = reach_.distributions[index];
    use.categories.insert(category_);
    push(index, "");
    for (const std::string& extra : extras) {
      use.extras.insert(extra);
      push(index, extra);
    }
  }

  void push(std::size_t index, const std::string& extra) {
    if (seen_.emplace(index, extra).second) open_.emplace_back(index, extra);
  }

  void enter_provided(const std::string& name, const std::vector<std::string>& extras) {
    const ProvidedDistribution* provided = view_.find_provided(name);
    if (provided == nullptr) return;
    reach_.conda_names[category_].insert(provided->conda_name);
    for (const std::string& extra : extras) {
      reach_.provided_extras.emplace(name, extra);
      const ProvidedExtra* added = view_.find_provided_extra(name, extra);
      if (added == nullptr || !seen_provided_.emplace(name, extra).second) continue;
      for (const std::string& text : added->requires_dist) {
        const auto requirement = pypi::Requirement::parse_leniently(text);
        if (requirement && view_.holds(*requirement, extra)) follow(*requirement);
      }
    }
  }

  const PipCatalog& catalog_;
  const PipView& view_;
  const std::string& category_;
  PipReach& reach_;
  std::set<std::pair<std::size_t, std::string>> seen_;
  std::set<std::pair<std::string, std::string>> seen_provided_;
  std::vector<std::pair<std::size_t, std::string>> open_;
};

bool kinds_agree(PipLine::Kind kind, LockedDistribution::Source source) {
  using Kind = PipLine::Kind;
  using Source = LockedDistribution::Source;
  if (kind == Kind::archive) return source == Source::archive || source == Source::built;
  if (kind == Kind::vcs) return source == Source::vcs;
  return kind == Kind::directory && source == Source::directory;
}

}  // namespace

PipCatalog::PipCatalog(const Lock& lock) : lock_(lock) {
  requires_.reserve(lock.distributions.size());
  for (const LockedDistribution& each : lock.distributions) {
    std::vector<std::optional<pypi::Requirement>>& all = requires_.emplace_back();
    for (const std::string& text : each.requires_dist) all.push_back(pypi::Requirement::parse_leniently(text));
  }
  for (const PipLine& line : lock.pip_lines) asks_.push_back(ask_of(line));
}

PipView::PipView(const PipCatalog& catalog, const LockedPlatform& platform) : catalog_(catalog), platform_(platform) {
  const Lock& lock = catalog.lock();
  if (!lock.pip) return;
  std::vector<conda::PackageRecord> records;
  for (const PlatformPackage& each : platform.packages) records.push_back(lock.packages[each.package].record);
  for (const conda::PackageRecord& record : records) {
    if (record.name != "python") continue;
    python_ = record.version;
    tag_python_ = wheel_python(record);
  }
  if (has_python()) environment_ = pypi::make_marker_environment(platform.platform.subdir, python_);
  provided_ = provided_distributions(records, lock.pip->mapping);
  for (const PlatformDistribution& each : platform.distributions) {
    by_name_.emplace(catalog.distribution(each.distribution).name, each.distribution);
  }
}

std::optional<std::size_t> PipView::find(std::string_view name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? std::nullopt : std::optional(found->second);
}

const ProvidedDistribution* PipView::find_provided(std::string_view name) const {
  const auto found =
      std::lower_bound(provided_.begin(), provided_.end(), name,
                       [](const ProvidedDistribution& each, std::string_view wanted) { return each.name < wanted; });
  return found == provided_.end() || found->name != name ? nullptr : &*found;
}

const ProvidedExtra* PipView::find_provided_extra(std::string_view name, std::string_view extra) const {
  for (const ProvidedExtra& each : platform_.provided_extras) {
    if (each.name == name && each.extra == extra) return &each;
  }
  return nullptr;
}

std::optional<std::size_t> PipView::find(const PipLine& line, const PipAsk& ask) const {
  if (!ask.name.empty()) return find(ask.name);
  for (const PlatformDistribution& each : platform_.distributions) {
    const LockedDistribution& distribution = catalog_.distribution(each.distribution);
    if (kinds_agree(line.kind, distribution.source) && is_same_location(distribution.url, ask.location) &&
        distribution.subdirectory == ask.subdirectory) {
      return each.distribution;
    }
  }
  return std::nullopt;
}

bool PipView::holds(const PipLine& line, const PipAsk& ask) const {
  const bool here = line.selector.empty() || spec::selector_holds(line.selector, platform_.platform.subdir);
  return here && has_python() && ask.marker.holds(environment_);
}

bool PipView::holds(const pypi::Requirement& requirement, const std::string& extra) const {
  if (extra.empty()) return requirement.marker.holds(environment_);
  return requirement.marker.holds(environment_, std::span(&extra, 1));
}

PipReach PipView::reach() const {
  PipReach reach;
  std::set<std::string> categories;
  const std::vector<PipLine>& lines = catalog_.lock().pip_lines;
  for (const PipLine& line : lines) categories.insert(line.category);
  for (const std::string& category : categories) {
    Walk walk(catalog_, *this, category, reach);
    for (std::size_t i = 0; i < lines.size(); ++i) {
      const PipAsk& ask = catalog_.asks()[i];
      if (lines[i].constraint || lines[i].category != category || !holds(lines[i], ask)) continue;
      walk.start(lines[i], ask);
      reach.conda_names[category].insert("python");
    }
    walk.run();
  }
  return reach;
}

}  // namespace envlock::lock
