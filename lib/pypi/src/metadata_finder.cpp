#include "metadata_finder.h"

#include <algorithm>

#include "envlock/core/file.h"
#include "envlock/core/text.h"
#include "index_failure.h"
#include "sdist_head.h"

namespace envlock::pypi {
namespace {

constexpr std::uint64_t kLargestMetadata = std::uint64_t{10} << 20;
constexpr std::uint64_t kLargestPart = std::uint64_t{64} << 20;
/// A server that gives the whole file for a part of it is listened to up to here: most wheels are smaller.
constexpr std::uint64_t kSmallFile = std::uint64_t{1} << 20;
constexpr std::uint64_t kLargestSdist = std::uint64_t{1} << 30;  ///< unpacked, as far as it is read

bool ends_with(std::string_view text, std::string_view end) {
  return text.size() > end.size() && text.substr(text.size() - end.size()) == end;
}

bool is_local(const std::string& url) {
  return url.rfind("file:", 0) == 0;
}

std::string named(const MetadataWanted& wanted) {
  return "the metadata of `" + core::printable(wanted.file.file_name, 200) + "`";
}

/// The head alone: descriptions are long and nobody here reads them.
std::string_view head_of(std::string_view text) {
  const std::size_t end = std::min(text.find("\n\n"), text.find("\n\r\n"));
  return end == std::string_view::npos ? text : text.substr(0, end + 1);
}

/// Absent when the metadata is that of the file; else "metadata-disagrees".
std::optional<core::Diagnostic> check_agreement(const Metadata& metadata, const MetadataWanted& wanted) {
  if (metadata.name == wanted.name && is_same_version(metadata.version, wanted.version)) return std::nullopt;
  core::Diagnostic found;
  found.code = "metadata-disagrees";
  found.what = "`" + core::printable(wanted.file.file_name, 200) + "` and its metadata tell two stories";
  found.why = {
      "its name says " + core::printable(wanted.name, 100) + " " + core::printable(wanted.version, 100),
      "its metadata says " + core::printable(metadata.name, 100) + " " + core::printable(metadata.version, 100)};
  found.hints = {"do not use the file; tell those who published it, or those who run the index"};
  return found;
}

core::Diagnostic needs_build(const MetadataWanted& wanted, std::string why) {
  core::Diagnostic found;
  found.code = "sdist-needs-build";
  found.what = "what `" + core::printable(wanted.file.file_name, 200) + "` needs is known only when it is built";
  found.why = {std::move(why)};
  found.hints = {"ask for a version that has a wheel, or let it be built with `--allow-build`"};
  return found;
}

/// Why the PKG-INFO of a source distribution does not tell what its wheel will need; empty when it does (PEP 643).
std::string undecided(const Metadata& metadata) {
  int major = 0, minor = 0;
  const std::string& text = metadata.metadata_version;
  const std::size_t dot = text.find('.');
  const auto number = [](const std::string& digits) {
    return !digits.empty() && digits.size() < 4 && digits.find_first_not_of("0123456789") == std::string::npos
               ? std::stoi(digits)
               : 0;
  };
  if (dot != std::string::npos) {
    major = number(text.substr(0, dot));
    minor = number(text.substr(dot + 1));
  }
  if (major < 2 || (major == 2 && minor < 2)) {
    return "its metadata has version " + core::printable(text, 40) + ", and only from 2.2 on it is meant to be final";
  }
  for (const std::string& field : metadata.dynamic) {
    if (field == "requires-dist" || field == "requires-python" || field == "version" || field == "provides-extra") {
      return "its metadata calls `" + field + "` dynamic";
    }
  }
  return {};
}

}  // namespace

MetadataFinder::MetadataFinder(fetch::Fetcher& fetcher, const Transports& transports, const IndexSettings& settings)
    : fetcher_(fetcher), transports_(transports), cache_(settings.cache) {}

std::vector<FoundMetadata> MetadataFinder::find(const std::vector<MetadataWanted>& wanted) {
  std::vector<FoundMetadata> results(wanted.size());
  std::vector<Task> tasks(wanted.size());
  Tasks open;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    Task& task = tasks[i];
    task.wanted = &wanted[i];
    task.result = &results[i];
    const std::string& name = wanted[i].file.file_name;
    if (ends_with(name, ".whl")) task.form = Form::wheel;
    if (ends_with(name, ".zip")) task.form = Form::zipped_sdist;
    if (ends_with(name, ".tar.gz") || ends_with(name, ".tgz")) task.form = Form::packed_sdist;
    open.push_back(&task);
  }
  for (const auto step : {&MetadataFinder::take_cached, &MetadataFinder::take_announced, &MetadataFinder::take_beside,
                          &MetadataFinder::take_parts, &MetadataFinder::take_whole}) {
    std::erase_if(open, [](const Task* task) { return task->done; });
    (this->*step)(open);
  }
  return results;
}

/// The file is named by its hash, so that a copy is that of these very bytes.
std::string MetadataFinder::key_of(const Task& task) {
  return "sha256 " + core::format(*task.wanted->file.sha256);
}

void MetadataFinder::fail(Task& task, core::Diagnostic diagnostic) {
  task.result->failure = std::move(diagnostic);
  task.done = true;
}

void MetadataFinder::fail_fetch(Task& task, fetch::Fetched fetched) {
  const bool stated = task.wanted->file.size.has_value();
  // More bytes than the index says are not waited for; they are the wrong ones.
  if (stated && fetched.failure && fetched.failure->code == "download-too-large") {
    fetched.failure->code = "size-mismatch";
  }
  fail(task, index_failure(fetched, named(*task.wanted), task.wanted->file.url));
}

void MetadataFinder::finish(Task& task, const std::string& text, bool keep) {
  try {
    Metadata metadata = parse_metadata(text, task.wanted->file.file_name);
    if (std::optional<core::Diagnostic> wrong = check_agreement(metadata, *task.wanted)) {
      return fail(task, std::move(*wrong));
    }
    if (task.form != Form::wheel) {
      if (std::string why = undecided(metadata); !why.empty()) return fail(task, needs_build(*task.wanted, why));
    }
    task.result->metadata = std::move(metadata);
    task.done = true;
    // What has no hash may be replaced under its name; what was fetched of it is asked for again by its ETag or date.
    if (keep && task.wanted->file.sha256) cache_.write("metadata", key_of(task), head_of(text));
  } catch (const core::Error& error) {
    fail(task, error.diagnostics().front());
  }
}

fetch::Download MetadataFinder::metadata_download(const Task& task) const {
  const MetadataWanted& wanted = *task.wanted;
  fetch::Download download;
  download.urls = transports_.file_urls(wanted.index, wanted.file.url);
  for (std::string& url : download.urls) url.insert(std::min(url.find('?'), url.size()), ".metadata");
  download.label = wanted.file.file_name;
  download.compressed = true;
  download.max_bytes = kLargestMetadata;
  if (wanted.file.has_metadata) download.sha256 = wanted.file.metadata_sha256;
  // What the index gives a hash for never changes; the rest is kept under the hash of the file it belongs to.
  if (download.sha256) download.caching = fetch::Caching::immutable;
  return download;
}

fetch::Download MetadataFinder::file_download(const Task& task) const {
  const MetadataWanted& wanted = *task.wanted;
  fetch::Download download;
  download.urls = transports_.file_urls(wanted.index, wanted.file.url);
  download.label = wanted.file.file_name;
  download.sha256 = wanted.file.sha256;
  download.size = wanted.file.size;
  if (download.sha256) download.caching = fetch::Caching::immutable;
  return download;
}

void MetadataFinder::take_announced(const Tasks& tasks) {
  Tasks asked;
  std::vector<fetch::Download> downloads;
  for (Task* task : tasks) {
    if (!task->wanted->file.has_metadata) continue;
    asked.push_back(task);
    downloads.push_back(metadata_download(*task));
  }
  const std::vector<fetch::Fetched> fetched = fetcher_.fetch(downloads);
  for (std::size_t i = 0; i < asked.size(); ++i) {
    if (fetched[i].status == fetch::Status::ok) {
      finish(*asked[i], core::read_file(fetched[i].path, kLargestMetadata), true);
    } else if (fetched[i].status == fetch::Status::failed) {
      fail_fetch(*asked[i], fetched[i]);
    }  // announced and not there: the file itself has it
  }
}

void MetadataFinder::take_cached(const Tasks& tasks) {
  for (Task* task : tasks) {
    if (!task->wanted->file.sha256) continue;
    const std::optional<DerivedCache::Found> found = cache_.read("metadata", key_of(*task));
    if (found) finish(*task, std::string(found->bytes), false);
  }
}

/// What lies beside a file on the same server is the index's word as much as its list is. Whether a server has such
/// files is found out with one of them.
void MetadataFinder::try_beside(const Tasks& tasks) {
  std::map<std::string, Task*> first;
  for (Task* task : tasks) {
    const std::string origin = origin_of(task->wanted->file.url);
    if (beside_[origin] == Beside::unknown) first.emplace(origin, task);
  }
  std::vector<fetch::Download> downloads;
  for (const auto& [origin, task] : first) downloads.push_back(metadata_download(*task));
  const std::vector<fetch::Fetched> fetched = fetcher_.fetch(downloads);
  std::size_t i = 0;
  for (const auto& [origin, task] : first) {
    const fetch::Fetched& found = fetched[i++];
    if (found.status == fetch::Status::failed) continue;  // asked again by the next round
    beside_[origin] = Beside::no;
    if (found.status != fetch::Status::ok) continue;
    finish(*task, core::read_file(found.path, kLargestMetadata), true);
    if (task->result->metadata) {
      beside_[origin] = Beside::yes;
    } else {  // some page that came for it: no word about the file
      *task->result = {};
      task->done = false;
    }
  }
}

void MetadataFinder::take_beside(const Tasks& all) {
  Tasks tasks;
  for (Task* task : all) {
    const bool announced = task->wanted->file.has_metadata;  // and was not there
    if (task->form == Form::wheel && !announced && !is_local(task->wanted->file.url)) tasks.push_back(task);
  }
  try_beside(tasks);
  std::erase_if(tasks, [this](const Task* task) {
    return task->done || beside_[origin_of(task->wanted->file.url)] != Beside::yes;
  });
  std::vector<fetch::Download> downloads;
  for (const Task* task : tasks) downloads.push_back(metadata_download(*task));
  const std::vector<fetch::Fetched> fetched = fetcher_.fetch(downloads);
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    if (fetched[i].status != fetch::Status::ok) continue;  // the wheel itself has it, or tells what is wrong
    finish(*tasks[i], core::read_file(fetched[i].path, kLargestMetadata), true);
  }
}

/// The bytes that the task needs next; absent: it is done, or must have the whole file.
std::optional<fetch::ByteRange> MetadataFinder::next_part(Task& task) {
  try {
    const std::optional<fetch::ByteRange> range = task.reader->next();
    if (!range) finish(task, task.reader->text(), true);
    return range;
  } catch (const ZipFault& fault) {
    fail(task, metadata_failure(task.wanted->file.file_name, fault.why));
    return std::nullopt;
  }
}

void MetadataFinder::take_parts(const Tasks& all) {
  Tasks tasks;
  for (Task* task : all) {
    if ((task->form != Form::wheel && task->form != Form::zipped_sdist) || is_local(task->wanted->file.url)) continue;
    const auto kind = task->form == Form::wheel ? WheelReader::Kind::wheel : WheelReader::Kind::sdist;
    task->reader =
        std::make_unique<WheelReader>(kind, task->wanted->name, task->wanted->version, task->wanted->file.size);
    tasks.push_back(task);
  }
  while (true) {  // at most three times: the end, the directory, the member
    Tasks asked;
    std::vector<fetch::Download> downloads;
    for (Task* task : tasks) {
      const std::optional<fetch::ByteRange> range = next_part(*task);
      if (!range) continue;
      fetch::Download download = file_download(*task);
      download.sha256.reset();
      download.size.reset();
      download.range = range;
      download.max_bytes = std::max(kSmallFile, std::min(range->length, kLargestPart));
      asked.push_back(task);
      downloads.push_back(std::move(download));
    }
    if (asked.empty()) return;
    const std::vector<fetch::Fetched> fetched = fetcher_.fetch(downloads);
    for (std::size_t i = 0; i < asked.size(); ++i) take_part(*asked[i], downloads[i], fetched[i]);
    std::erase_if(asked, [](const Task* task) { return task->done || task->whole; });
    tasks = std::move(asked);
  }
}

void MetadataFinder::take_part(Task& task, const fetch::Download& download, const fetch::Fetched& fetched) {
  if (fetched.status == fetch::Status::ok) {
    try {
      core::MappedFile bytes(fetched.path);
      const bool part = fetched.range_start.has_value();
      if (!part && task.wanted->file.sha256 && core::sha256(bytes.bytes()) != *task.wanted->file.sha256) {
        fetcher_.forget(download);
        task.whole = true;  // which will say what came instead
        return;
      }
      task.reader->add(std::move(bytes), fetched.range_start.value_or(0), fetched.whole_size);
    } catch (const ZipFault&) {  // another size than the index says
      fetcher_.forget(download);
      task.whole = true;
    } catch (const core::Error& error) {
      fail(task, error.diagnostics().front());
    }
    return;
  }
  const std::string code = fetched.failure ? fetched.failure->code : "";
  task.whole = code == "range-ignored" || code == "range-unsatisfiable" || code == "range-mismatch";
  if (!task.whole) fail_fetch(task, fetched);
}

void MetadataFinder::take_whole(const Tasks& all) {
  Tasks tasks;
  std::vector<fetch::Download> downloads;
  for (Task* task : all) {
    if (task->form == Form::unknown) {
      fail(*task, needs_build(*task->wanted, "this kind of archive is not looked into"));
      continue;
    }
    tasks.push_back(task);
    downloads.push_back(file_download(*task));
  }
  const std::vector<fetch::Fetched> fetched = fetcher_.fetch(downloads);
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    if (fetched[i].status == fetch::Status::ok) {
      read_whole(*tasks[i], fetched[i]);
    } else {
      fail_fetch(*tasks[i], fetched[i]);
    }
  }
}

void MetadataFinder::read_whole(Task& task, const fetch::Fetched& fetched) {
  try {
    core::MappedFile file(fetched.path);
    if (task.form == Form::packed_sdist) return read_packed_sdist(task, file.bytes());
    const auto kind = task.form == Form::wheel ? WheelReader::Kind::wheel : WheelReader::Kind::sdist;
    task.reader = std::make_unique<WheelReader>(kind, task.wanted->name, task.wanted->version, std::nullopt);
    const std::uint64_t size = file.bytes().size();
    task.reader->add(std::move(file), 0, size);
    (void)next_part(task);
  } catch (const core::Error& error) {
    fail(task, error.diagnostics().front());
  }
}

void MetadataFinder::read_packed_sdist(Task& task, std::string_view bytes) {
  const MetadataWanted& wanted = *task.wanted;
  const auto is_info = [&](std::string_view path) {
    const auto folder = folder_before(path, "PKG-INFO");
    return folder && is_of(*folder, wanted.name, wanted.version);
  };
  const std::optional<std::string> text = find_in_tar_gz(bytes, is_info, kLargestSdist);
  if (!text) return fail(task, needs_build(wanted, "it holds no PKG-INFO that could be read"));
  finish(task, *text, true);
}

}  // namespace envlock::pypi
