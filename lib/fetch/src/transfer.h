#pragma once

#include <curl/curl.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "envlock/fetch/fetcher.h"
#include "failure.h"
#include "response.h"

namespace envlock::fetch {

/// What to ask for.
struct Query {
  std::string url;                  ///< with its credentials
  std::string etag, last_modified;  ///< of the copy we have; empty: ask unconditionally
  std::uint64_t resume_from = 0;    ///< how much of the body we have
  std::string resume_validator;     ///< the ETag or date which the rest must belong to; may be empty
  std::uint64_t max_bytes = 0;      ///< of the whole body
  std::string range;                ///< as format(ByteRange) has it; not together with resume_from
  std::string accept;
  bool compressed = false;
};

/// The URL as Fetched::final_url has it.
std::string link_base(const std::string& url);

/// One HTTP exchange over a libcurl easy handle. The body goes to `sink` only when the status says that it is one.
class Transfer {
 public:
  /// `sink(status, response, bytes)` gives 0 to go on or errno to stop.
  using Sink = std::function<int(long status, const Response& response, std::string_view bytes)>;

  Transfer(const Query& query, const NetworkOptions& options, Sink sink);
  ~Transfer();
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  CURL* handle() const { return handle_; }
  /// After libcurl reported its end.
  TransferOutcome outcome(CURLcode code) const;
  std::optional<long> retry_after_seconds() const;
  /// What the server says the body's size is, 0 when it does not.
  std::uint64_t announced_size() const;

 private:
  static std::size_t on_header(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self);
  static int on_progress(void* self, curl_off_t total, curl_off_t now, curl_off_t up_total, curl_off_t up_now);
  std::size_t take_body(std::string_view bytes);
  void set_network(const NetworkOptions& options);
  void set_headers();

  Query query_;
  Sink sink_;
  CURL* handle_;
  curl_slist* headers_ = nullptr;
  char error_text_[CURL_ERROR_SIZE] = {};
  Response response_;
  std::uint64_t received_ = 0;
  std::uint64_t discarded_ = 0;
  int write_error_ = 0;
  bool too_large_ = false;
  bool stalled_ = false;
  std::chrono::seconds stall_timeout_;
  std::chrono::steady_clock::time_point last_byte_;
};

}  // namespace envlock::fetch
