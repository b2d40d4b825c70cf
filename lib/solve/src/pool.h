#pragma once

#include <string>
#include <vector>

#include "libsolv.h"

namespace envlock::solve {

/// A list of libsolv's Ids that frees itself.
class IdQueue {
 public:
  IdQueue() { queue_init(&queue_); }
  ~IdQueue() { queue_free(&queue_); }
  IdQueue(const IdQueue&) = delete;
  IdQueue& operator=(const IdQueue&) = delete;
  void push(Id id) { queue_push(&queue_, id); }
  void push(Id first, Id second) { queue_push2(&queue_, first, second); }
  void clear() { queue_empty(&queue_); }
  int size() const { return queue_.count; }
  Id operator[](int i) const { return queue_.elements[i]; }
  Queue* raw() { return &queue_; }

 private:
  Queue queue_;
};

/// libsolv's pool as this room uses it: solvables without any meaning of their own, whose EVR is a rank, and dependency
/// Ids whose providers are set by hand. First add every solvable and dependency, then provide, then solve.
class SolvPool {
 public:
  SolvPool();
  ~SolvPool();
  SolvPool(const SolvPool&) = delete;
  SolvPool& operator=(const SolvPool&) = delete;

  /// Adds `count` solvables with consecutive Ids; returns the first.
  Id add_solvables(int count);
  /// Solvables of one group compete: of several that would do, the one with the highest rank (from 1) is taken.
  void describe(Id solvable, Id group, int rank);
  /// A new Id without meaning: a group or a dependency.
  Id new_symbol();

  void add_requirement(Id solvable, Id dependency);
  void add_conflict(Id solvable, Id dependency);

  void begin_providing();
  /// `providers` sorted. Each dependency that is used must be provided, if only by nobody: libsolv would quietly take a
  /// forgotten one for unsatisfiable.
  void provide(Id dependency, const std::vector<Id>& providers);

  /// Solves for dependencies that must be met, in order. True when there is an answer; `chosen` receives it.
  /// `one_per_group` has libsolv keep solvables of a group apart; without it they may be chosen together.
  bool solve(const std::vector<Id>& jobs, bool one_per_group, std::vector<Id>& chosen);

 private:
  Pool* pool_;
  Repo* repo_;
  int symbols_ = 0;
  std::vector<Id> used_;           ///< dependencies in use, each to be provided
  std::vector<bool> is_used_;      ///< by Id
  std::vector<bool> is_provided_;  ///< by Id
  std::vector<Id> rank_ids_;
  /// By solvable, until they are handed over in one go: libsolv copies a list that is added to later.
  std::vector<std::vector<Id>> requirements_;
  std::vector<std::vector<Id>> conflicts_;
};

}  // namespace envlock::solve
