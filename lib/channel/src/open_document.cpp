#include <fmt/format.h>

#include "envlock/core/text.h"
#include "envlock/core/url.h"
#include "hash_text.h"
#include "index_store.h"
#include "json_source.h"
#include "open_source.h"
#include "slicer.h"
#include "zstd_source.h"

namespace envlock::channel {
namespace {

/// Passes bytes on and writes them to a file as well.
class CopyingSource final : public ByteSource {
 public:
  CopyingSource(ByteSource& from, const OpenFile& to) : from_(from), to_(to) {}
  std::size_t read(char* to, std::size_t size) override {
    const std::size_t count = from_.read(to, size);
    if (count > 0 && written_ && !to_.write({to, count})) written_ = false;
    return written_ ? count : 0;
  }
  bool written() const { return written_; }

 private:
  ByteSource& from_;
  const OpenFile& to_;
  bool written_ = true;
};

/// Shows how far a scan is.
class ProgressTask {
 public:
  ProgressTask(core::Progress& progress, const std::string& label, std::uint64_t total)
      : progress_(progress), total_(total), task_(progress.start(label, total)) {}
  ~ProgressTask() { progress_.finish(task_); }
  ProgressTask(const ProgressTask&) = delete;
  ProgressTask& operator=(const ProgressTask&) = delete;
  void update(std::uint64_t done) { progress_.update(task_, done, total_); }

 private:
  core::Progress& progress_;
  std::uint64_t total_;
  int task_;
};

struct SlicedDocument {
  OpenFile document;
  SliceTable table;
};

SliceTable scan(ByteSource& source, const std::string& label, std::uint64_t total, core::Progress& progress) {
  ProgressTask task(progress, "reading " + label, total);
  SliceOptions options;
  options.label = label;
  options.progress = [&task](std::uint64_t done) { task.update(done); };
  return slice_repodata(source, options);
}

/// Gives each slice the hash of its bytes, so that a later run notices when they are others.
void add_hashes(SlicedDocument& sliced) {
  std::string bytes;
  sliced.table.set_hashes([&](const Slice& slice) {
    if (bytes.size() < slice.length) bytes.resize(slice.length);
    // What cannot be read back now will not be believed later: the hash of something else.
    if (!sliced.document.read_at(slice.offset, bytes.data(), slice.length)) return ~std::uint64_t{0};
    return hash_text({bytes.data(), slice.length});
  });
}

/// Unpacks into a file that slices can be read from, and slices on the way.
SlicedDocument scan_compressed(const std::filesystem::path& path, const std::string& label, IndexStore& store,
                               core::Progress& progress) {
  const OpenFile packed = OpenFile::for_reading(path);
  for (int attempt = 0;; ++attempt) {
    IndexStore::Draft draft = store.start_document(attempt);
    FileSource file(packed);
    ZstdSource unpacked(file, packed.size(), label);
    CopyingSource copied(unpacked, draft.file);
    try {
      SliceTable table = scan(copied, label, 0, progress);
      if (copied.written()) {
        store.finish_document(draft);
        SlicedDocument sliced{std::move(draft.file), std::move(table)};
        add_hashes(sliced);
        return sliced;
      }
    } catch (const core::Error&) {
      // A full disk looks like a truncated document to the slicer: only then is another place worth trying.
      store.abandon_document(draft);
      if (copied.written() || attempt >= 2) throw;
      continue;
    }
    store.abandon_document(draft);
    if (attempt >= 2) throw invalid_repodata(label, 0, "there is no room to unpack it");
  }
}

/// Unpacks once more when the text that an earlier run unpacked was damaged.
std::function<std::optional<OpenFile>(const SliceTable&)> remaker(const std::filesystem::path& path,
                                                                  const std::string& label, const IndexStore& store) {
  return [path, label, store](const SliceTable& expected) -> std::optional<OpenFile> {
    IndexStore again = store;
    core::Progress silent;
    SlicedDocument sliced = scan_compressed(path, label, again, silent);
    if (sliced.table.bytes() != expected.bytes()) return std::nullopt;
    return std::move(sliced.document);
  };
}

}  // namespace

std::unique_ptr<RecordSource> open_document(const fetch::Fetched& fetched, bool compressed, const std::string& label,
                                            const std::string& place, const OpenOptions& options,
                                            core::Progress& progress, core::Notes& notes,
                                            const std::function<void()>& forget) {
  IndexStore store(options.cache, place, fetched.content_key);
  std::optional<SlicedDocument> opened;
  if (auto table = store.read_table()) {
    if (compressed) {
      if (auto document = store.read_document(table->document_size())) {
        opened = SlicedDocument{std::move(*document), std::move(*table)};
      }
    } else {
      OpenFile document = OpenFile::for_reading(fetched.path);
      if (document.size() == table->document_size()) opened = SlicedDocument{std::move(document), std::move(*table)};
    }
  }
  if (!opened) {
    if (compressed) {
      opened = scan_compressed(fetched.path, label, store, progress);
    } else {
      OpenFile document = OpenFile::for_reading(fetched.path);
      FileSource source(document);
      SliceTable table = scan(source, label, document.size(), progress);
      opened = SlicedDocument{std::move(document), std::move(table)};
      add_hashes(*opened);
    }
    store.write_table(opened->table);
  }
  if (!store.failure().empty()) {
    core::Diagnostic diagnostic;
    diagnostic.code = "index-cache-unwritable";
    diagnostic.what = "the index of `" + core::printable(label) + "` cannot be kept for the next run";
    diagnostic.why = {core::printable(store.failure())};
    notes.warning(std::move(diagnostic));
  }
  DocumentInfo info = opened->table.info();
  auto source = std::make_unique<JsonSource>(std::move(opened->document), std::move(opened->table));
  source->on_damage = [store, forget] {
    store.forget();
    forget();
  };
  if (compressed) source->remake = remaker(fetched.path, label, store);
  source->label = label;
  source->base_url = std::move(info.base_url);
  source->relations = std::move(info.relations);
  source->flaws = std::move(info.flaws);
  return source;
}

std::string resolve_base_url(const std::string& base_url, const conda::Channel& channel, const std::string& subdir,
                             const std::string& label, core::Notes& notes) {
  if (base_url.empty()) return {};
  const std::string folder = channel.base + "/" + subdir;
  const bool from_network = core::looks_like_url(channel.base) && !core::path_of_file_url(channel.base);
  std::string resolved;
  if (core::looks_like_url(base_url)) {
    const auto url = core::parse_url(base_url);
    const bool web = url && (url->scheme == "https" || url->scheme == "http");
    if (!web && from_network) {
      core::Diagnostic diagnostic;
      diagnostic.code = "base-url-refused";
      diagnostic.what = fmt::format("`{}` says that its packages lie at `{}`, which is not http or https",
                                    core::printable(label), core::printable(core::without_secrets(base_url)));
      diagnostic.hints = {"packages are looked for beside the index"};
      notes.warning(std::move(diagnostic));
      return {};
    }
    resolved = core::strip_credentials(base_url);
  } else if (core::looks_like_url(channel.base)) {
    resolved = core::join_url(folder + "/", base_url);
  } else {
    resolved = (std::filesystem::path(folder) / base_url).lexically_normal().generic_string();
  }
  while (resolved.size() > 1 && resolved.back() == '/') resolved.pop_back();
  return resolved == folder ? std::string() : resolved;
}

}  // namespace envlock::channel
