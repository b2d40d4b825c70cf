#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "closure.h"
#include "text_pool.h"

namespace envlock::channel {

/// A candidate before texts have their final numbers: ids are those of the loader's own pool.
struct LoadedCandidate {
  conda::Candidate candidate;
  std::uint32_t source = 0;  ///< index into Opened::sources, or kKept
  std::uint32_t kept = 0;    ///< index into the kept records when source is kKept
  RecordPlace place;

  static constexpr std::uint32_t kKept = ~std::uint32_t{0};
};

/// The candidates of one name: [first, last) in the loader that made them.
struct LoadedName {
  std::uint32_t loader = 0;
  std::uint32_t first = 0;
  std::uint32_t last = 0;
};

/// What all loaders of one closure share, read-only.
struct ClosureRequest {
  const Opened* opened = nullptr;
  std::string subdir;
  std::vector<std::uint32_t> sources;  ///< in the order of candidates: the subdir's by channel, then noarch's
  const std::vector<conda::PackageRecord>* kept = nullptr;
  std::map<std::string, std::vector<std::uint32_t>, std::less<>> kept_by_name;
};

/// Reads the records of one name after another, one loader per thread.
class NameLoader {
 public:
  explicit NameLoader(const ClosureRequest& request) : request_(request) {}
  LoadedName load(const std::string& name);

  std::vector<LoadedCandidate> candidates;
  std::vector<std::uint32_t> edges;  ///< numbers in `pool`
  TextPool pool;
  std::vector<std::string> found;             ///< names that dependencies reach, since the caller last cleared it
  std::map<std::uint32_t, NoteGroups> flaws;  ///< by source
  std::vector<core::Note> kept_notes;

 private:
  struct Entry {
    std::size_t file_name_at = 0;
    std::size_t file_name_size = 0;
    LoadedCandidate loaded;
    bool has_time = false;
    std::int64_t cutoff_time = 0;
    std::uint32_t order = 0;
    bool dropped = false;
  };
  void load_source(std::uint32_t source, const std::vector<std::uint32_t>& kept, std::vector<bool>& kept_present);
  void add_entry(RecordView& record, const RecordPlace& place, std::uint32_t source);
  bool fill(LoadedCandidate& loaded, const RecordView& record);
  void keep_usable(std::uint32_t source, const std::vector<std::uint32_t>& kept);
  void add_kept(std::uint32_t number, const RecordSource& source, bool shadowed);
  void reach(const conda::Candidate& candidate);
  std::string_view file_name(const Entry& entry) const {
    return std::string_view(file_names_).substr(entry.file_name_at, entry.file_name_size);
  }
  std::string_view name_in(const Entry& entry) const { return file_name(entry); }
  std::string_view name_in(const std::string& text) const { return text; }
  bool is_cut_off(const Entry& entry) const;
  void compare_with_kept(const conda::PackageRecord& kept, const RecordView& record);

  const ClosureRequest& request_;
  const std::string* current_ = nullptr;
  ReadScratch scratch_;
  std::vector<Entry> entries_;
  std::string file_names_;
  std::vector<std::string> removed_;
  std::vector<bool> reached_;  ///< by text number of a dependency: its name has been told
  std::string lower_;
};

}  // namespace envlock::channel
