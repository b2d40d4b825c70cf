#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "process.h"

namespace envlock_test {

/// A comment, an empty line or anything else that a transcript keeps as it is.
struct Remark {
  std::string line;
};

/// "< name" and its indented lines: a file to write before the next command.
struct FileToWrite {
  std::string name;
  std::string content;
};

/// "$ command" with what it must leave.
struct Command {
  int line = 0;
  std::string text;
  std::string expected;  ///< the "?", "|" and "!" lines, as they stand
};

using Step = std::variant<Remark, FileToWrite, Command>;

/// Throws: std::runtime_error with the line, for a line that begins with nothing known.
std::vector<Step> parse_transcript(std::string_view text);

/// The "?", "|" and "!" lines of what a command left.
std::string format_outcome(const Finished& finished);

/// A text with the second of each pair written for the first, then hashes masked: 64 hex digits become SHA256, 32 MD5.
std::string mask(std::string text, const std::vector<std::pair<std::string, std::string>>& replacements);

/// What a run of a transcript differs in.
struct Mismatch {
  int line = 0;
  std::string command;
  std::string expected;
  std::string actual;
};

struct Told {
  std::string text;  ///< the transcript as this run would write it
  std::vector<Mismatch> mismatches;
};

/// Runs all steps in a folder of their own.
Told run_transcript(std::string_view text);

}  // namespace envlock_test
