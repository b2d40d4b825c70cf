#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "envlock/prefix/manifest.h"
#include "replacement_edits.h"
#include "replacement_encoding.h"

namespace envlock::prefix {

/// Where an installed file holds the prefix, and so may have held the placeholder.
class PrefixPlaces {
 public:
  PrefixPlaces(std::string_view installed, FileMode mode, std::string_view placeholder, std::string_view prefix);

  std::size_t size() const { return places_.size(); }
  /// Undoes the replacement at the places that are not `kept`, from offset `begin` on. An empty `kept` keeps none.
  Edits edits(const std::vector<bool>& kept, std::size_t begin) const;
  /// Marks the places where the prefix is part of a longer name, as "/opt/env" is of "/opt/env2". Empty: none is.
  std::vector<bool> within_longer_names() const;
  /// What stands around a place, so that places of one kind can be decided together.
  std::string surroundings(std::size_t place) const;

 private:
  // A NUL-terminated run of a binary. Replacing put `freed` NULs behind it for each placeholder that it held.
  struct Run {
    std::size_t end;
    std::size_t freed;
    std::size_t most;  // placeholders, by the NULs that are there
  };
  struct Place {
    std::size_t offset;
    std::size_t run;  // of binaries
    const EncodedPair* pair;
  };

  void find_in_text(const EncodedPair& pair);
  void find_in_binary(const EncodedPair& pair);
  void drop_overlaps();

  std::string_view installed_;
  std::vector<EncodedPair> pairs_;  // from the prefix to the placeholder
  std::vector<Place> places_;
  std::vector<Run> runs_;
};

}  // namespace envlock::prefix
