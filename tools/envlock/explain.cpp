#include "explain.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "envlock/blas/cublas.h"
#include "envlock/torch/signature.h"

namespace envlock::tools {
namespace {

/// Where a combination is built from single changes, so many of the best are taken.
constexpr std::size_t kMostParts = 12;
constexpr double kTimesLonger = 3;

std::string setting_words(const torch::Setting& setting) {
  std::string words;
  for (const auto& [name, value] : setting.variables) words += (words.empty() ? "" : ", ") + name + ": " + value;
  return words;
}

/// What steers the components of a framework whose ops differ.
std::vector<blas::Change> python_suspects(const blas::Situation& situation,
                                          const std::vector<std::string>& components) {
  std::vector<blas::Change> changes;
  std::string names;
  for (const std::string& component : components) names += (names.empty() ? "" : ", ") + component;
  for (const torch::Setting& setting :
       torch::settings_to_try(components, *situation.now, situation.accepted->details)) {
    blas::Change change{.threads = setting.threads};
    for (const auto& [name, value] : setting.variables) change.variables[name] = value;
    if (!setting.needs.empty() &&
        std::find(situation.isa.begin(), situation.isa.end(), setting.needs) == situation.isa.end()) {
      change.elsewhere = setting.needs;
    }
    const std::string words = setting_words(setting);
    change.cause = "what computes " + names + " takes other code here; " +
                   (setting.threads > 0 ? std::to_string(setting.threads) + " threads" : "{" + words + "}") +
                   " gives what was accepted";
    change.remedy = setting.threads > 0 ? "run with `--probe-threads " + std::to_string(setting.threads) + "`"
                                        : "variables: {" + words + "}  in environment.yml, then lock";
    changes.push_back(std::move(change));
  }
  return changes;
}

std::vector<blas::Change> suspects_of(const blas::Situation& situation, const std::vector<std::string>& components) {
  if (situation.now->tier == "blas") return blas::suspects(situation);
  if (situation.now->tier == "cublas") return blas::cublas_suspects(situation);
  return python_suspects(situation, components);
}

std::string on_another_machine(const blas::Change& change, const std::string& command) {
  std::string words;
  for (const auto& [name, value] : change.variables) {
    words += value ? name + "=" + *value + " " : "env -u " + name + " ";
  }
  return "this processor lacks " + change.elsewhere + ": try `" + words + command + "` on one that has it";
}

/// The next choice of ascending numbers below `count`; false after the last.
bool advance(std::vector<std::size_t>& chosen, std::size_t count) {
  std::size_t digit = chosen.size();
  while (digit > 0 && chosen[digit - 1] == count - chosen.size() + digit - 1) --digit;
  if (digit == 0) return false;
  ++chosen[digit - 1];
  for (std::size_t i = digit; i < chosen.size(); ++i) chosen[i] = chosen[i - 1] + 1;
  return true;
}

}  // namespace

/// Every choice of `size` of them that can be made at once, the nearest first.
std::vector<blas::Change> Explainer::combinations(const std::vector<Tried>& parts, std::size_t size) {
  std::vector<std::pair<std::uint64_t, blas::Change>> all;
  std::vector<std::size_t> chosen(size);
  std::iota(chosen.begin(), chosen.end(), std::size_t{0});
  bool more = parts.size() >= size;
  for (; more; more = advance(chosen, parts.size())) {
    std::uint64_t distance = 0;
    std::vector<blas::Change> changes;
    for (const std::size_t part : chosen) {
      changes.push_back(parts[part].change);
      distance += parts[part].replay.differing;
    }
    if (auto change = blas::combined(changes)) all.emplace_back(distance, std::move(*change));
  }
  std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<blas::Change> changes;
  for (auto& [distance, change] : all) changes.push_back(std::move(change));
  return changes;
}

Explainer::Explainer(TierRequest request, ExplainSettings settings)
    : request_(std::move(request)),
      settings_(std::move(settings)),
      environment_(effective_environment(request_)),
      replays_(request_) {}

void Explainer::begin() {
  begin_ = std::chrono::steady_clock::now();
  tried_.clear();
}

blas::Situation Explainer::situation_of(const Case& of) const {
  return {.now = &of.answer.run, .accepted = &of.accepted, .environment = environment_, .isa = settings_.isa};
}

double Explainer::seconds_left() const {
  const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - begin_;
  return settings_.seconds - spent.count();
}

/// Null when it cannot be tried here, or no longer.
const Explainer::Tried* Explainer::attempt(const blas::Change& change, const Case& of) {
  const auto known =
      std::find_if(tried_.begin(), tried_.end(), [&](const Tried& each) { return blas::same(each.change, change); });
  if (known != tried_.end()) return &*known;
  if (!change.elsewhere.empty()) {
    of.answer.elsewhere.push_back({change.cause, on_another_machine(change, settings_.command)});
    return nullptr;
  }
  const double left = seconds_left();
  if (left <= 0) return nullptr;
  ++of.answer.replays;
  // A library may hang under a setting that it does not know: no replay takes much longer than the run itself did.
  const double most = std::max(left, kTimesLonger * of.answer.run.seconds + 1);
  tried_.push_back({change, replays_.attempt(change, of.accepted, of.answer.run, most)});
  return &tried_.back();
}

/// Of a combination that gives the accepted bits, the parts that it takes: without any of them it does not.
std::vector<blas::Change> Explainer::reduced(std::vector<blas::Change> parts, const Case& of) {
  for (std::size_t i = 0; parts.size() > 1 && i < parts.size();) {
    std::vector<blas::Change> fewer = parts;
    fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(i));
    const Tried* without = attempt(*blas::combined(fewer), of);
    if (without != nullptr && without->replay.same) {
      parts = std::move(fewer);
    } else {
      ++i;
    }
  }
  return parts;
}

/// Variables that have another value than when the baseline was accepted: each alone, then all of them, cut down to
/// those that it takes. What is found so is the cause; there is no need for rivals that do what it does.
bool Explainer::try_variables(const Case& of) {
  const std::vector<blas::Change> changes = blas::changed_variables(situation_of(of));
  for (const blas::Change& change : changes) {
    const Tried* tried = attempt(change, of);
    if (tried == nullptr || !tried->replay.same) continue;
    of.answer.explanations.push_back({change.cause, change.remedy});
    return true;
  }
  if (changes.size() < 2) return false;
  const Tried* together = attempt(*blas::combined(changes), of);
  if (together == nullptr || !together->replay.same) return false;
  const blas::Change cause = *blas::combined(reduced(changes, of));
  of.answer.explanations.push_back({cause.cause, cause.remedy});
  return true;
}

void Explainer::explain_by_singles(const std::vector<blas::Change>& changes, const Case& of) {
  for (const blas::Change& change : changes) {
    const Tried* tried = attempt(change, of);
    if (tried != nullptr && tried->replay.same) of.answer.explanations.push_back({change.cause, change.remedy});
  }
}

/// Combinations of so many single changes. First those whose parts alone bring the bits nearest to the accepted ones.
void Explainer::explain_by_combinations(std::size_t size, const Case& of) {
  for (const blas::Change& combination : combinations(nearest_singles(), size)) {
    if (seconds_left() <= 0) return;
    const Tried* tried = attempt(combination, of);
    if (tried != nullptr && tried->replay.same) {
      of.answer.explanations.push_back({combination.cause, combination.remedy});
    }
  }
}

/// In the order in which they were tried: what the inventory supports is told first.
std::vector<Explainer::Tried> Explainer::nearest_singles() const {
  std::vector<Tried> singles;
  for (const Tried& tried : tried_) {
    if (tried.is_single) singles.push_back(tried);
  }
  if (singles.size() <= kMostParts) return singles;
  std::vector<std::uint64_t> distances;
  for (const Tried& single : singles) distances.push_back(single.replay.differing);
  std::nth_element(distances.begin(), distances.begin() + kMostParts - 1, distances.end());
  std::erase_if(singles, [&](const Tried& single) { return single.replay.differing > distances[kMostParts - 1]; });
  singles.resize(std::min(singles.size(), kMostParts));
  return singles;
}

bool Explainer::explain_by_variables(const probe::AcceptedTier& accepted, report::TierAnswer& answer) {
  begin();
  return try_variables({accepted, answer});
}

void Explainer::explain(const probe::AcceptedTier& accepted, report::TierAnswer& answer) {
  begin();
  const Case of{accepted, answer};
  if (try_variables(of)) return;
  explain_by_singles(suspects_of(situation_of(of), answer.components), of);
  for (Tried& tried : tried_) tried.is_single = true;
  for (std::size_t size = 2; size <= 3 && answer.explanations.empty(); ++size) explain_by_combinations(size, of);
}

}  // namespace envlock::tools
