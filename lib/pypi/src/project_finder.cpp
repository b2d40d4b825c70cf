#include "project_finder.h"

#include <algorithm>
#include <charconv>
#include <ctime>

#include "envlock/core/file.h"
#include "envlock/core/parallel.h"
#include "envlock/core/text.h"
#include "envlock/core/url.h"
#include "index_failure.h"
#include "page_text.h"

namespace envlock::pypi {
namespace {

/// PEP 691, "Version + Format Selection": JSON first, HTML where there is nothing else.
constexpr const char* kAccept =
    "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.01";
constexpr std::uint64_t kLargestPage = std::uint64_t{256} << 20;
/// Pages up to this size are parsed at once: below, the threads would cost more than they save.
constexpr std::size_t kFewAsks = 2;

/// What the bytes are, whatever their type is said to be.
bool is_json(std::string_view bytes) {
  const std::string_view text = core::trim(bytes.substr(0, 1000));
  return !text.empty() && (text.front() == '{' || text.front() == '[');
}

}  // namespace

ProjectFinder::ProjectFinder(fetch::Fetcher& fetcher, const Transports& transports, const IndexSettings& settings,
                             core::Notes& notes)
    : fetcher_(fetcher),
      transports_(transports),
      settings_(settings),
      notes_(notes),
      cache_(settings.cache),
      links_(fetcher, transports, settings.find_links, settings.max_age_seconds) {}

std::vector<ProjectFinder::Ask> ProjectFinder::make_asks(const std::vector<std::string>& names) const {
  std::vector<Ask> asks;
  for (std::size_t n = 0; n < names.size(); ++n) {
    const auto pin = settings_.pinned.find(names[n]);
    for (std::size_t i = 0; i < transports_.indexes().size(); ++i) {
      const IndexLocation& index = transports_.indexes()[i];
      if (pin != settings_.pinned.end() && pin->second != index.base) continue;
      Ask ask;
      ask.name = n;
      ask.index = i;
      ask.download.urls = transports_.page_urls(index, names[n]);
      ask.download.label = names[n];
      ask.download.accept = kAccept;
      ask.download.compressed = true;
      ask.download.absent_on_forbidden = false;
      ask.download.trust_cached = true;
      ask.download.max_age_seconds = settings_.max_age_seconds;
      ask.download.max_bytes = kLargestPage;
      if (const std::optional<std::int64_t> since = absent_since(ask, names[n])) {
        const std::int64_t age = static_cast<std::int64_t>(std::time(nullptr)) - *since;
        ask.known_absent = age >= 0 && age < settings_.max_age_seconds;
      }
      asks.push_back(std::move(ask));
    }
  }
  return asks;
}

std::optional<std::int64_t> ProjectFinder::absent_since(const Ask& ask, const std::string& name) const {
  const auto found = cache_.read("absent", transports_.indexes()[ask.index].base + "\n" + name);
  if (!found) return std::nullopt;
  std::int64_t seconds = 0;
  const std::string_view text = found->bytes;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  return error == std::errc() ? std::optional(seconds) : std::nullopt;
}

void ProjectFinder::remember_absence(const Ask& ask, const std::string& name) const {
  const std::string& base = transports_.indexes()[ask.index].base;
  if (base.rfind("file:", 0) == 0) return;  // a folder is asked at no cost
  cache_.write("absent", base + "\n" + name, std::to_string(static_cast<std::int64_t>(std::time(nullptr))));
}

ProjectPage ProjectFinder::page_of(Ask& ask, const fetch::Fetched& fetched, const std::string& name) const {
  const IndexLocation& index = transports_.indexes()[ask.index];
  const std::string key = index.base + "\n" + fetched.final_url + "\n" + name;
  if (const std::optional<DerivedCache::Found> packed = cache_.read("pages", key)) {
    // The page's own key comes first: of another content of the page there is nothing to be had.
    if (packed->bytes.substr(0, fetched.content_key.size() + 1) == fetched.content_key + "\n") {
      auto page = unpack_page(packed->bytes.substr(fetched.content_key.size() + 1), settings_.fits);
      if (page && page->name == name) return std::move(*page);
    }
  }
  const core::MappedFile file(fetched.path);
  if (fetched.from_cache && fetched.content_key.rfind("sha256-", 0) == 0 &&
      fetched.content_key != "sha256-" + core::format(core::sha256(file.bytes()))) {
    ask.again = true;
    return {};
  }
  if (core::trim(file.bytes()).empty()) {
    throw core::Error({.code = "index-page-invalid",
                       .what = "the page of `" + core::printable(name, 100) + "` is empty",
                       .why = {shown_host(index.base) + " says that all is well, and sends nothing"},
                       .hints = {"check the index's address, and any proxy before it; then try again"}});
  }
  const auto parse = is_json(file.bytes()) ? parse_project_json : parse_project_html;
  ProjectPage page = parse(file.bytes(), fetched.final_url, name, ask.notes);
  for (IndexFile& listed : page.files) listed.url = transports_.canonical(index, listed.url);
  // A page with notes is read anew each time, so that they are told each time.
  if (ask.notes.all().empty()) cache_.write("pages", key, fetched.content_key + "\n" + pack_page(page));
  return page;
}

void ProjectFinder::read(Ask& ask, const fetch::Fetched& fetched, const std::string& name) const {
  ask.again = false;
  ask.state = FoundProject::State::absent;
  ask.failure.reset();
  if (fetched.status == fetch::Status::not_found) return remember_absence(ask, name);
  // Without the network, what the index last said counts, whatever its age.
  if (fetched.failure && fetched.failure->code == "cache-miss" && absent_since(ask, name)) return;
  ask.state = FoundProject::State::failed;
  if (fetched.status == fetch::Status::failed) {
    ask.failure = index_failure(fetched, "the page of `" + core::printable(name, 100) + "`",
                                transports_.indexes()[ask.index].base);
    return;
  }
  try {
    ask.page = page_of(ask, fetched, name);
    ask.state = FoundProject::State::found;
  } catch (const core::Error& error) {
    ask.failure = error.diagnostics().front();
  }
}

void ProjectFinder::fetch_all(std::vector<Ask*> asks, const std::vector<std::string>& names) {
  std::vector<fetch::Download> downloads;
  for (const Ask* ask : asks) downloads.push_back(ask->download);
  const std::vector<fetch::Fetched> fetched = fetcher_.fetch(downloads);
  core::parallel_for(asks.size(), asks.size() <= kFewAsks ? 1 : 0,
                     [&](std::size_t i) { read(*asks[i], fetched[i], names[asks[i]->name]); });
  // What is no page may be one next time: a page to sign in, an error that is shown as a page.
  for (std::size_t i = 0; i < asks.size(); ++i) {
    if (asks[i]->again || (asks[i]->failure && fetched[i].status == fetch::Status::ok)) {
      fetcher_.forget(asks[i]->download);
    }
  }
}

std::vector<FoundProject> ProjectFinder::find(const std::vector<std::string>& names) {
  std::vector<Ask> asks = make_asks(names);
  std::vector<Ask*> open;
  for (Ask& ask : asks) {
    if (!ask.known_absent) open.push_back(&ask);
  }
  fetch_all(open, names);
  std::erase_if(open, [](const Ask* ask) { return !ask->again; });
  if (!open.empty()) {
    for (Ask* ask : open) ask->download.trust_cached = false;
    fetch_all(open, names);
  }

  const std::vector<core::Diagnostic>& unread = links_.load(notes_);
  std::vector<std::vector<Ask*>> by_name(names.size());
  for (Ask& ask : asks) by_name[ask.name].push_back(&ask);
  std::vector<FoundProject> found;
  for (std::size_t n = 0; n < names.size(); ++n) {
    for (const Ask* ask : by_name[n]) notes_.append(ask->notes);
    found.push_back(settle(names[n], by_name[n]));
    if (found.back().state == FoundProject::State::failed) continue;
    if (!unread.empty()) {  // what a place that cannot be read might have is not known
      found.back() = {};
      found.back().state = FoundProject::State::failed;
      found.back().failure = unread.front();
    } else {
      add_links(found.back(), names[n]);
    }
  }
  return found;
}

/// The first index that has the name; one before it that cannot be asked might have it.
FoundProject ProjectFinder::settle(const std::string& name, const std::vector<Ask*>& asks) {
  FoundProject project;
  for (Ask* ask : asks) {
    const std::string& base = transports_.indexes()[ask->index].base;
    if (project.state == FoundProject::State::absent) {
      project.state = ask->state;
      project.failure = ask->failure;
      if (ask->state == FoundProject::State::failed) return project;
      if (ask->state == FoundProject::State::absent) continue;
      project.index = base;
      project.page = std::move(ask->page);
    } else if (ask->state == FoundProject::State::found && !ask->page.files.empty()) {
      project.also_on.push_back(base);
    } else if (ask->state == FoundProject::State::failed) {
      warn_of(*ask, name);
    }
  }
  if (project.page.name.empty()) project.page.name = name;
  return project;
}

void ProjectFinder::warn_of(const Ask& ask, const std::string& name) {
  const std::string& base = transports_.indexes()[ask.index].base;
  if (std::find(warned_.begin(), warned_.end(), base) != warned_.end()) return;
  warned_.push_back(base);
  core::Diagnostic warning;
  warning.code = "index-not-asked";
  warning.what = "whether " + shown_host(base) + " has `" + core::printable(name, 100) +
                 "` too could not be found out; the index before it decides";
  warning.why = {ask.failure->what};
  warning.why.insert(warning.why.end(), ask.failure->why.begin(), ask.failure->why.end());
  warning.hints = ask.failure->hints;
  notes_.warning(std::move(warning));
}

void ProjectFinder::add_links(FoundProject& project, const std::string& name) const {
  std::vector<IndexFile> more = links_.files_of(name);
  if (more.empty()) return;
  project.state = FoundProject::State::found;
  std::vector<IndexFile>& files = project.page.files;
  for (IndexFile& file : more) {
    const auto same = [&](const IndexFile& other) { return other.file_name == file.file_name; };
    if (std::none_of(files.begin(), files.end(), same)) files.push_back(std::move(file));
  }
}

}  // namespace envlock::pypi
