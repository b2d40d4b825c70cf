#pragma once

#include <functional>
#include <optional>
#include <string>

namespace envlock::snapshot {

/// What a child process told before it ended, crashed or was given up.
struct ChildAnswer {
  std::string text;
  std::optional<std::string> failure;  ///< in words, when it did not end by itself
};

/// Runs `ask` in a child process with the end of a pipe to write lines to: a driver that crashes or hangs takes the
/// child with it and nothing else. What the child prints is dropped.
ChildAnswer ask_in_child(const std::function<void(int out)>& ask, int milliseconds);

// --- In the child. ---

/// Writes "what value\n". Each fact goes out as soon as it is known, so that a later crash does not lose it.
void tell(int out, const std::string& what, const std::string& value);
void tell(int out, const std::string& what, int value);

/// Opens a library of the driver; null when it is not there.
void* open_library(const std::string& name);
void* find_symbol(void* library, const char* name);

template <typename Function>
Function symbol(void* library, const char* name) {
  return reinterpret_cast<Function>(find_symbol(library, name));
}

}  // namespace envlock::snapshot
