#pragma once

#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace envlock::core {

/// A place in a text file that a person wrote.
struct SourceSpan {
  std::string file;  ///< as the user named it; "<stdin>" or "<command line>" where there is no file
  int line = 0;      ///< 1-based; 0: the whole file
  int column = 0;    ///< 1-based, counted in Unicode code points; 0: the whole line
  int length = 0;    ///< code points to underline; 0: to the end of the line's text
  std::string text;  ///< the line itself, without its line ending

  bool operator==(const SourceSpan&) const = default;
};

/// What went wrong, in the parts a reader needs. Data only: `report` draws it, tests compare it.
struct Diagnostic {
  std::string code;                 ///< stable kebab-case name: "hash-mismatch"; also in --json and docs/errors.md
  std::string what;                 ///< one sentence, lowercase, no period, `names` in backticks
  std::optional<SourceSpan> where;  ///< file, line, column and the line's text
  std::vector<std::string> why;     ///< the facts which led here, outermost first
  std::vector<std::string> hints;   ///< what to do: one edit or command each, never in `what`

  bool operator==(const Diagnostic&) const = default;
};

/// Thrown when a question cannot be answered (exit code 2). Carries every mistake found, never an empty list.
class Error : public std::exception {
 public:
  explicit Error(Diagnostic diagnostic);
  explicit Error(std::vector<Diagnostic> diagnostics);
  const std::vector<Diagnostic>& diagnostics() const { return diagnostics_; }
  /// The first diagnostic as "code: what", for logs and test failures only.
  const char* what() const noexcept override { return message_.c_str(); }

 private:
  std::vector<Diagnostic> diagnostics_;
  std::string message_;
};

enum class Severity { note, warning };

struct Note {
  Severity severity = Severity::note;
  Diagnostic diagnostic;

  bool operator==(const Note&) const = default;
};

/// Collects what a user should know although the work could go on. Kept in the order of adding; not thread-safe:
/// parallel tasks fill one each and the caller appends them in a fixed order, so that output never depends on timing.
class Notes {
 public:
  void note(Diagnostic diagnostic) { all_.push_back({Severity::note, std::move(diagnostic)}); }
  void warning(Diagnostic diagnostic) { all_.push_back({Severity::warning, std::move(diagnostic)}); }
  /// Appends those of `other` that are not here yet.
  void append(const Notes& other);
  const std::vector<Note>& all() const { return all_; }

 private:
  std::vector<Note> all_;
};

}  // namespace envlock::core
