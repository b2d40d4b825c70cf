#include "envlock/solve/solver.h"

#include "random_problem.h"
#include "support/catch.h"

using namespace envlock_test;

namespace {

const std::optional<solve::PruneLevel> kPruneLevels[] = {solve::PruneLevel::light, solve::PruneLevel::full,
                                                         std::nullopt};

/// A problem written down: names with numbers of candidates (best first, ids counted through), then edges.
struct Draft {
  solve::Problem problem;

  solve::NameId name(std::uint32_t count) {
    const auto id = static_cast<solve::NameId>(problem.names.size());
    problem.names.emplace_back();
    for (std::uint32_t i = 0; i < count; ++i) {
      problem.names[id].push_back(static_cast<solve::CandidateId>(problem.candidates.size()));
      problem.candidates.push_back({id, 0, 0, 0});
    }
    return id;
  }
  solve::SetId set(solve::NameId of, std::vector<solve::CandidateId> members) {
    problem.sets.push_back({of, std::move(members)});
    return static_cast<solve::SetId>(problem.sets.size() - 1);
  }
  void edges(solve::CandidateId of, std::vector<solve::SetId> needs, std::vector<solve::SetId> limits) {
    solve::Candidate& candidate = problem.candidates[of];
    candidate.first_edge = static_cast<std::uint32_t>(problem.edges.size());
    candidate.need_count = static_cast<std::uint32_t>(needs.size());
    candidate.limit_count = static_cast<std::uint32_t>(limits.size());
    problem.edges.insert(problem.edges.end(), needs.begin(), needs.end());
    problem.edges.insert(problem.edges.end(), limits.begin(), limits.end());
  }
};

}  // namespace

TEST_CASE("answers to small random problems agree with trying everything") {
  const std::uint32_t first = 20260301;
  int solvable = 0;
  for (std::uint32_t seed = first; seed < first + 2500; ++seed) {
    INFO("seed " << seed);
    const solve::Problem problem = random_problem(seed);
    const auto want = best_by_trying_all(problem, problem.jobs);
    solvable += want.has_value();
    for (const auto encoding : {solve::Encoding::bits, solve::Encoding::pairs}) {
      for (const auto& prune : kPruneLevels) {
        INFO("encoding " << (encoding == solve::Encoding::bits ? "bits" : "pairs"));
        // Seed by seed, all candidates at once or the best one, then two, of every name first.
        const std::vector<std::size_t> widths =
            seed % 2 == 0 ? std::vector<std::size_t>{} : std::vector<std::size_t>{1, 2};
        const auto have = solve::solve(problem, {solve::Method{encoding, prune, widths}, prune.has_value()});
        REQUIRE(have.has_value() == want.has_value());
        if (!have) continue;
        const Choice choice = choice_of(problem, *have);
        std::size_t chosen = 0;
        for (const auto& picked : choice) chosen += picked.has_value();
        REQUIRE(chosen == have->size());  // never two of one name
        REQUIRE(is_valid(problem, choice, problem.jobs));
        REQUIRE(job_ranks(problem, choice) == job_ranks(problem, *want));
      }
    }
  }
  CHECK(solvable > 500);
  CHECK(solvable < 2000);
}

TEST_CASE("pruning removes nothing that is in an answer") {
  const std::uint32_t first = 7000;
  for (std::uint32_t seed = first; seed < first + 600; ++seed) {
    INFO("seed " << seed);
    const solve::Problem problem = random_problem(seed);
    std::vector<solve::JobId> jobs;
    for (solve::JobId job = 0; job < problem.jobs.size(); ++job) jobs.push_back(job);
    for (const auto level : {solve::PruneLevel::light, solve::PruneLevel::full}) {
      const solve::Pruned pruned = solve::prune(problem, jobs, level);
      for (solve::CandidateId id = 0; id < problem.candidates.size(); ++id) {
        if (pruned.alive(id)) continue;
        solve::Problem forced = problem;
        forced.sets.push_back({problem.candidates[id].name, {id}});
        std::vector<solve::SetId> with = problem.jobs;
        with.push_back(static_cast<solve::SetId>(forced.sets.size() - 1));
        REQUIRE_FALSE(best_by_trying_all(forced, with).has_value());
      }
      if (pruned.emptied) REQUIRE_FALSE(best_by_trying_all(problem, problem.jobs).has_value());
    }
  }
}

TEST_CASE("a minimal core has no answer, and has one without any of its jobs") {
  const std::uint32_t first = 40000;
  int seen = 0;
  for (std::uint32_t seed = first; seed < first + 2500; ++seed) {
    INFO("seed " << seed);
    const solve::Problem problem = random_problem(seed);
    const solve::Pruner pruner(problem);
    std::vector<solve::JobId> jobs;
    for (solve::JobId job = 0; job < problem.jobs.size(); ++job) jobs.push_back(job);
    if (solve::is_solvable(pruner, jobs)) continue;
    ++seen;
    const std::vector<solve::JobId> core = solve::minimal_core(pruner, {}, jobs);
    const auto sets = [&](std::size_t without) {
      std::vector<solve::SetId> ids;
      for (std::size_t i = 0; i < core.size(); ++i) {
        if (i != without) ids.push_back(problem.jobs[core[i]]);
      }
      return ids;
    };
    REQUIRE_FALSE(best_by_trying_all(problem, sets(core.size())).has_value());
    for (std::size_t i = 0; i < core.size(); ++i) REQUIRE(best_by_trying_all(problem, sets(i)).has_value());
  }
  CHECK(seen > 300);
}

TEST_CASE("what is keepable is kept, and nothing that is left out could have been") {
  const std::uint32_t first = 90000;
  int kept_some = 0;
  for (std::uint32_t seed = first; seed < first + 600; ++seed) {
    INFO("seed " << seed);
    const solve::Problem problem = random_problem(seed);
    const solve::Pruner pruner(problem);
    std::vector<solve::JobId> jobs;
    for (solve::JobId job = 0; job < problem.jobs.size(); ++job) jobs.push_back(job);
    if (!solve::is_solvable(pruner, jobs)) continue;
    std::vector<solve::CandidateId> wanted;
    for (const auto& candidates : problem.names) {
      if (!candidates.empty()) wanted.push_back(candidates.back());
    }
    const std::vector<bool> kept = solve::find_keepable(pruner, jobs, wanted, {});
    solve::Exclusion excluded;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      if (kept[i]) solve::exclude_others(problem, wanted[i], excluded), ++kept_some;
    }
    REQUIRE(solve::is_solvable(pruner, jobs, excluded));
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      if (kept[i]) continue;
      solve::Exclusion more = excluded;
      solve::exclude_others(problem, wanted[i], more);
      REQUIRE_FALSE(solve::is_solvable(pruner, jobs, more));
    }
    const auto picks = solve::solve(pruner, jobs, excluded);
    REQUIRE(picks.has_value());
    for (const solve::CandidateId id : *picks) REQUIRE((excluded.empty() || !excluded[id]));
  }
  CHECK(kept_some > 200);
}

TEST_CASE("earlier jobs decide before later ones") {
  Draft draft;
  const solve::NameId first = draft.name(2);   // 0, 1
  const solve::NameId second = draft.name(2);  // 2, 3
  draft.edges(0, {draft.set(second, {3})}, {});
  draft.edges(1, {draft.set(second, {2})}, {});
  const solve::SetId any_first = draft.set(first, {0, 1});
  const solve::SetId any_second = draft.set(second, {2, 3});
  draft.problem.jobs = {any_first, any_second};
  CHECK(solve::solve(draft.problem) == solve::Picks{0, 3});
  draft.problem.jobs = {any_second, any_first};
  CHECK(solve::solve(draft.problem) == solve::Picks{1, 2});
}

TEST_CASE("a candidate that limits its own name to others cannot be chosen") {
  Draft draft;
  const solve::NameId name = draft.name(2);
  draft.edges(0, {}, {draft.set(name, {1})});
  draft.problem.jobs = {draft.set(name, {0, 1})};
  for (const auto& prune : kPruneLevels) {
    for (const auto encoding : {solve::Encoding::bits, solve::Encoding::pairs}) {
      CHECK(solve::solve(draft.problem, {solve::Method{encoding, prune}, prune.has_value()}) == solve::Picks{1});
    }
  }
}

TEST_CASE("candidates that need each other are chosen together") {
  Draft draft;
  const solve::NameId first = draft.name(1);
  const solve::NameId second = draft.name(1);
  draft.edges(0, {draft.set(second, {1})}, {});
  draft.edges(1, {draft.set(first, {0})}, {});
  draft.problem.jobs = {draft.set(first, {0})};
  CHECK(solve::solve(draft.problem) == solve::Picks{0, 1});
}

TEST_CASE("a job that nothing meets has no answer") {
  Draft draft;
  const solve::NameId name = draft.name(0);
  draft.problem.jobs = {draft.set(name, {})};
  for (const auto& prune : kPruneLevels) {
    CHECK_FALSE(solve::solve(draft.problem, {solve::Method{solve::Encoding::bits, prune}, prune.has_value()}));
  }
}
