#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace envlock::core {

/// Without leading and trailing ASCII white space.
std::string_view trim(std::string_view text);
/// The parts between separators, empty ones included: split("a,,b", ',') is {"a", "", "b"}.
std::vector<std::string_view> split(std::string_view text, char separator);
/// ASCII only; other bytes are unchanged.
std::string to_lower(std::string_view text);
std::string join(std::span<const std::string> parts, std::string_view separator);

bool is_valid_utf8(std::string_view bytes);
/// Bytes of a text file as UTF-8: drops a UTF-8 mark, converts UTF-16 with a mark (or, lacking one, when every other
/// byte of the start is NUL). Absent when the bytes are neither.
std::optional<std::string> decode_text(std::string_view bytes);
/// The number of code points in valid UTF-8.
int count_code_points(std::string_view utf8);

/// For people's eyes: control characters, escapes and invalid UTF-8 become \xNN or \u{NNNN}, and text longer than
/// max_code_points is cut with an ellipsis. Whatever came from outside goes through this before it is shown.
std::string printable(std::string_view text, int max_code_points = 200);

/// The candidate that `word` was most likely meant to be (Damerau-Levenshtein, at most a third of its length);
/// ties go to the first. Absent when nothing is near.
std::optional<std::string> closest_match(std::string_view word, std::span<const std::string> candidates);

/// `text` with every ${NAME} and $NAME replaced by look_up(NAME); unknown names stay as written, as in POSIX
/// os.path.expandvars.
std::string expand_variables(std::string_view text, std::optional<std::string> (*look_up)(std::string_view));
/// The process environment, as a look_up for expand_variables.
std::optional<std::string> environment_variable(std::string_view name);

}  // namespace envlock::core
