#include "archive_layout.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <utility>

#include "envlock/archive/package.h"
#include "envlock/core/text.h"

namespace envlock::verify {
namespace {

/// Of what lies under info/, in bytes: the manifests are held in memory.
constexpr std::uint64_t kLargestInfo = std::uint64_t{256} << 20;

constexpr std::string_view kInfo = "info/";

bool is_info(std::string_view path) {
  return path.substr(0, kInfo.size()) == kInfo;
}

/// The files of info/ that say what is installed.
bool is_manifest_part(std::string_view path) {
  static constexpr std::array<std::string_view, 7> kParts{"paths.json", "link.json", "index.json", "files",
                                                          "has_prefix", "no_link",   "no_softlink"};
  return is_info(path) && std::find(kParts.begin(), kParts.end(), path.substr(kInfo.size())) != kParts.end();
}

/// Reads a package's payload into a layout.
class LayoutSink : public archive::EntrySink {
 public:
  LayoutSink(const std::string& package, const PrefixView& view, std::map<std::string, std::string> info)
      : package_(package), view_(view), info_(std::move(info)), info_was_given_(!info_.empty()) {}

  void begin(const archive::Entry& entry) override {
    if (is_info(entry.path)) {
      begin_info(entry);
    } else {
      if (!manifest_ && !has_late_info_) start_payload();
      if (!has_late_info_) begin_payload(entry);
    }
  }

  void data(std::string_view bytes) override {
    if (info_file_ != nullptr) info_file_->append(bytes);
    if (!replaced_) return;
    replaced_->add(bytes);
    if (head_.size() < kHeadBytes) head_.append(bytes.substr(0, kHeadBytes - head_.size()));
  }

  void end() override {
    info_file_ = nullptr;
    if (!replaced_) return;
    current_->replaced = replaced_->finish();
    replaced_.reset();
    if (!current_->replaced->dialect) {
      DiskFile file(*view_.folder, *current_node_);
      const auto guess = guess_prefix(head_, file.read(0, 2 * kHeadBytes), *current_->placeholder);
      current_->guessed_prefix = guess.value_or("");
      return;
    }
    // Not needed for the proof: it lets the next --quick pass over the file, and conda-meta be held against the truth.
    if (current_->replaced->sha256) {
      current_->replaced_sha256 = current_->replaced->sha256;
      replaced_bytes_ += current_node_->stamp.size;
    } else {
      const Hashed hashed = hash_file(*view_.folder, *current_node_);
      current_->replaced_sha256 = hashed.sha256;
      replaced_bytes_ += hashed.bytes;
    }
    ++replaced_files_;
  }

  /// True when part of the manifest came after files that it speaks of: read again with `info()`.
  bool has_late_info() const { return has_late_info_; }
  std::map<std::string, std::string> info() const { return info_; }

  /// Throws: what parse_manifest throws.
  void finish(PackageLayout& layout) {
    if (!manifest_) read_manifest();
    for (auto& [path, wanted] : wanted_) {
      if (!wanted.seen && wanted.wanted.kind != WantedKind::directory) {
        layout.inconsistencies.push_back("its manifest names `" + core::printable(path) + "`, which it does not hold");
      }
      layout.paths.push_back(std::move(wanted.wanted));
    }
    layout.replaced_bytes = replaced_bytes_;
    layout.replaced_files = replaced_files_;
    for (WantedPath& entry_point : entry_points_) layout.paths.push_back(std::move(entry_point));
    layout.link_scripts = manifest_->link_scripts;
  }

 private:
  struct Wanted {
    WantedPath wanted;
    bool seen = false;
  };

  void begin_info(const archive::Entry& entry) {
    if (entry.kind != archive::EntryKind::file || !is_manifest_part(entry.path) || info_was_given_) return;
    if (manifest_) has_late_info_ = true;
    info_file_ = &info_[entry.path.substr(kInfo.size())];
    info_file_->clear();
  }

  void start_payload() {
    const bool is_whole =
        info_.count("index.json") != 0 && (info_.count("paths.json") != 0 || info_.count("files") != 0);
    has_late_info_ = !info_was_given_ && !is_whole;
    if (!has_late_info_) read_manifest();
  }

  void read_manifest() {
    manifest_ = prefix::parse_manifest(info_, package_);
    for (const prefix::ManifestPath& path : manifest_->paths) wanted_[path.path].wanted = wanted_of(path);
    if (!view_.python) return;
    for (const prefix::EntryPoint& entry_point : manifest_->entry_points) {
      WantedPath wanted;
      wanted.path = "bin/" + entry_point.command;
      wanted.kind = WantedKind::entry_point;
      wanted.entry_point = entry_point;
      wanted.mode = 0755;
      entry_points_.push_back(std::move(wanted));
    }
  }

  WantedPath wanted_of(const prefix::ManifestPath& path) const {
    WantedPath wanted;
    wanted.path = prefix::target_path(path.path, manifest_->noarch, view_.python);
    wanted.package_path = path.path;
    if (path.type == prefix::PathType::directory) wanted.kind = WantedKind::directory;
    if (path.type == prefix::PathType::softlink) wanted.kind = WantedKind::symlink;
    if (wanted.kind != WantedKind::file) return wanted;
    if (path.placeholder) {
      wanted.placeholder = path.placeholder;
      wanted.original = path.sha256;
    } else {
      wanted.sha256 = path.sha256;
    }
    return wanted;
  }

  void begin_payload(const archive::Entry& entry) {
    const auto found = wanted_.find(entry.path);
    if (found == wanted_.end()) return;
    WantedPath& wanted = found->second.wanted;
    found->second.seen = true;
    // What the archive holds decides, not what its manifest calls it.
    if (entry.kind == archive::EntryKind::symlink) {
      wanted.kind = WantedKind::symlink;
      wanted.target = entry.link_target;
      wanted.sha256.reset();
      return;
    }
    if (entry.kind != archive::EntryKind::file) {
      wanted.kind = WantedKind::directory;
      return;
    }
    wanted.kind = WantedKind::file;
    if (!wanted.placeholder) wanted.size = entry.size;
    wanted.mode = entry.mode;
    if (!wanted.placeholder) return;
    const Node* node = view_.tree->resolve(wanted.path);
    if (node == nullptr || node->kind != NodeKind::file) return;
    current_ = &wanted;
    current_node_ = node;
    head_.clear();
    replaced_.emplace(DiskFile(*view_.folder, *node), *wanted.placeholder, all_names());
  }

  std::vector<std::string> all_names() const {
    std::vector<std::string> names = view_.names;
    names.insert(names.end(), view_.elsewhere.begin(), view_.elsewhere.end());
    return names;
  }

  static constexpr std::size_t kHeadBytes = std::size_t{64} << 10;

  const std::string& package_;
  const PrefixView& view_;
  std::map<std::string, std::string> info_;
  const bool info_was_given_;
  std::string* info_file_ = nullptr;
  bool has_late_info_ = false;
  std::optional<prefix::Manifest> manifest_;
  std::map<std::string, Wanted> wanted_;  ///< by path in the package
  std::vector<WantedPath> entry_points_;
  WantedPath* current_ = nullptr;
  const Node* current_node_ = nullptr;
  std::optional<ReplacedContent> replaced_;
  std::uint64_t replaced_bytes_ = 0;
  std::size_t replaced_files_ = 0;
  std::string head_;  ///< of the original, to guess by
};

bool has_hash(const archive::FileDigest& digest, const conda::PackageRecord& record) {
  if (record.sha256) return digest.sha256 == *record.sha256;
  return record.md5 && digest.md5 == *record.md5;
}

/// Its digest is compared, so nothing else need prove the bytes.
archive::FileDigest read_whole(const std::filesystem::path& file, archive::EntrySink& sink) {
  return archive::read_package(file, archive::Part::all, sink, {.max_info_bytes = kLargestInfo},
                               archive::Hashes::sha256, archive::Checksums::left_to_hash);
}

/// One candidate. Absent: it has another hash.
std::optional<PackageLayout> read_candidate(const std::filesystem::path& file, const conda::PackageRecord& record,
                                            const PrefixView& view, std::uint64_t& bytes) {
  const std::string package = conda::stem(record);
  PackageLayout layout;
  LayoutSink sink(package, view, {});
  archive::FileDigest digest = read_whole(file, sink);
  bytes += digest.size;
  if (!has_hash(digest, record)) return std::nullopt;
  if (!sink.has_late_info()) {
    sink.finish(layout);
    return layout;
  }
  LayoutSink again(package, view, sink.info());
  digest = read_whole(file, again);
  bytes += digest.size;
  if (!has_hash(digest, record)) return std::nullopt;
  again.finish(layout);
  return layout;
}

std::string hash_words(const conda::PackageRecord& record) {
  if (record.sha256) return "SHA-256 " + core::format(*record.sha256);
  return record.md5 ? "MD5 " + core::format(*record.md5) : "no hash";
}

}  // namespace

Candidates find_candidates(const conda::PackageRecord& record, const VerifyOptions& options) {
  Candidates candidates;
  std::set<std::filesystem::path> seen;
  const auto add = [&](const std::filesystem::path& file) {
    std::error_code ignored;
    if (std::filesystem::is_regular_file(file, ignored) && seen.insert(file).second) candidates.files.push_back(file);
  };
  if (!record.sha256 && !record.md5) {
    candidates.searched = "no hash is known for it";
    return candidates;
  }
  if (record.sha256) {
    const auto known = options.archives.find(*record.sha256);
    if (known != options.archives.end()) add(known->second);
  }
  if (conda::is_safe_file_name(record.file_name)) {
    for (const std::filesystem::path& folder : options.archive_folders) add(folder / record.file_name);
  }
  candidates.searched = "no archive " + core::printable(record.file_name) + " with " + hash_words(record);
  return candidates;
}

PackageLayout read_archive(const conda::PackageRecord& record, const Candidates& candidates, const PrefixView& view) {
  PackageLayout none;
  none.weak_reason = candidates.searched;
  for (const std::filesystem::path& file : candidates.files) {
    ++none.archives_read;
    try {
      std::optional<PackageLayout> layout = read_candidate(file, record, view, none.archive_bytes);
      if (layout) {
        layout->proof = Proof::archive;
        layout->archive = file.string();
        layout->archive_bytes = none.archive_bytes;
        layout->archives_read = none.archives_read;
        std::sort(layout->paths.begin(), layout->paths.end(),
                  [](const WantedPath& left, const WantedPath& right) { return left.path < right.path; });
        return *std::move(layout);
      }
      none.weak_reason = "`" + core::printable(file.string()) + "` does not have " + hash_words(record);
    } catch (const core::Error& error) {
      none.weak_reason = error.diagnostics().front().what;
    }
  }
  return none;
}

namespace {

/// Compares the files asked for with the disk, byte by byte.
class DifferenceSink : public archive::EntrySink {
 public:
  DifferenceSink(const PrefixView& view, std::vector<Difference>& differences) : view_(view) {
    for (Difference& difference : differences) wanted_[difference.package_path] = &difference;
  }
  void begin(const archive::Entry& entry) override {
    const auto found = wanted_.find(entry.path);
    current_ = found == wanted_.end() || entry.kind != archive::EntryKind::file ? nullptr : found->second;
    if (current_ == nullptr) return;
    file_.emplace(*view_.folder, *current_->node);
    position_ = 0;
  }
  void data(std::string_view bytes) override {
    if (current_ == nullptr || current_->offset) return;
    const std::string have = file_->read(position_, bytes.size());
    const auto [wanted, found] = std::mismatch(bytes.begin(), bytes.end(), have.begin(), have.end());
    if (wanted != bytes.end()) current_->offset = position_ + static_cast<std::uint64_t>(wanted - bytes.begin());
    position_ += bytes.size();
  }
  void end() override {
    if (current_ == nullptr) return;
    if (!current_->offset && file_->size() > position_) current_->offset = position_;
    current_->compared = file_->failure().empty();
    current_ = nullptr;
    file_.reset();
  }

 private:
  const PrefixView& view_;
  std::map<std::string, Difference*, std::less<>> wanted_;
  Difference* current_ = nullptr;
  std::optional<DiskFile> file_;
  std::uint64_t position_ = 0;
};

}  // namespace

void find_differences(const std::filesystem::path& archive, const PrefixView& view,
                      std::vector<Difference>& differences) {
  DifferenceSink sink(view, differences);
  try {
    archive::read_package(archive, archive::Part::all, sink);
  } catch (const core::Error&) {
    // It was readable a moment ago: then the offsets stay unknown, and the hashes say enough.
  }
}

}  // namespace envlock::verify
