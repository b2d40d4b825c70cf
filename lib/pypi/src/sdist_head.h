#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace envlock::pypi {

/// The content of the first regular file of a .tar.gz whose path `wanted` accepts. Nothing is unpacked beyond it, and
/// never more than `limit` bytes. Absent when there is none before the end, the limit or the first damage.
std::optional<std::string> find_in_tar_gz(std::string_view archive,
                                          const std::function<bool(std::string_view path)>& wanted,
                                          std::uint64_t limit);

}  // namespace envlock::pypi
