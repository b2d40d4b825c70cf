// The texts that lead the dynamic linker to folders: RPATH, RUNPATH, LD_LIBRARY_PATH.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace envlock::blas {

/// `text` with $ORIGIN, $LIB and $PLATFORM, with or without braces, replaced. Absent when it names $ORIGIN and there is
/// none. Other words with a dollar stay as they are, as in the dynamic linker.
std::optional<std::string> expand_tokens(std::string_view text, const std::filesystem::path& origin);

/// The parts between any of the separators; an empty part is the current folder, an empty text has none.
std::vector<std::string_view> split_search_text(std::string_view text, std::string_view separators);

}  // namespace envlock::blas
