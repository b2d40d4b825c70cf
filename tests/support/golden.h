#pragma once

#include <string>
#include <string_view>

namespace envlock_test {

/// Compares text with the golden file fixtures/golden/NAME. Equal: an empty string. Otherwise the first difference and
/// the command that accepts the new text. With --update the file is rewritten instead, unless CI is set.
std::string compare_with_golden(const std::string& name, std::string_view text);

/// True when the test program was started with --update.
bool updating();

}  // namespace envlock_test
