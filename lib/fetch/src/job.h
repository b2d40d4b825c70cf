#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "cache.h"
#include "checks.h"
#include "entry.h"
#include "envlock/core/progress.h"
#include "envlock/fetch/fetcher.h"
#include "transfer.h"

namespace envlock::fetch {

/// What the jobs of one fetcher share. Only one thread at a time works with it.
struct Shared {
  NetworkOptions options;
  Cache cache;
  std::shared_ptr<core::Progress> progress;
  std::set<std::string> dead_hosts;  ///< nobody answered there: other places come first
};

/// "https://host:port" of a URL, as dead_hosts names it.
std::string host_key(const std::string& url);

/// One Download on its way: which place comes next, which try it is, what has been received. Knows no event loop:
/// whoever drives it calls advance(), runs transfer() when there is one, and hands its end to take().
class Job {
 public:
  using Clock = std::chrono::steady_clock;

  Job(const Download& download, Fetched& result, Shared& shared);

  /// Goes as far as it can without the network. True: done. False: transfer() is to be run.
  bool advance();
  Transfer& transfer() { return *transfer_; }
  /// Takes the end of the transfer in. Then advance() is due again at due().
  void take(CURLcode code);
  Clock::time_point due() const { return due_; }
  /// For an exception on the way: the job ends with this.
  void fail(core::Diagnostic diagnostic);

 private:
  enum class Step { done, run, next_place };

  bool choose_place();
  Step try_place();
  Step leave_place(core::Diagnostic diagnostic, bool absent);
  bool serve_by_hash();
  void serve_copy();
  void start_transfer();
  int sink(long status, const Response& response, std::string_view bytes);
  int begin_body(long status, const Response& response);
  int restart_body();
  void forget_body();

  void take_body(const TransferOutcome& outcome);
  std::optional<core::Diagnostic> check_part(const TransferOutcome& outcome) const;
  void take_unchanged(const TransferOutcome& outcome);
  void take_write_error(int error);
  void take_fault(const Verdict& verdict, const TransferOutcome& outcome);
  bool may_repeat(const Verdict& verdict) const;
  void publish(const BodyDigests& digests, const TransferOutcome& outcome);
  void settle();
  void show_progress();
  const std::string& place() const { return download_.urls[current_]; }
  std::string key() const { return cache_key(place(), download_); }
  Check check() const { return download_.trust_cached ? Check::size : Check::hash; }

  const Download& download_;
  Fetched& result_;
  Shared& shared_;
  std::vector<bool> tried_;
  std::size_t current_ = 0;
  bool in_place_ = false;  ///< the current place is to be tried, or tried again
  bool done_ = false;
  int attempt_ = 0;                      ///< 0: the first try at this place
  std::chrono::milliseconds waited_{0};  ///< before repetitions, at all places together
  Clock::time_point due_{};
  std::vector<core::Diagnostic> failures_, absences_;

  std::optional<Copy> copy_;  ///< the copy we ask about
  std::unique_ptr<Transfer> transfer_;
  std::optional<Cache::Slot> slot_;
  std::optional<BodyHash> hash_;
  std::uint64_t received_ = 0;     ///< bytes in the slot
  std::uint64_t resume_from_ = 0;  ///< what this transfer was asked to leave out
  bool pieced_together_ = false;   ///< the slot's bytes came from more than one answer
  bool body_begun_ = false;
  std::optional<core::Diagnostic> wrong_range_;  ///< why the sink stopped
  std::string validator_;                        ///< which the slot's bytes belong to
  std::optional<int> task_;
};

}  // namespace envlock::fetch
