#include "story.h"

#include <algorithm>
#include <map>

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

std::string Story::needed_text(solve::NameId target, const std::vector<std::string>& texts) const {
  (void)target;
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
  for (const Cause cause : {Cause::need, Cause::limit}) {
    if (const auto found = by_cause.find(cause); found != by_cause.end())
      tell_removed_by_edges(name, found->second, cause);
  }
  if (const auto found = by_cause.find(Cause::job); found != by_cause.end()) tell_jobs(name, found->second);
}

/// Members that went because what they need, or what they constrain, went.
void Story::tell_removed_by_edges(solve::NameId name, const Members& members, Cause cause) {
  std::map<solve::NameId, Members> by_target;
  for (const solve::CandidateId id : members) {
    by_target[translation_.problem.sets[pruned_->removals[id].set].name].push_back(id);
  }
  std::vector<std::pair<solve::NameId, Members>> targets(by_target.begin(), by_target.end());
  std::stable_sort(targets.begin(), targets.end(),
                   [](const auto& left, const auto& right) { return left.second.size() > right.second.size(); });
  const bool is_limit = cause == Cause::limit;
  for (const auto& entry : targets) {
    const solve::NameId target = entry.first;
    const std::vector<std::string> texts = edge_texts(entry.second, target, is_limit);
    add(subject(name, entry.second) + (is_limit ? " allows only " : " needs ") + needed_text(target, texts));
    std::set<solve::CandidateId> asked_for;
    for (const solve::CandidateId id : entry.second) {
      const auto& set = translation_.problem.sets[pruned_->removals[id].set].members;
      asked_for.insert(set.begin(), set.end());
    }
    if (target == name) continue;
    tell_missing(target, {asked_for.begin(), asked_for.end()}, texts);
    if (is_limit) tell_mandate(target);
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
    add(subject(by, living) + " needs " + needed_text(name, edge_texts(living, name, false)));
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
  add(subject(mandate.by, living) + " needs " + needed_text(name, edge_texts(living, name, false)));
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
