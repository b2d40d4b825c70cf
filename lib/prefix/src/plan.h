#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "envlock/core/diagnostic.h"
#include "journal.h"
#include "leaving_files.h"
#include "post_links.h"
#include "prefix_folder.h"
#include "records.h"
#include "wanted_files.h"

namespace envlock::prefix {

/// All that an install will do to a prefix, known before it does any of it.
struct Plan {
  std::vector<PackageToLink> packages;
  std::vector<PlannedFile> files;  ///< sorted by path, each once

  /// A path of a package that another one's file takes.
  struct Loser {
    std::size_t package = kNone, entry = kNone;
    std::size_t winner = kNone;                    ///< in `files`; kNone: a package that stays has it
    std::optional<core::Sha256> sha256_in_prefix;  ///< of the one that stays
  };
  std::vector<Loser> losers;

  /// A package that stays, but whose conda-meta will say something new.
  struct Restated {
    InstalledPackage installed;
    struct Taken {
      std::size_t entry = kNone, winner = kNone;
    };
    std::vector<Taken> taken;  ///< paths that a new package's file takes
  };
  std::vector<Restated> restated;

  PostLinks post_links;

  Journal journal;
  std::size_t removed_files = 0;
  std::vector<std::string> kept_aside;  ///< "bin/x -> bin/x.envlock-kept-1"
};

struct PlanInput {
  const PrefixFolder& prefix;
  const InstalledPackages& installed;
  const Target& target;
  const Difference& difference;
  const std::vector<Distribution>& leaving_wheels;
  Records records;
  std::size_t threads = 0;
};

/// Looks at the prefix and changes nothing.
/// Throws: core::Error "clobber".
Plan make_plan(const PlanInput& input, WantedFiles wanted, core::Notes& notes);

}  // namespace envlock::prefix
