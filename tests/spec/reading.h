#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "envlock/spec/spec.h"
#include "support/catch.h"

namespace envlock_test {

/// What reading a text came to: the Spec, or the mistakes; and the notes.
struct Outcome {
  envlock::spec::Spec spec;
  std::vector<envlock::core::Diagnostic> mistakes;
  envlock::core::Notes notes;

  /// "code line:column length" of each mistake.
  std::vector<std::string> places() const {
    std::vector<std::string> out;
    for (const auto& mistake : mistakes) out.push_back(place(mistake));
    return out;
  }
  /// The same of each note.
  std::vector<std::string> noted() const {
    std::vector<std::string> out;
    for (const auto& note : notes.all()) out.push_back(place(note.diagnostic));
    return out;
  }
  static std::string place(const envlock::core::Diagnostic& diagnostic) {
    if (!diagnostic.where) return diagnostic.code;
    return diagnostic.code + " " + std::to_string(diagnostic.where->line) + ":" +
           std::to_string(diagnostic.where->column) + " " + std::to_string(diagnostic.where->length);
  }
  std::vector<std::string> texts() const {
    std::vector<std::string> out;
    for (const auto& request : spec.requests) {
      out.push_back(request.text + (request.selector.empty() ? "" : " # [" + request.selector + "]"));
    }
    return out;
  }
};

inline Outcome read_text(std::string_view text) {
  Outcome outcome;
  try {
    outcome.spec = envlock::spec::parse(text, "environment.yml", outcome.notes);
  } catch (const envlock::core::Error& error) {
    outcome.mistakes = error.diagnostics();
  }
  return outcome;
}

using Texts = std::vector<std::string>;

}  // namespace envlock_test
