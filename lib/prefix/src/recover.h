#pragma once

#include "journal.h"
#include "journal_folder.h"

namespace envlock::prefix {

/// Puts the prefix back as it was before `journal` was acted upon, however far that went; then the folder of the
/// journal goes too. Safe to be killed and run again at any point: every step looks at what is there first.
/// Throws: core::Error "recovery-failed".
void undo(const JournalFolder& folder, const Journal& journal);

}  // namespace envlock::prefix
