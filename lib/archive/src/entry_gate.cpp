#include "entry_gate.h"

#include "entry_path.h"
#include "failure.h"

namespace envlock::archive {
namespace {

constexpr std::uint64_t kMostNameBytes = std::uint64_t{512} << 20;  // they are kept in memory
constexpr std::uint64_t kLargestOwed = std::uint64_t{256} << 20;    // likewise
constexpr std::uint64_t kMostSteps = 100'000'000;

}  // namespace

bool is_info(std::string_view path) {
  return path == "info" || path.substr(0, 5) == "info/";
}

std::string EntryGate::checked_path(std::string_view name) const {
  CheckedPath checked = check_path(name);
  if (!checked.wrong.empty()) refuse_unsafe(file_, name.empty() ? "(no name)" : name, checked.wrong);
  return std::move(checked.path);
}

void EntryGate::count(const Entry& entry) {
  name_bytes_ += entry.path.size() + entry.link_target.size();
  if (++entries_ > limits_.max_entries || name_bytes_ > kMostNameBytes) {
    refuse_too_large(file_, entry.path, "it is entry number " + std::to_string(entries_));
  }
  // Sizes are claims until the data has come, so each is compared with what is left, never added first.
  if (entry.size > limits_.max_total_bytes - bytes_) {
    refuse_too_large(file_, entry.path,
                     "with its " + std::to_string(entry.size) + " bytes there are more than " +
                         std::to_string(limits_.max_total_bytes));
  }
  bytes_ += entry.size;
  if (!is_info(entry.path)) return;
  if (entry.size > limits_.max_info_bytes - info_bytes_) {
    refuse_too_large(file_, entry.path,
                     "with its " + std::to_string(entry.size) + " bytes there are more than " +
                         std::to_string(limits_.max_info_bytes) + " under info/");
  }
  info_bytes_ += entry.size;
}

bool EntryGate::begin(Entry entry) {
  if (entry.kind == EntryKind::directory && tree_.has_folder_entry(entry.path)) return false;
  if (entry.kind != EntryKind::symlink) entry.link_target.clear();
  entry.mode = (entry.mode & 0775) | 0400;  // nothing that everybody may write
  count(entry);
  if (entry.kind == EntryKind::symlink) {
    if (const std::string wrong = check_link_target(entry.path, entry.link_target); !wrong.empty()) {
      refuse_unsafe(file_, entry.path, wrong);
    }
    symlinks_.push_back(entry.path);
  }
  if (const std::string wrong = tree_.add(entry); !wrong.empty()) refuse_unsafe(file_, entry.path, wrong);
  sink_.begin(entry);
  return true;
}

void EntryGate::hard_link(Entry entry, std::string_view target) {
  std::string earlier = checked_path(target);
  if (const auto found = links_.find(earlier); found != links_.end()) earlier = found->second;
  const std::uint64_t* size = tree_.file_size(earlier);
  if (size == nullptr) refuse_unsafe(file_, entry.path, "it is a hard link to something that is no file before it");
  entry.kind = EntryKind::file;
  entry.size = *size;
  entry.mode = (entry.mode & 0775) | 0400;  // nothing that everybody may write
  count(entry);
  if (const std::string wrong = tree_.add(entry); !wrong.empty()) refuse_unsafe(file_, entry.path, wrong);
  links_.emplace(entry.path, earlier);
  if (sink_.same_as(entry, earlier)) return;
  if (entry.size > kLargestOwed) {
    refuse_too_large(file_, entry.path, "it is a hard link to a file of " + std::to_string(entry.size) + " bytes");
  }
  owed_[earlier].push_back(std::move(entry));
}

void EntryGate::pay(const Entry& entry, std::string_view bytes) {
  sink_.begin(entry);
  if (!bytes.empty()) sink_.data(bytes);
  sink_.end();
}

void EntryGate::finish() const {
  std::uint64_t steps = 0;
  for (const std::string& path : symlinks_) {
    const std::string wrong = tree_.follow(path, steps);
    if (steps > kMostSteps) refuse_too_large(file_, path, "its symlinks lead through too many others");
    if (!wrong.empty()) refuse_unsafe(file_, path, wrong);
  }
}

}  // namespace envlock::archive
