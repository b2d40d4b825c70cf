#include "loop.h"

#include <algorithm>
#include <exception>
#include <new>

#include "curl_library.h"
#include "envlock/core/diagnostic.h"

namespace envlock::fetch {
namespace {

core::Diagnostic diagnostic_of(const std::exception& exception) {
  if (const auto* error = dynamic_cast<const core::Error*>(&exception)) return error->diagnostics().front();
  core::Diagnostic diagnostic;
  diagnostic.code = "network-failure";
  diagnostic.what = "the download could not go on";
  diagnostic.why = {exception.what()};
  return diagnostic;
}

}  // namespace

Loop::Loop(int parallel) : parallel_(static_cast<std::size_t>(std::clamp(parallel, 1, 256))) {}

Loop::~Loop() {
  if (multi_ == nullptr) return;
  for (const auto& [handle, job] : running_) curl().multi_remove_handle(multi_, handle);
  curl().multi_cleanup(multi_);
}

void Loop::begin() {
  CURLM* multi = curl().multi_init();
  if (multi == nullptr) throw std::bad_alloc();
  curl().multi_setopt(multi, CURLMOPT_PIPELINING, static_cast<long>(CURLPIPE_MULTIPLEX));
  curl().multi_setopt(multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, static_cast<long>(parallel_));
  curl().multi_setopt(multi, CURLMOPT_MAXCONNECTS, static_cast<long>(parallel_));
  multi_ = multi;
}

void Loop::wake() {
  woken_ = true;  // before the look at multi_, which the driving thread may be making just now
  if (CURLM* multi = multi_) curl().multi_wakeup(multi);
}

void Loop::step(const std::function<void(Job&)>& ended) {
  wake_sleepers();
  start_ready(ended);
  if (multi_ == nullptr) return;  // and so nothing runs or sleeps
  int still_running = 0;
  curl().multi_perform(multi_, &still_running);
  collect(ended);
  const bool more = !ready_.empty() && running_.size() < parallel_;
  if (!more && !woken_.exchange(false) && (!running_.empty() || !sleepers_.empty())) {
    curl().multi_poll(multi_, nullptr, 0, milliseconds_to_wait(), nullptr);
  }
}

void Loop::start_ready(const std::function<void(Job&)>& ended) {
  while (!ready_.empty() && running_.size() < parallel_) {
    Job* job = ready_.front();
    ready_.pop_front();
    try {
      if (job->advance()) {
        ended(*job);
        continue;
      }
      if (multi_ == nullptr) begin();
    } catch (const std::exception& exception) {
      job->fail(diagnostic_of(exception));
      ended(*job);
      continue;
    }
    CURL* handle = job->transfer().handle();
    running_[handle] = job;
    if (curl().multi_add_handle(multi_, handle) != CURLM_OK) {
      running_.erase(handle);
      job->fail(diagnostic_of(std::bad_alloc()));
      ended(*job);
    }
  }
}

void Loop::collect(const std::function<void(Job&)>& ended) {
  int left = 0;
  while (const CURLMsg* message = curl().multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    CURL* handle = message->easy_handle;
    const CURLcode code = message->data.result;  // the message dies with the handle's removal
    curl().multi_remove_handle(multi_, handle);
    const auto found = running_.find(handle);
    if (found == running_.end()) continue;
    Job* job = found->second;
    running_.erase(found);
    try {
      job->take(code);
    } catch (const std::exception& exception) {
      job->fail(diagnostic_of(exception));
      ended(*job);
      continue;
    }
    if (job->due() > Job::Clock::now()) {
      sleepers_.push_back({job->due(), order_++, job});
    } else {
      ready_.push_front(job);  // what is begun is finished first
    }
  }
}

void Loop::wake_sleepers() {
  const Job::Clock::time_point now = Job::Clock::now();
  std::sort(sleepers_.begin(), sleepers_.end(), [](const Sleeper& left, const Sleeper& right) {
    return left.due != right.due ? left.due < right.due : left.order < right.order;
  });
  std::size_t awake = 0;
  while (awake < sleepers_.size() && sleepers_[awake].due <= now) ready_.push_back(sleepers_[awake++].job);
  sleepers_.erase(sleepers_.begin(), sleepers_.begin() + static_cast<std::ptrdiff_t>(awake));
}

int Loop::milliseconds_to_wait() const {
  int wait = 1000;
  for (const Sleeper& sleeper : sleepers_) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(sleeper.due - Job::Clock::now()).count();
    wait = static_cast<int>(std::clamp<std::int64_t>(left, 0, wait));
  }
  return wait;
}

}  // namespace envlock::fetch
