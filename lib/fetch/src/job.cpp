#include "job.h"

#include <algorithm>
#include <cerrno>
#include <ctime>

#include "envlock/core/text.h"
#include "envlock/core/url.h"
#include "local_file.h"

namespace envlock::fetch {
namespace {

bool is_http(const std::string& place) {
  const std::optional<core::Url> url = core::parse_url(place);
  return url && (url->scheme == "http" || url->scheme == "https") && !url->host.empty();
}

/// Young enough to be used without asking: younger than the caller allows and than the server allows.
bool is_fresh(const Entry& entry, const Download& download) {
  if (download.caching == Caching::immutable) return true;
  const std::int64_t limit = std::min(download.max_age_seconds, entry.max_age.value_or(download.max_age_seconds));
  const std::int64_t age = static_cast<std::int64_t>(std::time(nullptr)) - entry.fetched_at;
  return age >= 0 && age < limit;
}

/// False: the copy in the cache cannot be what is asked for.
bool fits(const Entry& entry, const Download& download) {
  return !(download.sha256 && *download.sha256 != entry.sha256) && !(download.size && *download.size != entry.size) &&
         !(download.md5 && entry.md5 != download.md5) && entry.size <= download.max_bytes;
}

}  // namespace

std::string host_key(const std::string& url) {
  const std::optional<core::Url> parsed = core::parse_url(url);
  return parsed ? parsed->scheme + "://" + parsed->host + ":" + parsed->port : std::string();
}

Job::Job(const Download& download, Fetched& result, Shared& shared)
    : download_(download), result_(result), shared_(shared), tried_(download.urls.size(), false) {}

bool Job::advance() {
  const bool first = !in_place_ && failures_.empty() && absences_.empty();
  if (!done_ && first && download_.sha256) {
    done_ = serve_by_hash();
  }
  while (!done_ && choose_place()) {
    const Step step = try_place();
    if (step == Step::run) return false;
    if (step == Step::done) done_ = true;
  }
  settle();
  return true;
}

bool Job::choose_place() {
  if (in_place_) return true;
  const auto choose = [this](bool dead_too) {
    for (current_ = 0; current_ < tried_.size(); ++current_) {
      if (!tried_[current_] && (dead_too || shared_.dead_hosts.count(host_key(place())) == 0)) return true;
    }
    return false;
  };
  if (!choose(false) && !choose(true)) return false;
  tried_[current_] = true;
  in_place_ = true;
  attempt_ = 0;
  forget_body();
  return true;
}

Job::Step Job::try_place() {
  if (const std::optional<std::filesystem::path> path = local_path(place())) {
    Fetched served = serve_local(*path, download_);
    if (served.status != Status::ok) return leave_place(*served.failure, served.status == Status::not_found);
    result_ = std::move(served);
    return Step::done;
  }
  if (!is_http(place())) return leave_place(failure_of_place(place()), false);
  copy_ = shared_.cache.copy(key(), check());
  if (copy_ && !fits(copy_->entry, download_)) copy_.reset();
  if (copy_ && (shared_.options.offline || is_fresh(copy_->entry, download_))) {
    serve_copy();
    return Step::done;
  }
  if (shared_.options.offline) return leave_place(failure_offline(download_), false);
  start_transfer();
  return Step::run;
}

Job::Step Job::leave_place(core::Diagnostic diagnostic, bool absent) {
  in_place_ = false;
  (absent ? absences_ : failures_).push_back(std::move(diagnostic));
  if (!absent || download_.next_on_not_found) return Step::next_place;
  failures_.clear();  // this place may speak for all
  return Step::done;
}

bool Job::serve_by_hash() {
  const std::optional<std::filesystem::path> path = shared_.cache.body(*download_.sha256, download_.size, check());
  if (!path) return false;
  const std::string url = download_.urls.empty() ? std::string() : download_.urls.front();
  result_.status = Status::ok;
  result_.path = *path;
  result_.content_key = content_key(*download_.sha256);
  result_.served_by = core::without_secrets(url);
  result_.final_url = link_base(url);
  result_.from_cache = true;
  return true;
}

void Job::serve_copy() {
  const Entry& entry = copy_->entry;
  result_.status = Status::ok;
  result_.path = copy_->body;
  result_.content_key = content_key(entry.sha256);
  result_.served_by = core::without_secrets(place());
  result_.final_url = entry.final_url.empty() ? link_base(place()) : entry.final_url;
  result_.content_type = entry.content_type;
  result_.range_start = entry.range_start;
  result_.whole_size = entry.whole_size;
  result_.from_cache = true;
}

void Job::start_transfer() {
  Query query;
  query.url = place().substr(0, place().find('#'));
  query.max_bytes = std::min(download_.max_bytes, download_.size.value_or(download_.max_bytes));
  if (download_.range) query.range = format(*download_.range);
  query.accept = download_.accept;
  query.compressed = download_.compressed;
  const bool resumable = !download_.range && !download_.compressed && (!validator_.empty() || download_.sha256);
  resume_from_ = slot_ && resumable ? received_ : 0;
  body_begun_ = false;
  wrong_range_.reset();
  if (resume_from_ > 0) {
    query.resume_from = resume_from_;
    query.resume_validator = validator_;
  } else if (copy_) {
    query.etag = copy_->entry.etag;
    query.last_modified = copy_->entry.last_modified;
  }
  transfer_ = std::make_unique<Transfer>(
      query, shared_.options,
      [this](long status, const Response& response, std::string_view bytes) { return sink(status, response, bytes); });
}

int Job::begin_body(long status, const Response& response) {
  body_begun_ = true;
  if (status == 206 && download_.range) {
    wrong_range_ = check_range(response, download_);
    if (wrong_range_) return EPROTO;
  } else if (status == 206) {
    if (resume_from_ == 0 || !response.range || response.range->first != resume_from_) return EPROTO;
    pieced_together_ = true;
    return 0;
  }
  return restart_body();
}

int Job::sink(long status, const Response& response, std::string_view bytes) {
  if (!body_begun_) {
    if (const int error = begin_body(status, response)) return error;
  }
  if (const int error = slot_->part.write(bytes)) return error;
  hash_->update(bytes);
  received_ += bytes.size();
  show_progress();
  return 0;
}

int Job::restart_body() {
  received_ = 0;
  pieced_together_ = false;
  hash_.emplace(download_);
  if (slot_) return slot_->part.restart();
  int error = 0;
  slot_ = shared_.cache.begin(error);
  return slot_ ? 0 : error;
}

void Job::forget_body() {
  slot_.reset();
  hash_.reset();
  received_ = 0;
  pieced_together_ = false;
  validator_.clear();
}

void Job::fail(core::Diagnostic diagnostic) {
  failures_.push_back(std::move(diagnostic));
  done_ = true;
  settle();
}

/// Writes the result when nothing was found: the first thing that went wrong, with the others as reasons.
void Job::settle() {
  transfer_.reset();
  forget_body();
  if (task_) shared_.progress->finish(*task_);
  task_.reset();
  if (result_.status == Status::ok) return;
  result_.status = failures_.empty() && !absences_.empty() ? Status::not_found : Status::failed;
  std::vector<core::Diagnostic> all = failures_;
  all.insert(all.end(), absences_.begin(), absences_.end());
  if (all.empty()) {
    core::Diagnostic nowhere;
    nowhere.code = "url-unsupported";
    nowhere.what = "there is no place to fetch " + name_of(download_) + " from";
    all.push_back(nowhere);
  }
  result_.failure = all.front();
  for (std::size_t i = 1; i < all.size(); ++i) {
    if (all[i] == all.front()) continue;  // offline says the same of every place
    result_.failure->why.push_back(all[i].what);
    result_.failure->why.insert(result_.failure->why.end(), all[i].why.begin(), all[i].why.end());
  }
}

void Job::show_progress() {
  if (download_.label.empty() || !shared_.progress) return;
  const std::uint64_t announced = transfer_->announced_size();
  const std::uint64_t total =
      download_.size.value_or(announced == 0 || download_.compressed ? 0 : resume_from_ + announced);
  if (!task_) task_ = shared_.progress->start(download_.label, total);
  shared_.progress->update(*task_, received_, total);
}

}  // namespace envlock::fetch
