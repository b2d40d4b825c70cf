#pragma once

#include <string_view>
#include <vector>

#include "envlock/core/diagnostic.h"
#include "envlock/core/json_writer.h"

namespace envlock::report {

/// Version of every JSON document that a command writes with --json. It grows when a member changes its meaning or
/// goes; a new member does not change it.
inline constexpr int kJsonVersion = 1;

/// Begins the document {"format": FORMAT, "version": 1, ... and leaves the object open.
void begin_document(core::JsonWriter& json, std::string_view format);
/// An object of a diagnostic. Secrets are masked; control characters are JSON's to escape.
void write_diagnostic(core::JsonWriter& json, const core::Diagnostic& diagnostic);
/// Its members, within an object that has others.
void write_diagnostic_members(core::JsonWriter& json, const core::Diagnostic& diagnostic);
void write_diagnostics(core::JsonWriter& json, std::string_view key, const std::vector<core::Diagnostic>& diagnostics);
/// The member "notes".
void write_notes(core::JsonWriter& json, const std::vector<core::Note>& notes);
/// A member of text whose secrets are masked.
void write_text(core::JsonWriter& json, std::string_view key, std::string_view text);

}  // namespace envlock::report
