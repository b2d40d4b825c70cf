#include "cache.h"

#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <system_error>

#include "envlock/core/text.h"

namespace envlock::fetch {

Cache::~Cache() {
  std::error_code ignored;
  if (spare_) std::filesystem::remove_all(spare_->folder().parent_path(), ignored);
}

std::optional<std::filesystem::path> Cache::body(const core::Sha256& sha256, std::optional<std::uint64_t> size,
                                                 Check check) const {
  std::optional<std::filesystem::path> path = shared_.body(sha256, size, check);
  if (!path && spare_) path = spare_->body(sha256, size, check);
  return path;
}

std::optional<Copy> Cache::copy(const std::string& key, Check check) const {
  std::optional<Copy> found;
  if (spare_) found = spare_->copy(key, check);
  return found ? found : shared_.copy(key, check);
}

std::optional<Cache::Slot> Cache::begin(int& error) {
  if (!spare_) {
    if (std::optional<PartFile> part = shared_.begin(error)) return Slot{std::move(*part), &shared_};
    if (!give_up_shared(error)) return std::nullopt;
  }
  if (std::optional<PartFile> part = spare_->begin(error)) return Slot{std::move(*part), spare_.get()};
  return std::nullopt;
}

int Cache::keep(Slot& slot, const core::Sha256& sha256, std::uint64_t size, std::filesystem::path& path) {
  path = slot.store->body_path(sha256);
  return slot.store->keep(slot.part, sha256, size);
}

void Cache::remember(const std::string& key, const Entry& entry) {
  (void)(spare_ ? spare_.get() : &shared_)->remember(key, entry);
}

void Cache::forget(const std::string& key) {
  shared_.forget(key);
  if (spare_) spare_->forget(key);
}

bool Cache::give_up_shared(int error) {
  if (spare_) return false;
  std::error_code ignored;
  std::filesystem::path base = std::filesystem::temp_directory_path(ignored);
  if (ignored) base = "/tmp";
  std::string name = (base / "envlock-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) return false;
  spare_ = std::make_unique<Store>(std::filesystem::path(name) / "fetch-v1");
  core::Diagnostic note;
  note.code = "cache-unwritable";
  note.what = "the cache `" + core::printable(shared_.folder().parent_path().string()) +
              "` cannot be written, so nothing is kept for next time";
  note.why = {std::generic_category().message(error)};
  note.hints = {"give another folder with `--cache DIR` or ENVLOCK_CACHE_DIR"};
  notes_.push_back({core::Severity::note, note});
  return true;
}

}  // namespace envlock::fetch
