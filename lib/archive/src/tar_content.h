#pragma once

#include "byte_source.h"
#include "entry_gate.h"
#include "tar_reader.h"

namespace envlock::archive {

/// Where the entries of a tar may lie.
enum class Scope {
  everywhere,
  info_only,        ///< the info part of a .conda; anything outside info/ is refused
  not_description,  ///< the pkg part of a .conda; a file right in info/ is refused
  info_leading,     ///< everywhere; stops at the first entry outside info/ once info/paths.json has come
};

/// Hands the entries of a tar to the gate.
/// Throws: core::Error "archive-unreadable", "archive-unsafe", "archive-too-large".
void hand_over(TarReader& tar, EntryGate& gate, Scope scope, const std::string& file);

/// Reads the tar once more for the files that hard links owe.
void hand_over_owed(TarReader& tar, EntryGate& gate);

}  // namespace envlock::archive
