#include "source_search.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "envlock/core/file.h"
#include "envlock/core/text.h"
#include "envlock/core/url.h"
#include "open_source.h"
#include "shard_source.h"
#include "slicer.h"

namespace envlock::channel {
namespace {

struct Form {
  IndexForm form;
  const char* file;
};

constexpr Form kForms[] = {{IndexForm::shards, "repodata_shards.msgpack.zst"},
                           {IndexForm::json_zst, "repodata.json.zst"},
                           {IndexForm::json, "repodata.json"}};

/// A subdir being looked for: which place and which form comes next.
struct Search {
  std::size_t channel = 0;
  std::string subdir;
  std::string label;
  std::vector<std::string> places;
  std::size_t place = 0;
  std::size_t form = 0;
  std::optional<core::Diagnostic> failure;
  std::optional<FoundIndex> found;

  bool going_on() const { return !found && place < places.size(); }
  void next() {
    if (++form < std::size(kForms)) return;
    form = 0;
    ++place;
  }
};

std::string label_of(const conda::Channel& channel, const std::string& subdir) {
  return (channel.name.empty() ? channel.base : channel.name) + "/" + subdir;
}

std::string folder_of(const std::string& url, const std::string& subdir) {
  return url + (url.ends_with('/') ? "" : "/") + subdir;
}

fetch::Download download_of(const Search& search) {
  fetch::Download download;
  const Form& form = kForms[search.form];
  // Another place is tried for this form only when one fails; when it says "not here", the next form is tried there
  // first, so that a mirror without shards is still preferred to what it mirrors.
  for (std::size_t i = search.place; i < search.places.size(); ++i) {
    download.urls.push_back(search.places[i] + "/" + form.file);
  }
  download.next_on_not_found = false;
  download.label = search.label;
  download.caching = fetch::Caching::revalidate;
  download.max_age_seconds = form.form == IndexForm::shards ? 60 : 0;
  return download;
}

[[noreturn]] void fail_missing(const Location& location) {
  const std::string& base = location.channel.base;
  const std::string place =
      core::printable(core::without_secrets(location.urls.empty() ? base : location.urls.front()));
  const bool web = core::looks_like_url(place) && !core::path_of_file_url(place);
  core::Diagnostic diagnostic;
  std::error_code ignored;
  const auto path = core::path_of_file_url(place).value_or(place);
  const bool folder_exists = !web && std::filesystem::is_directory(path, ignored);
  const std::string name = core::printable(location.channel.name.empty() ? base : location.channel.name);
  diagnostic.code = folder_exists ? "repodata-missing" : "channel-not-found";
  diagnostic.what = folder_exists ? "the channel `" + name + "` holds no index for the platforms asked for"
                                  : "there is no channel `" + name + "`";
  diagnostic.why = {"no repodata_shards.msgpack.zst, repodata.json.zst or repodata.json below " + place};
  diagnostic.hints = {folder_exists ? "make the index with `conda index " + place + "`"
                                    : "check its spelling, or say where it is with `--channel-map`"};
  throw core::Error(std::move(diagnostic));
}

bool is_from_network(const std::string& place) {
  return core::looks_like_url(place) && !core::path_of_file_url(place);
}

/// Where shards lie, seen from each place that holds the index.
std::vector<std::string> shard_folders(const FoundIndex& found, const std::string& shards_base_url,
                                       const std::string& label) {
  std::vector<std::string> folders;
  for (const std::string& place : found.places) {
    std::string folder;
    if (core::looks_like_url(shards_base_url)) {
      const auto url = core::parse_url(shards_base_url);
      const bool web = url && (url->scheme == "https" || url->scheme == "http");
      if (!web && is_from_network(place)) {
        throw invalid_repodata(label, 0, "`shards_base_url` is neither http nor https");
      }
      folder = shards_base_url;
    } else if (core::looks_like_url(place)) {
      folder = core::join_url(place + "/", shards_base_url);
    } else {
      folder = (std::filesystem::path(place) / shards_base_url).lexically_normal().string();
    }
    while (folder.size() > 1 && folder.back() == '/') folder.pop_back();
    if (std::find(folders.begin(), folders.end(), folder) == folders.end()) folders.push_back(std::move(folder));
  }
  return folders;
}

std::unique_ptr<RecordSource> open_shards(const FoundIndex& found, const std::string& label) {
  std::unique_ptr<ShardIndex> index = parse_shard_index(core::read_file(found.fetched.path), label);
  std::string base_url = index->base_url;
  std::vector<std::string> relations = std::move(index->relations);
  std::vector<std::string> folders = shard_folders(found, index->shards_base_url, label);
  auto source = std::make_unique<ShardSource>(std::move(index), std::move(folders));
  source->base_url = std::move(base_url);
  source->relations = std::move(relations);
  return source;
}

}  // namespace

std::vector<FoundIndex> find_indexes(const std::vector<Location>& locations, const std::vector<std::string>& subdirs,
                                     fetch::Fetcher& fetcher, core::Notes& notes) {
  std::vector<Search> searches;
  for (std::size_t channel = 0; channel < locations.size(); ++channel) {
    for (const std::string& subdir : subdirs) {
      Search search;
      search.channel = channel;
      search.subdir = subdir;
      search.label = label_of(locations[channel].channel, subdir);
      for (const std::string& url : locations[channel].urls) search.places.push_back(folder_of(url, subdir));
      searches.push_back(std::move(search));
    }
  }
  while (true) {
    std::vector<fetch::Download> downloads;
    std::vector<Search*> asked;
    for (Search& search : searches) {
      if (!search.going_on()) continue;
      downloads.push_back(download_of(search));
      asked.push_back(&search);
    }
    if (asked.empty()) break;
    const std::vector<fetch::Fetched> fetched = fetcher.fetch(downloads);
    for (std::size_t i = 0; i < asked.size(); ++i) {
      Search& search = *asked[i];
      if (fetched[i].status == fetch::Status::ok) {
        FoundIndex found;
        found.channel = search.channel;
        found.subdir = search.subdir;
        found.form = kForms[search.form].form;
        found.places.assign(search.places.begin() + static_cast<std::ptrdiff_t>(search.place), search.places.end());
        found.download = downloads[i];
        found.fetched = fetched[i];
        search.found = std::move(found);
        continue;
      }
      if (fetched[i].status == fetch::Status::failed && fetched[i].failure) search.failure = fetched[i].failure;
      search.next();
    }
  }
  std::vector<FoundIndex> found;
  std::vector<core::Diagnostic> failures;
  for (std::size_t channel = 0; channel < locations.size(); ++channel) {
    bool any = false;
    for (const Search& search : searches) any = any || (search.channel == channel && search.found);
    bool failed = false;
    // "Not there" is not remembered. But noarch is asked for with every other subdir: offline, when one of them is in
    // the cache and noarch is not, the channel has none.
    for (Search& search : searches) {
      if (search.channel == channel && any && search.subdir == "noarch" && search.failure &&
          search.failure->code == "cache-miss") {
        search.failure.reset();
      }
    }
    for (Search& search : searches) {
      if (search.channel != channel) continue;
      if (search.found) {
        found.push_back(std::move(*search.found));
      } else if (search.failure) {
        failed = true;
        if (std::find(failures.begin(), failures.end(), *search.failure) == failures.end()) {
          failures.push_back(*search.failure);
        }
      } else if (any) {
        core::Diagnostic diagnostic;
        diagnostic.code = "subdir-missing";
        diagnostic.what = "the channel `" +
                          core::printable(locations[channel].channel.name.empty() ? locations[channel].channel.base
                                                                                  : locations[channel].channel.name) +
                          "` has nothing for " + core::printable(search.subdir);
        notes.note(std::move(diagnostic));
      }
    }
    if (!any && !failed) fail_missing(locations[channel]);
  }
  if (!failures.empty()) throw core::Error(std::move(failures));
  return found;
}

std::unique_ptr<RecordSource> open_index(FoundIndex found, const std::vector<Location>& locations,
                                         const OpenOptions& options, fetch::Fetcher& fetcher, core::Progress& progress,
                                         core::Notes& notes) {
  const conda::Channel& channel = locations[found.channel].channel;
  const std::string label = label_of(channel, found.subdir);
  const auto forget = [&fetcher, download = found.download] { fetcher.forget(download); };
  const auto open = [&] {
    if (found.form == IndexForm::shards) return open_shards(found, label);
    return open_document(found.fetched, found.form == IndexForm::json_zst, label, channel.base + "/" + found.subdir,
                         options, progress, notes, forget);
  };
  std::unique_ptr<RecordSource> source;
  try {
    source = open();
  } catch (const core::Error& error) {
    if (error.diagnostics().front().code != "repodata-invalid") throw;
    forget();
    if (!found.fetched.from_cache) throw;
    found.fetched = fetcher.fetch_one(found.download);
    if (found.fetched.status == fetch::Status::failed && found.fetched.failure)
      throw core::Error(*found.fetched.failure);
    if (found.fetched.status != fetch::Status::ok) throw;
    try {
      source = open();
    } catch (const core::Error&) {
      forget();
      throw;
    }
  }
  source->label = label;
  source->channel = found.channel;
  source->subdir = found.subdir;
  source->base_url = resolve_base_url(source->base_url, channel, found.subdir, label, notes);
  return source;
}

void tell_relations(const std::vector<std::unique_ptr<RecordSource>>& sources, core::Notes& notes) {
  std::set<std::size_t> told;
  for (const auto& source : sources) {
    if (source->relations.empty() || !told.insert(source->channel).second) continue;
    core::Diagnostic diagnostic;
    diagnostic.code = "channel-relations-ignored";
    diagnostic.what =
        fmt::format("`{}` names other channels that it relies on; they are not added", core::printable(source->label));
    for (const std::string& relation : source->relations)
      diagnostic.why.push_back(core::printable(core::without_secrets(relation)));
    diagnostic.hints = {"list those you want under `channels:`, in the order you want"};
    notes.warning(std::move(diagnostic));
  }
}

}  // namespace envlock::channel
