#include "translate.h"

#include "file_order.h"

#include <algorithm>
#include <map>
#include <numeric>

namespace envlock::resolve {
namespace {

constexpr std::uint32_t kAbsent = ~std::uint32_t{0};

class Translator {
 public:
  Translator(Catalog& catalog, std::span<const conda::Request> requests, Scope scope)
      : catalog_(catalog), requests_(requests), scope_(scope) {
    state_.resize(catalog.record_count(), State::unseen);
    set_of_text_need_.resize(catalog.index().texts.size(), kAbsent);
  }

  Translation run(Preference* preference) {
    sort_requests();
    find_domains();
    reach();
    number_candidates();
    add_edges();
    add_jobs();
    order_names(preference);
    return std::move(out_);
  }

 private:
  enum class State : std::uint8_t { unseen, included, hopeless };

  void sort_requests() {
    order_.resize(requests_.size());
    std::iota(order_.begin(), order_.end(), std::size_t{0});
    std::vector<std::string> texts;
    for (const conda::Request& request : requests_) texts.push_back(conda::format(request.spec));
    std::stable_sort(order_.begin(), order_.end(), [&](std::size_t left, std::size_t right) {
      const std::string& left_name = requests_[left].spec.name;
      const std::string& right_name = requests_[right].spec.name;
      return left_name != right_name ? left_name < right_name : texts[left] < texts[right];
    });
  }

  /// What each request accepts; and, when nothing else will be looked at, what all requests for a name accept together.
  void find_domains() {
    accepted_.resize(requests_.size());
    for (const std::size_t request : order_) {
      const NameRef name = catalog_.find_name(requests_[request].spec.name);
      accepted_[request] = catalog_.match(requests_[request].spec, name);
      if (scope_ == Scope::all) continue;
      const auto [domain, is_new] = domains_.try_emplace(name, accepted_[request]);
      if (is_new) continue;
      std::vector<RecordId> both;
      std::set_intersection(domain->second.begin(), domain->second.end(), accepted_[request].begin(),
                            accepted_[request].end(), std::back_inserter(both));
      domain->second = std::move(both);
    }
    is_outside_.resize(catalog_.record_count());
    is_restricted_.resize(catalog_.name_count());
    for (const auto& [name, domain] : domains_) {
      is_restricted_[name] = true;
      const Catalog::Name& entry = catalog_.name(name);
      for (RecordId id = entry.first; id < entry.last; ++id) {
        if (!std::binary_search(domain.begin(), domain.end(), id)) is_outside_[id] = true;
      }
    }
  }

  bool is_restricted(NameRef name) const { return name < is_restricted_.size() && is_restricted_[name]; }

  void add(RecordId id) {
    if (state_[id] != State::unseen || is_outside_[id]) return;
    state_[id] = State::included;
    pending_.push_back(id);
  }

  void reach() {
    for (const std::vector<RecordId>& ids : accepted_) {
      for (const RecordId id : ids) add(id);
    }
    const auto first_virtual = static_cast<RecordId>(catalog_.index().candidates.size());
    for (RecordId id = first_virtual; id < catalog_.record_count(); ++id) add(id);
    while (!pending_.empty()) {
      const RecordId id = pending_.back();
      pending_.pop_back();
      if (!look_at(id)) state_[id] = State::hopeless;
    }
  }

  /// Reaches what a record needs. False when it cannot be chosen whatever else is.
  bool look_at(RecordId id) {
    const auto depends = catalog_.depends(id);
    const auto constrains = catalog_.constrains(id);
    const auto is_unreadable = [&](conda::TextId text) { return !catalog_.spec(text).is_readable; };
    if (std::any_of(depends.begin(), depends.end(), is_unreadable) ||
        std::any_of(constrains.begin(), constrains.end(), is_unreadable)) {
      catalog_.mark_unreadable(id);
      return false;
    }
    if (scope_ == Scope::needed) {
      // What the requests restrict is looked at first: most records fall by the python they were built for.
      for (const conda::TextId text : depends) {
        if (is_restricted(catalog_.spec(text).name) && !has_choice(text)) return false;
      }
      for (const conda::TextId text : depends) {
        if (!is_restricted(catalog_.spec(text).name) && !has_choice(text)) return false;
      }
    }
    for (const conda::TextId text : depends) {
      std::uint32_t& seen = set_of_text_need_[text];
      if (seen != kAbsent) continue;
      seen = 0;
      for (const RecordId match : catalog_.matched_spec(text).matches) add(match);
    }
    return true;
  }

  bool has_choice(conda::TextId text) {
    const auto& matches = catalog_.matched_spec(text).matches;
    return std::any_of(matches.begin(), matches.end(), [&](RecordId id) { return !is_outside_[id]; });
  }

  void number_candidates() {
    std::vector<RecordId> included;
    for (RecordId id = 0; id < catalog_.record_count(); ++id) {
      if (state_[id] == State::included) included.push_back(id);
    }
    out_.records = in_file_order(catalog_, included);
    candidate_of_.resize(catalog_.record_count(), kAbsent);
    for (solve::CandidateId id = 0; id < out_.records.size(); ++id) candidate_of_[out_.records[id]] = id;
  }

  solve::NameId solve_name(NameRef name) {
    if (solve_names_.size() <= name)
      solve_names_.resize(std::max<std::size_t>(name + std::size_t{1}, catalog_.name_count()), kAbsent);
    if (solve_names_[name] == kAbsent) {
      solve_names_[name] = static_cast<solve::NameId>(out_.names.size());
      out_.names.push_back(name);
      out_.problem.names.emplace_back();
    }
    return solve_names_[name];
  }

  solve::SetId set_of(NameRef name, const std::vector<RecordId>& records) {
    solve::CandidateSet set{solve_name(name), {}};
    for (const RecordId id : records) {
      if (candidate_of_[id] != kAbsent) set.members.push_back(candidate_of_[id]);
    }
    std::sort(set.members.begin(), set.members.end());
    std::uint64_t hash = set.name + 0x9e3779b97f4a7c15U;
    for (const solve::CandidateId id : set.members) hash = (hash ^ id) * 0x100000001b3U + (hash >> 29U);
    std::vector<solve::SetId>& bucket = sets_by_hash_[hash];
    for (const solve::SetId id : bucket) {
      if (out_.problem.sets[id] == set) return id;
    }
    const auto id = static_cast<solve::SetId>(out_.problem.sets.size());
    bucket.push_back(id);
    out_.problem.sets.push_back(std::move(set));
    return id;
  }

  solve::SetId set_of_text(conda::TextId text) {
    if (set_of_text_.empty()) set_of_text_.resize(catalog_.index().texts.size(), kAbsent);
    if (set_of_text_[text] == kAbsent) {
      const Catalog::Spec& spec = catalog_.matched_spec(text);
      set_of_text_[text] = set_of(spec.name, spec.matches);
    }
    return set_of_text_[text];
  }

  void add_edges() {
    solve::Problem& problem = out_.problem;
    for (solve::CandidateId id = 0; id < out_.records.size(); ++id) {
      const RecordId record = out_.records[id];
      solve::Candidate candidate;
      candidate.name = solve_name(catalog_.name_of(record));
      problem.names[candidate.name].push_back(id);
      candidate.first_edge = static_cast<std::uint32_t>(problem.edges.size());
      for (const conda::TextId text : catalog_.depends(record)) problem.edges.push_back(set_of_text(text));
      candidate.need_count = static_cast<std::uint32_t>(problem.edges.size()) - candidate.first_edge;
      for (const conda::TextId text : catalog_.constrains(record)) problem.edges.push_back(set_of_text(text));
      candidate.limit_count =
          static_cast<std::uint32_t>(problem.edges.size()) - candidate.first_edge - candidate.need_count;
      problem.candidates.push_back(candidate);
    }
  }

  void add_jobs() {
    const auto first_virtual = static_cast<RecordId>(catalog_.index().candidates.size());
    for (RecordId id = first_virtual; id < catalog_.record_count(); ++id) {
      out_.facts.push_back(static_cast<solve::JobId>(out_.problem.jobs.size()));
      out_.requests.push_back(Translation::kNoRequest);
      out_.problem.jobs.push_back(set_of(catalog_.name_of(id), {id}));
    }
    for (const std::size_t request : order_) {
      out_.requests.push_back(request);
      out_.problem.jobs.push_back(set_of(catalog_.find_name(requests_[request].spec.name), accepted_[request]));
    }
  }

  void order_names(Preference* preference) {
    if (preference == nullptr) return;
    std::vector<RecordId> records;
    for (std::vector<solve::CandidateId>& candidates : out_.problem.names) {
      if (candidates.size() < 2) continue;
      records.clear();
      for (const solve::CandidateId id : candidates) records.push_back(out_.records[id]);
      preference->sort(records);
      for (std::size_t i = 0; i < records.size(); ++i) candidates[i] = candidate_of_[records[i]];
    }
  }

  Catalog& catalog_;
  std::span<const conda::Request> requests_;
  Scope scope_;
  Translation out_;
  std::vector<std::size_t> order_;               ///< requests by name, then text
  std::vector<std::vector<RecordId>> accepted_;  ///< by request
  std::map<NameRef, std::vector<RecordId>> domains_;
  std::vector<bool> is_outside_;     ///< by record: some request rules it out
  std::vector<bool> is_restricted_;  ///< by name
  std::vector<State> state_;
  std::vector<RecordId> pending_;
  std::vector<std::uint32_t> set_of_text_need_;   ///< by text: reached already
  std::vector<solve::CandidateId> candidate_of_;  ///< by record
  std::vector<solve::NameId> solve_names_;        ///< by name
  std::vector<solve::SetId> set_of_text_;
  std::unordered_map<std::uint64_t, std::vector<solve::SetId>> sets_by_hash_;
};

}  // namespace

Translation translate(Catalog& catalog, std::span<const conda::Request> requests, Scope scope, Preference* preference) {
  return Translator(catalog, requests, scope).run(preference);
}

}  // namespace envlock::resolve
