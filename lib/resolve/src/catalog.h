#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "envlock/conda/index.h"
#include "envlock/conda/request.h"
#include "envlock/conda/version.h"
#include "envlock/resolve/conda.h"

namespace envlock::resolve {

using RecordId = std::uint32_t;  ///< a candidate of the Index, or, after those, a virtual package
using NameRef = std::uint32_t;   ///< a name of the Catalog

/// The index and the virtual packages as one set of names and records, with every distinct dependency text read once
/// and matched once. Nothing is worked out before it is asked for.
class Catalog {
 public:
  Catalog(const conda::Index& index, const CondaOptions& options);

  struct Name {
    std::string_view text;
    RecordId first = 0;  ///< its records are [first, last)
    RecordId last = 0;
    bool is_virtual = false;
  };
  const Name& name(NameRef ref) const { return names_[ref]; }
  std::size_t name_count() const { return names_.size(); }
  /// The name, which is added without records when nothing is known of it.
  NameRef find_name(std::string_view text);
  NameRef name_of(RecordId id) const { return name_of_record_[id]; }

  std::size_t record_count() const { return name_of_record_.size(); }
  bool is_virtual(RecordId id) const { return id >= index_.candidates.size(); }
  const conda::Candidate& candidate(RecordId id) const { return index_.candidates[id]; }
  std::string_view version_text(RecordId id) const;
  std::string_view build_text(RecordId id) const;
  const conda::Index& index() const { return index_; }
  const CondaOptions& options() const { return options_; }

  /// True for what may be chosen: its version can be read, its name is not a virtual package's, no channel hides it.
  bool is_visible(RecordId id);
  /// Makes the shadowed records visible that a `channel::name` request asks for.
  void show_shadowed(std::span<const conda::Request> requests);
  /// Absent when the version's text is no version.
  const conda::Version* version(RecordId id);

  /// A dependency or constraint as records hold it.
  struct Spec {
    NameRef name = 0;
    bool is_readable = false;
    bool is_matched = false;
    std::vector<RecordId> matches;  ///< visible records, sorted
    std::optional<conda::MatchSpec> spec;
  };
  /// Read, but perhaps not matched yet.
  const Spec& spec(conda::TextId text);
  const Spec& matched_spec(conda::TextId text);
  std::vector<RecordId> match(const conda::MatchSpec& spec, NameRef name);
  bool matches(const conda::MatchSpec& spec, RecordId id);

  std::span<const conda::TextId> depends(RecordId id) const;
  std::span<const conda::TextId> constrains(RecordId id) const;

  /// Records left out because their version or one of their edges cannot be read, for a note; sorted.
  std::vector<RecordId> unreadable() const;
  void mark_unreadable(RecordId id) { is_unreadable_[id] = true; }

 private:
  bool candidate_is_shadowed(RecordId id) const { return !is_virtual(id) && index_.candidates[id].shadowed; }
  bool channel_matches(const conda::MatchSpec& spec, RecordId id) const;
  const conda::Version* version_of_text(conda::TextId text);

  const conda::Index& index_;
  const CondaOptions& options_;
  std::vector<Name> names_;
  std::unordered_map<std::string_view, NameRef> name_refs_;
  std::vector<std::unique_ptr<std::string>> added_names_;
  std::vector<NameRef> name_of_record_;
  std::vector<conda::Version> virtual_versions_;
  std::vector<bool> shown_;
  std::vector<bool> is_unreadable_;
  std::vector<std::int32_t> version_slots_;  ///< by text: slot in versions_, -1 not read, -2 no version
  std::deque<conda::Version> versions_;
  std::vector<std::int32_t> spec_slots_;  ///< by text: slot in specs_, -1 not read
  std::deque<Spec> specs_;
};

}  // namespace envlock::resolve
