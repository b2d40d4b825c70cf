#pragma once

namespace envlock::tools {

/// What the program answers with; docs/errors.md tells it to users.
enum class Exit {
  yes = 0,            ///< done, and the answer is yes
  no = 1,             ///< done, and the answer is no: no solution, stale, nothing matches
  unknown = 2,        ///< could not tell: a bad flag, an unreadable file, the network
  bug = 70,           ///< a mistake of ours
  interrupted = 130,  ///< by Ctrl-C
};

}  // namespace envlock::tools
