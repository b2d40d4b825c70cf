#pragma once

#include <optional>
#include <string>
#include <vector>

#include "envlock/conda/match_spec.h"
#include "envlock/core/diagnostic.h"

namespace envlock::conda {

/// A line that asks for a package, with the place where it stands.
struct Request {
  MatchSpec spec;
  std::string text;               ///< the spec as written, without comment or selector
  std::string category = "main";  ///< "main", "dev", ...
  std::string selector;           ///< canonical platform selector ("linux and not aarch64"); empty: every platform
  std::optional<std::string> implied_by;  ///< why it is here although no line says so: "python", "pip:"
  core::SourceSpan where;                 ///< not part of the lock

  bool operator==(const Request&) const = default;
};

}  // namespace envlock::conda
