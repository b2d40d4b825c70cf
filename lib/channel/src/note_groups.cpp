#include "note_groups.h"

#include <fmt/format.h>

#include <algorithm>

#include "envlock/core/text.h"

namespace envlock::channel {
namespace {

constexpr std::size_t kExamples = 3;

struct Wording {
  const char* code;
  const char* one;
  const char* many;
};

Wording wording(Flaw flaw) {
  switch (flaw) {
    case Flaw::unsafe_file_name:
      return {"record-unsafe-name", "1 record is left out: its key is not a plain package file name",
              "{} records are left out: their keys are not plain package file names"};
    case Flaw::duplicate_key:
      return {"record-duplicate", "1 file name stands twice in the index; the last record counts",
              "{} file names stand twice in the index; the last record of each counts"};
    case Flaw::wrong_type:
      return {"record-invalid", "1 record is left out: a field has a type or value that it cannot have",
              "{} records are left out: a field has a type or value that it cannot have"};
    case Flaw::lying_file_name:
      return {"record-name-mismatch", "1 record is left out: its file name tells another name, version or build",
              "{} records are left out: their file names tell another name, version or build"};
    case Flaw::bad_hash:
      return {"record-hash-invalid", "1 record has a hash of the wrong length, which is not used",
              "{} records have a hash of the wrong length, which is not used"};
  }
  return {"record-invalid", "1 record is left out", "{} records are left out"};
}

void insert_example(std::vector<std::string>& examples, std::string text) {
  const auto place = std::lower_bound(examples.begin(), examples.end(), text);
  if (place != examples.end() && *place == text) return;
  if (place == examples.end() && examples.size() >= kExamples) return;
  examples.insert(place, std::move(text));
  if (examples.size() > kExamples) examples.pop_back();
}

}  // namespace

void NoteGroups::add(Flaw flaw, std::string_view example) {
  Group& group = groups_[flaw];
  ++group.count;
  insert_example(group.examples, core::printable(example));
}

void NoteGroups::add(Flaw flaw, std::uint64_t count, const std::vector<std::string>& examples) {
  Group& group = groups_[flaw];
  group.count += count;
  for (const std::string& example : examples) insert_example(group.examples, example);
}

void NoteGroups::append(const NoteGroups& other) {
  for (const auto& [flaw, group] : other.groups_) add(flaw, group.count, group.examples);
}

void NoteGroups::tell(const std::string& label, core::Notes& notes) const {
  for (const auto& [flaw, group] : groups_) {
    const Wording words = wording(flaw);
    core::Diagnostic diagnostic;
    diagnostic.code = words.code;
    diagnostic.what =
        label + ": " + (group.count == 1 ? words.one : fmt::format(fmt::runtime(words.many), group.count));
    for (const std::string& example : group.examples) diagnostic.why.push_back(example);
    if (group.count > group.examples.size()) {
      diagnostic.why.push_back(fmt::format("and {} more", group.count - group.examples.size()));
    }
    notes.warning(std::move(diagnostic));
  }
}

}  // namespace envlock::channel
