#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "envlock/core/diagnostic.h"
#include "store.h"

namespace envlock::fetch {

/// The shared store, and a private one in the temporary folder for when the shared one cannot be written: the work goes
/// on, nothing is kept for next time, and a note says so.
class Cache {
 public:
  explicit Cache(const std::filesystem::path& folder) : shared_(folder / "fetch-v1") {}
  ~Cache();
  Cache(const Cache&) = delete;
  Cache& operator=(const Cache&) = delete;

  std::optional<std::filesystem::path> body(const core::Sha256& sha256, std::optional<std::uint64_t> size,
                                            Check check) const;
  std::optional<Copy> copy(const std::string& key, Check check) const;

  /// A part together with the store it belongs to.
  struct Slot {
    PartFile part;
    Store* store;
  };
  /// Absent when neither place takes a file; `error` gets errno.
  std::optional<Slot> begin(int& error);
  /// Publishes; gives 0 or errno, and the path in `path`.
  int keep(Slot& slot, const core::Sha256& sha256, std::uint64_t size, std::filesystem::path& path);
  /// A failure is no more than a transfer next time.
  void remember(const std::string& key, const Entry& entry);
  /// The body stays for others that share it.
  void forget(const std::string& key);
  /// Call when writing into the shared store failed: from now on the private one is used. False: it is used already.
  bool give_up_shared(int error);
  /// False: the slot lies in the shared store, which has been given up since.
  bool is_current(const Slot& slot) const { return !spare_ || slot.store == spare_.get(); }
  const std::vector<core::Note>& notes() const { return notes_; }

 private:
  Store shared_;
  std::unique_ptr<Store> spare_;
  std::vector<core::Note> notes_;
};

}  // namespace envlock::fetch
