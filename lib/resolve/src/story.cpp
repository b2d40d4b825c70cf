#include "story.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "wording.h"

namespace envlock::resolve {
namespace {

constexpr std::size_t kMostLines = 8;

using Cause = solve::Removal::Cause;

}  // namespace

Story::Facts Story::tell(const solve::Pruned& pruned, const std::vector<solve::JobId>& jobs) {
  pruned_ = &pruned;
  is_heeded_.assign(translation_.requests.size(), false);
  for (const solve::JobId job : jobs) is_heeded_[job] = true;
  facts_ = {};
  told_.clear();
  told_mandates_.clear();
  const solve::NameId name = *pruned.emptied;
  // Why the name must be there at all, unless its own request says so.
  if (requests_for(name).empty()) tell_mandate(name);
  tell_name(name, translation_.problem.names[name]);
  if (facts_.lines.size() > kMostLines) facts_.lines.resize(kMostLines);
  return std::move(facts_);
}

void Story::add(std::string line) {
  if (std::find(facts_.lines.begin(), facts_.lines.end(), line) == facts_.lines.end()) {
    facts_.lines.push_back(std::move(line));
  }
}

std::vector<std::size_t> Story::requests_for(solve::NameId name) const {
  std::vector<std::size_t> found;
  for (solve::JobId job = 0; job < translation_.requests.size(); ++job) {
    const std::size_t request = translation_.requests[job];
    if (request == Translation::kNoRequest || translation_.problem.sets[translation_.problem.jobs[job]].name != name)
      continue;
    if (is_heeded_[job]) found.push_back(request);
  }
  return found;
}

std::string Story::cite_request(std::size_t request) {
  facts_.cited.insert(request);
  return cite(requests_[request]);
}

/// Whom a fact is about: the request, when all that it accepts is meant; else the records by their versions.
std::string Story::subject(solve::NameId name, const Members& members) {
  const std::string_view text = catalog_.name(translation_.names[name]).text;
  const auto requests = requests_for(name);
  if (!requests.empty()) {
    std::vector<std::string> cited;
    for (const std::size_t request : requests) cited.push_back(cite_request(request));
    return list(cited, "and");
  }
  if (members.size() == translation_.problem.names[name].size()) return "every " + quote(text);
  std::vector<RecordId> records;
  for (const solve::CandidateId id : members) records.push_back(translation_.records[id]);
  return quote(std::string(text) + " " + range(versions_of(catalog_, records)));
}

/// The texts by which members ask for a name, each once; of the best members first.
std::vector<std::string> Story::edge_texts(const Members& members, solve::NameId target, bool only_limits) {
  std::vector<std::string> texts;
  for (const solve::CandidateId id : members) {
    const RecordId record = translation_.records[id];
    const auto take = [&](std::span<const conda::TextId> edges) {
      for (const conda::TextId edge : edges) {
        if (catalog_.spec(edge).name != translation_.names[target]) continue;
        std::string text(catalog_.index().text(edge));
        if (std::find(texts.begin(), texts.end(), text) == texts.end()) texts.push_back(std::move(text));
      }
    };
    if (!only_limits) take(catalog_.depends(record));
    if (only_limits) take(catalog_.constrains(record));
  }
  std::sort(texts.begin(), texts.end());
  return texts;
}

std::string Story::needed_text(const std::vector<std::string>& texts) const {
  std::vector<std::string> quoted;
  for (const std::string& text : texts) quoted.push_back(quote(text));
  return list(quoted, "or");
}

void Story::tell_name(solve::NameId name, const Members& members) {
  if (!told_.insert(name).second || facts_.lines.size() >= kMostLines) return;
  std::map<Cause, Members> by_cause;
  for (const solve::CandidateId id : members) by_cause[pruned_->removals[id].cause].push_back(id);
  if (const auto found = by_cause.find(Cause::other_needs); found != by_cause.end())
    tell_other_needs(name, found->second);
  Members by_edges = by_cause[Cause::need];
  by_edges.insert(by_edges.end(), by_cause[Cause::limit].begin(), by_cause[Cause::limit].end());
  if (!by_edges.empty()) tell_removed_by_edges(name, std::move(by_edges));
  if (const auto found = by_cause.find(Cause::job); found != by_cause.end()) tell_jobs(name, found->second);
}

/// What alone would have removed a member: every edge whose set was gone before the member was.
std::vector<Story::Reason> Story::reasons_of(solve::CandidateId id) const {
  const solve::Problem& problem = translation_.problem;
  const solve::Removal& removal = pruned_->removals[id];
  std::vector<Reason> reasons;
  const auto is_gone = [&](solve::SetId set) {
    if (set == removal.set) return true;
    const auto& members = problem.sets[set].members;
    return std::all_of(members.begin(), members.end(), [&](solve::CandidateId member) {
      return !pruned_->alive(member) && pruned_->removals[member].step < removal.step;
    });
  };
  for (const solve::SetId set : problem.needs(id)) {
    if (is_gone(set)) reasons.push_back({false, problem.sets[set].name, set});
  }
  for (const solve::SetId set : problem.limits(id)) {
    const solve::Mandate& mandate = pruned_->mandates[problem.sets[set].name];
    const bool binds = mandate.cause != solve::Mandate::Cause::none && mandate.step < removal.step;
    if (binds && is_gone(set)) reasons.push_back({true, problem.sets[set].name, set});
  }
  return reasons;
}

/// Members that went because what they need, or what they constrain, went. Few reasons are told, each for as many of
/// them as it serves, whichever the pruning happened to meet first.
void Story::tell_removed_by_edges(solve::NameId name, Members members) {
  std::map<solve::CandidateId, std::vector<Reason>> reasons;
  for (const solve::CandidateId id : members) reasons[id] = reasons_of(id);
  while (!members.empty() && facts_.lines.size() < kMostLines) {
    std::map<std::pair<bool, solve::NameId>, std::size_t> counts;
    for (const solve::CandidateId id : members) {
      std::set<std::pair<bool, solve::NameId>> seen;
      for (const Reason& reason : reasons[id]) {
        if (seen.emplace(reason.is_limit, reason.target).second) ++counts[{reason.is_limit, reason.target}];
      }
    }
    if (counts.empty()) return;
    const auto weight = [&](const auto& entry) {
      return std::tuple(entry.second, !requests_for(entry.first.second).empty(), !entry.first.first);
    };
    auto best = counts.begin();
    for (auto it = counts.begin(); it != counts.end(); ++it) {
      const auto text = [&](const auto& entry) { return catalog_.name(translation_.names[entry->first.second]).text; };
      if (weight(*it) > weight(*best) || (weight(*it) == weight(*best) && text(it) < text(best))) best = it;
    }
    const auto [is_limit, target] = best->first;
    Members served;
    Members rest;
    std::set<solve::CandidateId> asked_for;
    for (const solve::CandidateId id : members) {
      bool is_served = false;
      for (const Reason& reason : reasons[id]) {
        if (reason.is_limit != is_limit || reason.target != target) continue;
        is_served = true;
        const auto& set = translation_.problem.sets[reason.set].members;
        asked_for.insert(set.begin(), set.end());
      }
      (is_served ? served : rest).push_back(id);
    }
    const std::vector<std::string> texts = edge_texts(served, target, is_limit);
    add(subject(name, served) + (is_limit ? " allows only " : " needs ") + needed_text(texts));
    if (target != name) {
      tell_missing(target, {asked_for.begin(), asked_for.end()}, texts);
      if (is_limit) tell_mandate(target);
    }
    members = std::move(rest);
  }
}

/// Why none of the members of a needed name is left.
void Story::tell_missing(solve::NameId needed, const Members& members, const std::vector<std::string>& texts) {
  const Catalog::Name& entry = catalog_.name(translation_.names[needed]);
  if (entry.is_virtual) {
    facts_.virtual_needs.push_back({translation_.names[needed], texts});
    if (entry.first == entry.last) {
      add("no " + quote(entry.text) + " is assumed of " + quote(catalog_.index().subdir));
    } else {
      add("the platform has " + quote(std::string(entry.text) + "=" + std::string(catalog_.version_text(entry.first)) +
                                      "=" + std::string(catalog_.build_text(entry.first))));
    }
    return;
  }
  if (members.empty()) {
    std::vector<RecordId> records;
    for (RecordId id = entry.first; id < entry.last; ++id) {
      if (catalog_.is_visible(id)) records.push_back(id);
    }
    add(records.empty()
            ? "no channel has " + quote(entry.text)
            : "the channels have " + quote(entry.text) + " " + range(versions_of(catalog_, records)) + " only");
    return;
  }
  tell_name(needed, members);
}

void Story::tell_other_needs(solve::NameId name, const Members& members) {
  std::map<solve::NameId, std::size_t> by_whom;
  for (const solve::CandidateId id : members) ++by_whom[pruned_->removals[id].by];
  for (const auto& entry : by_whom) {
    const solve::NameId by = entry.first;
    Members living;
    for (const solve::CandidateId id : translation_.problem.names[by]) {
      if (pruned_->alive(id) || pruned_->removals[id].step > pruned_->removals[members.front()].step)
        living.push_back(id);
    }
    if (requests_for(by).empty()) tell_mandate(by);
    add(subject(by, living) + " needs " + needed_text(edge_texts(living, name, false)));
    Members gone;
    for (const solve::CandidateId id : translation_.problem.names[by]) {
      const solve::Removal& removal = pruned_->removals[id];
      if (!pruned_->alive(id) && removal.step < pruned_->removals[members.front()].step && removal.cause != Cause::job)
        gone.push_back(id);
    }
    if (!gone.empty()) tell_name(by, gone);
  }
}

/// Why a name must be chosen: the chain from a request down to it.
void Story::tell_mandate(solve::NameId name) {
  if (!told_mandates_.insert(name).second || facts_.lines.size() >= kMostLines) return;
  const solve::Mandate& mandate = pruned_->mandates[name];
  const auto requests = requests_for(name);
  if (!requests.empty()) {
    for (const std::size_t request : requests) {
      if (!facts_.cited.contains(request)) add(cite_request(request) + " asks for it");
    }
    return;
  }
  if (mandate.cause != solve::Mandate::Cause::needed) return;
  Members living;
  for (const solve::CandidateId id : translation_.problem.names[mandate.by]) {
    if (pruned_->alive(id) || pruned_->removals[id].step > mandate.step) living.push_back(id);
  }
  if (requests_for(mandate.by).empty()) tell_mandate(mandate.by);
  add(subject(mandate.by, living) + " needs " + needed_text(edge_texts(living, name, false)));
}

/// The requests for the name itself, which accept nothing of what the others leave.
bool Story::tell_jobs(solve::NameId name, const Members& members) {
  std::set<std::size_t> requests;
  for (const solve::CandidateId id : members) requests.insert(translation_.requests[pruned_->removals[id].job]);
  std::vector<std::string> cited;
  for (const std::size_t request : requests_for(name)) cited.push_back(cite_request(request));
  if (cited.empty()) return false;
  add(list(cited, "and", 4) + (cited.size() > 1 && members.size() == translation_.problem.names[name].size()
                                   ? " accept no version together"
                               : cited.size() > 1 ? " accept none of these"
                                                  : " accepts none of these"));
  return true;
}

}  // namespace envlock::resolve
