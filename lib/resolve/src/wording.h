#pragma once

#include <string>
#include <vector>

#include "catalog.h"

namespace envlock::resolve {

/// "environment.yml:6"; empty when the request stands in no file.
std::string place_of(const conda::Request& request);
/// "`fastload 0.59` (environment.yml:9)"
std::string cite(const conda::Request& request);
/// "`text`", made fit to be shown.
std::string quote(std::string_view text);
/// "a", "a and b", "a, b and c", "a, b and 4 more": at most `shown` of them.
std::string list(const std::vector<std::string>& parts, std::string_view last_word, std::size_t shown = 3);
/// The file that most requests stand in, or "the requests".
std::string source_of(const std::vector<conda::Request>& requests);

/// The versions of records of one name, lowest first, each text once.
std::vector<std::string> versions_of(Catalog& catalog, const std::vector<RecordId>& records);
/// "1.2" or "1.2 to 1.9"
std::string range(const std::vector<std::string>& versions);

/// The dependency texts without their name: ">=3.12,<3.13.0a0" of "python >=3.12,<3.13.0a0".
std::string_view without_name(std::string_view text);
/// The version literals that a version spec is made of, in order.
std::vector<conda::Version> versions_in(std::string_view spec_text);

}  // namespace envlock::resolve
