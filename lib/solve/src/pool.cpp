#include "pool.h"

#include <algorithm>
#include <stdexcept>

namespace envlock::solve {

SolvPool::SolvPool() : pool_(pool_create()) {
  pool_setdisttype(pool_, DISTTYPE_RPM);
  pool_setdebuglevel(pool_, -1);
  pool_set_flag(pool_, POOL_FLAG_FORBIDSELFCONFLICTS, 1);
  repo_ = repo_create(pool_, "candidates");
}

SolvPool::~SolvPool() {
  pool_free(pool_);
}

Id SolvPool::add_solvables(int count) {
  return repo_add_solvable_block(repo_, count);
}

void SolvPool::describe(Id solvable, Id group, int rank) {
  const auto index = static_cast<std::size_t>(rank);
  if (index >= rank_ids_.size()) rank_ids_.resize(index + 1, 0);
  if (rank_ids_[index] == 0) rank_ids_[index] = pool_str2id(pool_, std::to_string(rank).c_str(), 1);
  Solvable* target = pool_id2solvable(pool_, solvable);
  target->name = group;
  target->evr = rank_ids_[index];
  target->arch = ARCH_NOARCH;
}

Id SolvPool::new_symbol() {
  // Not "/..." (a file) nor "patch:...": libsolv gives these a meaning.
  return pool_str2id(pool_, ("x" + std::to_string(symbols_++)).c_str(), 1);
}

namespace {

void append(std::vector<std::vector<Id>>& lists, Id solvable, Id dependency) {
  const auto index = static_cast<std::size_t>(solvable);
  if (index >= lists.size()) lists.resize(std::max(index + 1, lists.size() * 2));
  lists[index].push_back(dependency);
}

}  // namespace

void SolvPool::add_requirement(Id solvable, Id dependency) {
  append(requirements_, solvable, dependency);
}

void SolvPool::add_conflict(Id solvable, Id dependency) {
  append(conflicts_, solvable, dependency);
}

void SolvPool::begin_providing() {
  const auto hand_over = [&](std::vector<std::vector<Id>>& lists, const auto& field) {
    for (std::size_t solvable = 0; solvable < lists.size(); ++solvable) {
      Offset offset = 0;
      for (const Id dependency : lists[solvable]) offset = repo_addid(repo_, offset, dependency);
      if (offset != 0) field(pool_id2solvable(pool_, static_cast<Id>(solvable))) = offset;
      used_.insert(used_.end(), lists[solvable].begin(), lists[solvable].end());
    }
    lists.clear();
  };
  hand_over(requirements_, [](Solvable* solvable) -> Offset& { return solvable->dep_requires; });
  hand_over(conflicts_, [](Solvable* solvable) -> Offset& { return solvable->conflicts; });
  pool_createwhatprovides(pool_);
  is_provided_.resize(static_cast<std::size_t>(pool_->ss.nstrings));
}

void SolvPool::provide(Id dependency, const std::vector<Id>& providers) {
  IdQueue queue;
  for (const Id provider : providers) queue.push(provider);
  pool_set_whatprovides(pool_, dependency, pool_queuetowhatprovides(pool_, queue.raw()));
  is_provided_[static_cast<std::size_t>(dependency)] = true;
}

bool SolvPool::solve(const std::vector<Id>& jobs, bool one_per_group, std::vector<Id>& chosen) {
  used_.insert(used_.end(), jobs.begin(), jobs.end());
  for (const Id dependency : used_) {
    if (!is_provided_[static_cast<std::size_t>(dependency)]) throw std::logic_error("a dependency was never provided");
  }
  IdQueue job_queue;
  if (!one_per_group) job_queue.push(SOLVER_MULTIVERSION | SOLVER_SOLVABLE_ALL, 0);
  for (const Id job : jobs) job_queue.push(SOLVER_INSTALL | SOLVER_SOLVABLE_PROVIDES, job);

  Solver* solver = solver_create(pool_);
  solver_set_flag(solver, SOLVER_FLAG_NO_INFARCHCHECK, 1);
  solver_set_flag(solver, SOLVER_FLAG_IGNORE_RECOMMENDED, 1);
  const bool solved = solver_solve(solver, job_queue.raw()) == 0;
  chosen.clear();
  if (solved) {
    IdQueue decisions;
    solver_get_decisionqueue(solver, decisions.raw());
    for (int i = 0; i < decisions.size(); ++i) {
      if (decisions[i] > SYSTEMSOLVABLE) chosen.push_back(decisions[i]);
    }
  }
  solver_free(solver);
  return solved;
}

}  // namespace envlock::solve
