#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "envlock/prefix/transaction.h"

namespace envlock::prefix {

/// Who comes after whom when packages are linked: what a package depends on comes before it, and otherwise the order
/// is that of the names; a circle is entered at its first name. Where two packages bring one path, the later one's
/// file is there in the end, as with conda. Follows from the target alone.
std::map<std::string, std::size_t> link_order(const std::vector<WantedPackage>& packages);

}  // namespace envlock::prefix
