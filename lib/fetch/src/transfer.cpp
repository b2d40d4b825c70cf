#include "transfer.h"

#include <filesystem>
#include <new>

#include "curl_library.h"
#include "envlock/core/text.h"
#include "envlock/core/url.h"
#include "proxy.h"

namespace envlock::fetch {
namespace {

/// An error page of this size is read to its end, so that the connection can be used again.
constexpr std::uint64_t kLargestErrorPage = 256 << 10;

template <typename Value>
void set(CURL* handle, CURLoption option, Value value) {
  (void)curl().easy_setopt(handle, option, value);
}

}  // namespace

std::string link_base(const std::string& url) {
  const std::string plain = core::strip_credentials(url);
  return plain.substr(0, plain.find_first_of("?#"));
}

Transfer::Transfer(const Query& query, const NetworkOptions& options, Sink sink)
    : query_(query),
      sink_(std::move(sink)),
      handle_(curl().easy_init()),
      stall_timeout_(options.stall_timeout_seconds),
      last_byte_(std::chrono::steady_clock::now()) {
  if (handle_ == nullptr) throw std::bad_alloc();
  set(handle_, CURLOPT_URL, query_.url.c_str());
  set(handle_, CURLOPT_NOSIGNAL, 1L);
  set(handle_, CURLOPT_ERRORBUFFER, error_text_);
  set(handle_, CURLOPT_HEADERFUNCTION, &Transfer::on_header);
  set(handle_, CURLOPT_HEADERDATA, this);
  set(handle_, CURLOPT_WRITEFUNCTION, &Transfer::on_body);
  set(handle_, CURLOPT_WRITEDATA, this);
  set(handle_, CURLOPT_BUFFERSIZE, 256L << 10);
  set_network(options);
  set_headers();
}

void Transfer::set_network(const NetworkOptions& options) {
  const std::optional<core::Url> url = core::parse_url(query_.url);
  const bool https = url && url->scheme == "https";
  set(handle_, CURLOPT_PROTOCOLS_STR, "http,https");
  set(handle_, CURLOPT_FOLLOWLOCATION, 1L);
  set(handle_, CURLOPT_MAXREDIRS, 10L);
  set(handle_, CURLOPT_REDIR_PROTOCOLS_STR, https ? "https" : "http,https");
  set(handle_, CURLOPT_UNRESTRICTED_AUTH, 0L);
  set(handle_, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
  set(handle_, CURLOPT_PIPEWAIT, 1L);
  set(handle_, CURLOPT_USERAGENT, options.user_agent.c_str());
  set(handle_, CURLOPT_CONNECTTIMEOUT, static_cast<long>(options.connect_timeout_seconds));
  // libcurl's own limit looks at an average, which after a fast start takes long to fall.
  set(handle_, CURLOPT_NOPROGRESS, 0L);
  set(handle_, CURLOPT_XFERINFOFUNCTION, &Transfer::on_progress);
  set(handle_, CURLOPT_XFERINFODATA, this);
  set(handle_, CURLOPT_TCP_KEEPALIVE, 1L);
  set(handle_, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  set(handle_, CURLOPT_SSL_VERIFYPEER, options.verify_tls ? 1L : 0L);
  set(handle_, CURLOPT_SSL_VERIFYHOST, options.verify_tls ? 2L : 0L);
  if (!options.ca_bundle.empty()) {
    std::error_code ignored;
    const bool folder = std::filesystem::is_directory(options.ca_bundle, ignored);
    set(handle_, folder ? CURLOPT_CAPATH : CURLOPT_CAINFO, options.ca_bundle.c_str());
  }
  if (!options.client_certificate.empty()) set(handle_, CURLOPT_SSLCERT, options.client_certificate.c_str());
  if (!options.client_key.empty()) set(handle_, CURLOPT_SSLKEY, options.client_key.c_str());
  if (options.use_netrc) {
    set(handle_, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_OPTIONAL));
    // requests, and so conda, know this variable; libcurl of this age does not.
    if (const std::optional<std::string> file = core::environment_variable("NETRC"); file && !file->empty()) {
      set(handle_, CURLOPT_NETRC_FILE, file->c_str());
    }
  }
  std::optional<std::string> proxy = select_proxy(options.proxies, query_.url);
  // libcurl reads http_proxy in lower case only; the other way of writing it is common.
  if (!proxy && !https && !core::environment_variable("http_proxy") && !core::environment_variable("REQUEST_METHOD")) {
    proxy = core::environment_variable("HTTP_PROXY");
  }
  if (proxy) set(handle_, CURLOPT_PROXY, proxy->c_str());
}

void Transfer::set_headers() {
  const auto add = [this](const std::string& line) {
    curl_slist* longer = curl().slist_append(headers_, line.c_str());
    if (longer != nullptr) headers_ = longer;
  };
  if (!query_.etag.empty()) add("If-None-Match: " + query_.etag);
  if (!query_.last_modified.empty()) add("If-Modified-Since: " + query_.last_modified);
  if (query_.resume_from > 0) {
    set(handle_, CURLOPT_RANGE, (std::to_string(query_.resume_from) + "-").c_str());
    if (!query_.resume_validator.empty()) add("If-Range: " + query_.resume_validator);
  }
  if (!query_.range.empty()) set(handle_, CURLOPT_RANGE, query_.range.c_str());
  if (!query_.accept.empty()) add("Accept: " + query_.accept);
  if (query_.compressed) set(handle_, CURLOPT_ACCEPT_ENCODING, "");  // whatever libcurl can undo
  if (headers_ != nullptr) set(handle_, CURLOPT_HTTPHEADER, headers_);
}

Transfer::~Transfer() {
  curl().easy_cleanup(handle_);
  curl().slist_free_all(headers_);
}

std::size_t Transfer::on_header(char* data, std::size_t size, std::size_t count, void* self) {
  try {
    static_cast<Transfer*>(self)->last_byte_ = std::chrono::steady_clock::now();
    static_cast<Transfer*>(self)->response_.read_line({data, size * count});
  } catch (...) {  // libcurl is C: nothing may pass through it
    return 0;
  }
  return size * count;
}

std::size_t Transfer::on_body(char* data, std::size_t size, std::size_t count, void* self) {
  try {
    return static_cast<Transfer*>(self)->take_body({data, size * count});
  } catch (...) {
    static_cast<Transfer*>(self)->write_error_ = ENOMEM;
    return 0;
  }
}

/// Called by libcurl about once a second, and more often while bytes come.
int Transfer::on_progress(void* self_pointer, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  auto* self = static_cast<Transfer*>(self_pointer);
  const auto now = std::chrono::steady_clock::now();
  curl_off_t connected = 0;  // until then another limit holds
  curl().easy_getinfo(self->handle_, CURLINFO_PRETRANSFER_TIME_T, &connected);
  if (connected == 0) self->last_byte_ = now;
  self->stalled_ = now - self->last_byte_ > self->stall_timeout_;
  return self->stalled_ ? 1 : 0;
}

std::size_t Transfer::take_body(std::string_view bytes) {
  last_byte_ = std::chrono::steady_clock::now();
  long status = 0;
  curl().easy_getinfo(handle_, CURLINFO_RESPONSE_CODE, &status);
  if (status != 200 && status != 206) {
    discarded_ += bytes.size();
    return discarded_ > kLargestErrorPage ? 0 : bytes.size();
  }
  const std::uint64_t before = status == 206 ? query_.resume_from : 0;
  received_ += bytes.size();
  const std::uint64_t announced = announced_size();
  if (before + received_ > query_.max_bytes || (announced > 0 && before + announced > query_.max_bytes)) {
    too_large_ = true;
    return 0;
  }
  write_error_ = sink_(status, response_, bytes);
  return write_error_ == 0 ? bytes.size() : 0;
}

std::uint64_t Transfer::announced_size() const {
  curl_off_t length = -1;
  curl().easy_getinfo(handle_, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
  return length > 0 ? static_cast<std::uint64_t>(length) : 0;
}

TransferOutcome Transfer::outcome(CURLcode code) const {
  TransferOutcome outcome;
  outcome.code = stalled_ ? CURLE_OPERATION_TIMEDOUT : code;
  curl().easy_getinfo(handle_, CURLINFO_RESPONSE_CODE, &outcome.status);
  if (outcome.status == 0) {  // a proxy that refuses the tunnel answers in the server's stead
    curl().easy_getinfo(handle_, CURLINFO_HTTP_CONNECTCODE, &outcome.status);
    if (outcome.status < 400) outcome.status = 0;
  }
  char* last = nullptr;
  curl().easy_getinfo(handle_, CURLINFO_EFFECTIVE_URL, &last);
  const std::string url = last != nullptr ? std::string(last) : query_.url;
  outcome.url = core::without_secrets(url);
  outcome.final_url = link_base(url);
  outcome.asked = core::without_secrets(query_.url);
  outcome.message = stalled_ ? "nothing came for " + std::to_string(stall_timeout_.count()) + " seconds" : error_text_;
  outcome.response = response_;
  outcome.write_error = write_error_;
  outcome.too_large = too_large_;
  outcome.received = received_;
  return outcome;
}

std::optional<long> Transfer::retry_after_seconds() const {
  curl_off_t seconds = 0;
  if (curl().easy_getinfo(handle_, CURLINFO_RETRY_AFTER, &seconds) != CURLE_OK || seconds <= 0) return std::nullopt;
  return static_cast<long>(std::min<curl_off_t>(seconds, 1'000'000'000));
}

}  // namespace envlock::fetch
