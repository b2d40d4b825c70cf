#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "envlock/core/diagnostic.h"

namespace envlock::channel {

/// Why a record of an index is not used, or not wholly. The order is that in which notes are told.
enum class Flaw : std::uint8_t {
  unsafe_file_name,  ///< could name another file, or is no package file name
  duplicate_key,     ///< a file name stands twice: the last counts
  wrong_type,        ///< a field has a type or value it cannot have
  lying_file_name,   ///< name, version or build are not those of the file name
  bad_hash,          ///< a hash of the wrong length: as if it were not there
};
inline constexpr int kFlawCount = 5;

/// Counts flaws and keeps the first three examples of each kind in order of their text, so that a channel with 12,000
/// bad records makes one note, and the same one however the work was shared out.
class NoteGroups {
 public:
  /// `example` as it came from outside; it is made printable here.
  void add(Flaw flaw, std::string_view example);
  void add(Flaw flaw, std::uint64_t count, const std::vector<std::string>& examples);
  void append(const NoteGroups& other);
  /// One note for each kind that occurred; `label` is "conda-forge/linux-64".
  void tell(const std::string& label, core::Notes& notes) const;
  bool empty() const { return groups_.empty(); }

  struct Group {
    std::uint64_t count = 0;
    std::vector<std::string> examples;
  };
  const std::map<Flaw, Group>& groups() const { return groups_; }

 private:
  std::map<Flaw, Group> groups_;
};

}  // namespace envlock::channel
