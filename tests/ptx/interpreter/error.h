#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>

namespace envlock::ptx {

/// A PTX text that cannot be read or is not supported: the line and its text are part of the message.
class PtxError : public std::runtime_error {
 public:
  PtxError(int line, const std::string& message, const std::string& text)
      : std::runtime_error("line " + std::to_string(line) + ": " + message + (text.empty() ? "" : ": " + text)),
        line_(line) {}
  int line() const { return line_; }

 private:
  int line_;
};

/// What a check found while a kernel ran.
struct Finding {
  std::string kind;         ///< stable name: "out-of-bounds", "race", "divergent-barrier", ...
  std::string what;         ///< one sentence with addresses, allocations and threads
  std::string kernel;       ///< the entry's name
  int line = 0;             ///< line of the PTX text, 0 where no single instruction is to blame
  std::string source;       ///< that line's text
  std::uint64_t block = 0;  ///< linear block index
  int thread = -1;          ///< thread of the block, -1 where it concerns many
  /// All of it in a few lines of text.
  std::string text() const;
};

/// Thrown inside a launch; never leaves the library.
struct FindingError {
  Finding finding;
};

}  // namespace envlock::ptx
