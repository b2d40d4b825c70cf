#include "index_store.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <system_error>

#include "envlock/core/diagnostic.h"
#include "envlock/core/digest.h"
#include "envlock/core/file.h"

namespace envlock::channel {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kTableEnding = ".slices";
constexpr std::string_view kDocumentEnding = ".json";

std::string short_id(std::string_view text) {
  return core::format(core::sha256(text)).substr(0, 32);
}

}  // namespace

IndexStore::IndexStore(fs::path folder, std::string_view place, std::string_view content_key) {
  if (folder.empty() || content_key.empty()) return;
  folder_ = folder / "index-v1";
  place_id_ = short_id(place);
  content_id_ = short_id(content_key);
}

fs::path IndexStore::file(std::string_view ending) const {
  return folder_ / (place_id_ + "-" + content_id_ + std::string(ending));
}

std::optional<SliceTable> IndexStore::read_table() const {
  if (folder_.empty()) return std::nullopt;
  try {
    return SliceTable::from_file(core::MappedFile(file(kTableEnding)));
  } catch (const core::Error&) {
    return std::nullopt;
  }
}

void IndexStore::write_table(const SliceTable& table) {
  if (folder_.empty()) return;
  Draft draft = start_draft();
  if (!draft.file.is_open()) return;
  if (!draft.file.write(table.bytes())) return abandon_document(draft);
  finish_draft(draft, kTableEnding);
  remove_older();
}

std::optional<OpenFile> IndexStore::read_document(std::uint64_t size) const {
  if (folder_.empty()) return std::nullopt;
  try {
    OpenFile document = OpenFile::for_reading(file(kDocumentEnding));
    if (document.size() == size) return document;
  } catch (const core::Error&) {
  }
  return std::nullopt;
}

IndexStore::Draft IndexStore::start_draft() {
  static std::atomic<unsigned> counter{0};
  Draft draft;
  std::error_code error;
  fs::create_directories(folder_, error);
  draft.path = file(".draft-" + std::to_string(::getpid()) + "-" + std::to_string(counter++));
  draft.file = OpenFile(::open(draft.path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (!draft.file.is_open()) {
    if (failure_.empty()) failure_ = folder_.string() + ": " + std::strerror(errno);
    draft.path.clear();
  }
  return draft;
}

/// Without waiting for the disk: a kill leaves the old file or the new one, and what a power failure leaves
/// does not pass the checksums of the table and of its slices, and is made anew.
void IndexStore::finish_draft(Draft& draft, std::string_view ending) {
  if (::rename(draft.path.c_str(), file(ending).c_str()) != 0) return abandon_document(draft);
  draft.path.clear();
}

IndexStore::Draft IndexStore::start_document(int attempt) {
  Draft draft;
  if (attempt == 0 && !folder_.empty()) {
    draft = start_draft();
    if (draft.file.is_open()) return draft;
  }
  if (attempt <= 1) {
    std::error_code error;
    const fs::path folder = fs::temp_directory_path(error);
    if (!error) draft.file = OpenFile(::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
    if (draft.file.is_open()) return draft;
  }
  draft.file = OpenFile(::memfd_create("envlock-index", MFD_CLOEXEC));
  return draft;
}

void IndexStore::finish_document(Draft& draft) {
  if (!draft.path.empty()) finish_draft(draft, kDocumentEnding);
}

void IndexStore::forget() const {
  if (folder_.empty()) return;
  std::error_code ignored;
  fs::remove(file(kTableEnding), ignored);
  fs::remove(file(kDocumentEnding), ignored);
}

void IndexStore::abandon_document(Draft& draft) {
  if (failure_.empty() && !draft.path.empty()) failure_ = folder_.string() + ": " + std::strerror(errno);
  if (!draft.path.empty()) ::unlink(draft.path.c_str());
  draft.path.clear();
}

/// Other contents of this place, and drafts that a killed run left a day ago. A process that still reads one of them
/// keeps it open, so nothing is pulled away from it.
void IndexStore::remove_older() const {
  std::error_code error;
  const auto day_ago = fs::file_time_type::clock::now() - std::chrono::hours(24);
  for (fs::directory_iterator entry(folder_, error), end; !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    std::error_code ignored;
    const bool draft = name.find(".draft-") != std::string::npos;
    if (draft ? entry->last_write_time(ignored) < day_ago && !ignored
              : name.starts_with(place_id_ + "-") && !name.starts_with(place_id_ + "-" + content_id_)) {
      fs::remove(entry->path(), ignored);
    }
  }
}

}  // namespace envlock::channel
