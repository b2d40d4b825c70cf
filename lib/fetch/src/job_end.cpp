// How a job takes the end of a transfer in: publish the body, believe a 304, try again, or leave the place.
#include <algorithm>
#include <cerrno>
#include <ctime>

#include "envlock/core/text.h"
#include "envlock/core/url.h"
#include "job.h"
#include "retry.h"

namespace envlock::fetch {
namespace {

/// A weak ETag says that the bytes may differ: the rest of a body cannot be asked for with it.
std::string strong_validator(const Response& response) {
  if (!response.etag.empty() && response.etag.rfind("W/", 0) != 0) return response.etag;
  return response.last_modified;
}

std::int64_t now_seconds() {
  return static_cast<std::int64_t>(std::time(nullptr));
}

}  // namespace

void Job::take(CURLcode code) {
  const TransferOutcome outcome = transfer_->outcome(code);
  due_ = Clock::now();
  if (outcome.write_error != 0 && outcome.write_error != EPROTO) {
    take_write_error(outcome.write_error);
  } else if (wrong_range_) {
    (void)leave_place(*wrong_range_, false);
  } else {
    const Verdict verdict = judge(outcome, download_, shared_.options);
    if (verdict.ending == Ending::success) {
      shared_.dead_hosts.erase(host_key(place()));
      take_body(outcome);
    } else if (verdict.ending == Ending::not_modified && copy_ && resume_from_ == 0) {
      take_unchanged(outcome);
    } else {
      take_fault(verdict, outcome);
    }
  }
  transfer_.reset();
}

void Job::take_body(const TransferOutcome& outcome) {
  if (!body_begun_) {  // a body of no bytes
    if (const int error = restart_body()) return take_write_error(error);
  }
  const BodyDigests digests = hash_->finish();
  std::optional<core::Diagnostic> wrong = check_size(download_, received_, outcome.url);
  if (!wrong && download_.range) wrong = check_part(outcome);
  if (!wrong) wrong = check_digests(download_, digests, received_, outcome.url);
  if (!wrong) return publish(digests, outcome);
  const bool pieced_together = pieced_together_;
  forget_body();
  // Two halves of two files prove nothing against either: ask once more for the whole.
  if (pieced_together) return;
  (void)leave_place(*wrong, false);
}

/// A part that ended early is not told by its length alone: libcurl checks that only where the server gave one.
std::optional<core::Diagnostic> Job::check_part(const TransferOutcome& outcome) const {
  if (outcome.status != 206) return std::nullopt;
  const std::optional<Response::Range>& range = outcome.response.range;
  if (range && range->last - range->first + 1 == received_) return std::nullopt;
  core::Diagnostic found;
  found.code = "range-mismatch";
  found.what = "another number of bytes of " + name_of(download_) + " came than was announced";
  found.why = {std::to_string(received_) + " bytes from " + core::printable(outcome.url, 400)};
  return found;
}

void Job::publish(const BodyDigests& digests, const TransferOutcome& outcome) {
  std::filesystem::path path;
  if (const int error = shared_.cache.keep(*slot_, digests.sha256, received_, path)) return take_write_error(error);
  Entry entry;
  entry.url = core::without_secrets(place());
  entry.etag = outcome.response.etag;
  entry.last_modified = outcome.response.last_modified;
  entry.fetched_at = now_seconds();
  entry.max_age = outcome.response.max_age;
  entry.sha256 = digests.sha256;
  entry.md5 = digests.md5;
  entry.size = received_;
  entry.content_type = outcome.response.content_type;
  if (outcome.final_url != link_base(place())) entry.final_url = outcome.final_url;
  if (download_.range) {
    entry.whole_size = received_;
    if (outcome.status == 206 && outcome.response.range) {
      entry.range_start = outcome.response.range->first;
      entry.whole_size = outcome.response.range->whole.value_or(0);
    }
  }
  // What is asked for by its hash is found by its hash.
  const bool by_hash = download_.caching == Caching::immutable && download_.sha256;
  if (!by_hash) shared_.cache.remember(key(), entry);
  copy_ = Copy{std::move(entry), std::move(path)};
  serve_copy();
  result_.served_by = outcome.url;
  result_.from_cache = false;
  done_ = true;
}

void Job::take_unchanged(const TransferOutcome& outcome) {
  Entry& entry = copy_->entry;
  // Cleaned meanwhile: the next try asks for it all.
  if (!shared_.cache.body(entry.sha256, entry.size, Check::size)) return;
  entry.fetched_at = now_seconds();
  entry.max_age = outcome.response.max_age;
  if (!outcome.response.etag.empty()) entry.etag = outcome.response.etag;
  if (!outcome.response.last_modified.empty()) entry.last_modified = outcome.response.last_modified;
  shared_.cache.remember(key(), entry);
  serve_copy();
  result_.served_by = outcome.url;
  done_ = true;
}

void Job::take_write_error(int error) {
  const bool shared_was_full = slot_ && shared_.cache.give_up_shared(error);
  const bool other_store = slot_ && !shared_.cache.is_current(*slot_);
  forget_body();
  if (shared_was_full || other_store) return;  // once more, into the private store
  failures_.push_back(failure_of_writing(download_, error));
  done_ = true;
}

bool Job::may_repeat(const Verdict& verdict) const {
  if (attempt_ >= shared_.options.retries) return false;
  if (verdict.ending == Ending::retry) return true;
  // Nobody answers: waiting is for when there is no other place to go.
  return verdict.ending == Ending::unreachable && std::find(tried_.begin(), tried_.end(), false) == tried_.end();
}

void Job::take_fault(const Verdict& verdict, const TransferOutcome& outcome) {
  if (verdict.ending == Ending::unreachable) shared_.dead_hosts.insert(host_key(place()));
  if (!may_repeat(verdict)) {
    if (leave_place(verdict.diagnostic, verdict.ending == Ending::not_found) == Step::done) done_ = true;
    return;
  }
  const std::optional<long> asked = transfer_->retry_after_seconds();
  const auto wait = wait_before(attempt_ + 1, shared_.options.retry_base_seconds, asked, waited_);
  if (!wait) {
    core::Diagnostic diagnostic = verdict.diagnostic;
    diagnostic.why.push_back("it asked to wait " + std::to_string(*asked) + " seconds, which is longer than we wait");
    (void)leave_place(std::move(diagnostic), false);
    return;
  }
  if (body_begun_ && outcome.status == 200) validator_ = strong_validator(outcome.response);
  if (outcome.write_error == EPROTO || outcome.status == 416) forget_body();  // the rest cannot be had: all of it then
  ++attempt_;
  due_ = Clock::now() + *wait;
  waited_ += *wait;
}

}  // namespace envlock::fetch
