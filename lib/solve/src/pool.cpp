#include "pool.h"

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

void SolvPool::add_requirement(Id solvable, Id dependency) {
  Solvable* target = pool_id2solvable(pool_, solvable);
  target->dep_requires = repo_addid(repo_, target->dep_requires, dependency);
  used_.push_back(dependency);
}

void SolvPool::add_conflict(Id solvable, Id dependency) {
  Solvable* target = pool_id2solvable(pool_, solvable);
  target->conflicts = repo_addid(repo_, target->conflicts, dependency);
  used_.push_back(dependency);
}

void SolvPool::begin_providing() {
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
