#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "byte_source.h"
#include "slice_table.h"

namespace envlock::channel {

/// The folder where slice tables, and the text of indexes that came compressed, outlive a run. Shared by processes:
/// files appear whole by renaming, are never changed afterwards, and count only when they check out. Every failure to
/// write is remembered and told once; the run goes on without.
class IndexStore {
 public:
  /// An empty folder stores nothing. `place` says what is indexed ("https://host/channel/linux-64"), `content_key` its
  /// bytes: files of an older content of the same place are removed when a newer one is stored.
  IndexStore(std::filesystem::path folder, std::string_view place, std::string_view content_key);

  /// The table of exactly this content, when it is there and sound.
  std::optional<SliceTable> read_table() const;
  void write_table(const SliceTable& table);

  /// The stored text of a compressed document, when it is there with the size that its table tells.
  std::optional<OpenFile> read_document(std::uint64_t size) const;
  /// A file to write a document's text to: in the folder, else in the system's temporary folder, else in memory.
  struct Draft {
    OpenFile file;
    std::filesystem::path path;  ///< empty when it has no name, and so can only serve this run
  };
  Draft start_document(int attempt);
  /// Gives the draft its name. It can be read in any case.
  void finish_document(Draft& draft);
  void abandon_document(Draft& draft);
  /// Removes what is stored of this content: for a document that turned out to be damaged.
  void forget() const;

  /// What could not be written and why, empty when all went well.
  const std::string& failure() const { return failure_; }

 private:
  std::filesystem::path file(std::string_view ending) const;
  Draft start_draft();
  void finish_draft(Draft& draft, std::string_view ending);
  void remove_older() const;

  std::filesystem::path folder_;
  std::string place_id_;
  std::string content_id_;
  std::string failure_;
};

}  // namespace envlock::channel
