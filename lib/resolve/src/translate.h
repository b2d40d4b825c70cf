#pragma once

#include <span>
#include <vector>

#include "catalog.h"
#include "envlock/solve/problem.h"
#include "preference.h"

namespace envlock::resolve {

/// How much of the index a translation takes. `needed`: what the requests let a solution reach, for picks.
/// `all`: also what the requests rule out, so that requests can be left out again, for explanations.
enum class Scope { needed, all };

/// Requests and the index as an abstract problem, with the way back.
struct Translation {
  solve::Problem problem;
  std::vector<RecordId> records;      ///< by candidate
  std::vector<NameRef> names;         ///< by solve::NameId
  std::vector<solve::JobId> facts;    ///< jobs that are virtual packages
  std::vector<std::size_t> requests;  ///< by job: index of the request; for facts kNoRequest
  std::vector<bool> is_kept;          ///< by request: it became a job

  static constexpr std::size_t kNoRequest = ~std::size_t{0};
};

/// Order: candidates by channel, then the platform's subdir before noarch, then .conda before .tar.bz2, then file name
/// (as mamba numbers them); virtual packages last. Jobs: facts first, then requests by name, then text.
/// `preference` may be null: then candidates of a name are in no stated order.
Translation translate(Catalog& catalog, std::span<const conda::Request> requests, Scope scope, Preference* preference);

}  // namespace envlock::resolve
