#include "failure.h"

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "checks.h"
#include "curl_library.h"
#include "envlock/core/text.h"
#include "envlock/core/url.h"
#include "store.h"

namespace envlock::fetch {
namespace {

core::Diagnostic make(std::string code, std::string what) {
  core::Diagnostic diagnostic;
  diagnostic.code = std::move(code);
  diagnostic.what = std::move(what);
  return diagnostic;
}

std::string host_of(const std::string& url) {
  const std::optional<core::Url> parsed = core::parse_url(url);
  return "`" + core::printable(parsed ? parsed->host : url) + "`";
}

Verdict judge_status(const TransferOutcome& outcome, const Download& download) {
  const long status = outcome.status;
  const std::string answer = "HTTP " + std::to_string(status) + " from " + core::printable(outcome.url, 400);
  const bool refused = status == 401 || (status == 403 && outcome.response.challenge);
  if (refused) {
    core::Diagnostic found =
        make("authentication-needed", host_of(outcome.url) + " wants to know who asks for " + name_of(download));
    found.why = {answer};
    found.hints = {"put the credentials into ~/.netrc: `machine HOST login USER password PASSWORD`",
                   "or name the channel as https://HOST/t/TOKEN/CHANNEL with the token of an Anaconda server",
                   "or write them into the channel of .condarc: https://${USER}:${PASSWORD}@HOST/CHANNEL"};
    return {Ending::failure, found};
  }
  if (status == 407) {
    core::Diagnostic found = make("proxy-authentication-needed", "the proxy wants to know who asks");
    found.why = {answer};
    found.hints = {"give the proxy's credentials under `proxy_servers` of .condarc: http://USER:PASSWORD@HOST:PORT"};
    return {Ending::failure, found};
  }
  if (status == 403 && !download.absent_on_forbidden) {
    core::Diagnostic found = make("access-denied", host_of(outcome.url) + " does not let us have " + name_of(download));
    found.why = {answer};
    found.hints = {"give credentials that may read it, in ~/.netrc or in the address"};
    return {Ending::failure, found};
  }
  if (status == 416 && download.range) {
    core::Diagnostic found = make("range-unsatisfiable", name_of(download) + " does not reach to the bytes asked for");
    found.why = {answer, "asked for bytes " + format(*download.range)};
    return {Ending::failure, found};
  }
  if (status == 404 || status == 410 || status == 403 || status == 501) {
    core::Diagnostic found = make("not-found", host_of(outcome.url) + " has no " + name_of(download));
    found.why = {answer};
    return {Ending::not_found, found};
  }
  core::Diagnostic found = make("http-error", host_of(outcome.url) + " could not give " + name_of(download));
  found.why = {answer};
  if (status >= 300 && status < 400) {
    found.why.push_back("a redirect without a place to go, or `not modified` to one who has no copy");
    return {status == 304 ? Ending::not_modified : Ending::failure, found};
  }
  if (status == 416) return {Ending::retry, found};  // the rest of a file that has become shorter
  if (status == 408 || status == 429 || status >= 500) {
    found.hints = {"the server is busy or broken: try again later, or name a mirror under `mirrored_channels`"};
    return {Ending::retry, found};
  }
  return {Ending::failure, found};
}

bool is_tls(CURLcode code) {
  return code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CONNECT_ERROR || code == CURLE_SSL_CERTPROBLEM ||
         code == CURLE_SSL_CIPHER || code == CURLE_SSL_CACERT_BADFILE || code == CURLE_SSL_ISSUER_ERROR ||
         code == CURLE_USE_SSL_FAILED || code == CURLE_SSL_INVALIDCERTSTATUS || code == CURLE_SSL_PINNEDPUBKEYNOTMATCH;
}

Verdict judge_transport(const TransferOutcome& outcome, const Download& download, const NetworkOptions& options) {
  const std::string said = core::printable(
      core::without_secrets(outcome.message.empty() ? curl().easy_strerror(outcome.code) : outcome.message));
  const std::string from = core::printable(outcome.url, 400);
  if (is_tls(outcome.code)) {
    core::Diagnostic found = make("tls-failure", "no trusted connection to " + host_of(outcome.url));
    found.why = {said, "asked for " + from};
    found.hints = {
        "behind a company's proxy or with a certificate authority of your own: set `ssl_verify` of "
        ".condarc to its certificate file"};
    const bool settled = outcome.code != CURLE_SSL_CONNECT_ERROR;  // a handshake cut short may be only a bad line
    return {settled ? Ending::failure : Ending::unreachable, found};
  }
  switch (outcome.code) {
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_TOO_MANY_REDIRECTS: {
      core::Diagnostic found = make("redirect-refused", host_of(outcome.asked) + " sends us where we do not go");
      found.why = {"asked for " + core::printable(outcome.asked, 400)};
      if (!outcome.response.location.empty()) {
        found.why.push_back("redirected to " + core::printable(core::without_secrets(outcome.response.location)));
      }
      found.why.push_back(outcome.code == CURLE_TOO_MANY_REDIRECTS
                              ? "more than ten redirects"
                              : "only http and https are followed, and from https never to http");
      return {Ending::failure, found};
    }
    case CURLE_URL_MALFORMAT: {
      core::Diagnostic found = make("url-unsupported", "`" + from + "` is no address that can be fetched");
      found.why = {said};
      return {Ending::failure, found};
    }
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT: {
      core::Diagnostic found = make("network-failure", "no connection to " + host_of(outcome.url));
      found.why = {said, "asked for " + from};
      found.hints = {"check the network and `proxy_servers` of .condarc, or work with `--offline` from the cache"};
      return {Ending::unreachable, found};
    }
    case CURLE_OPERATION_TIMEDOUT: {
      core::Diagnostic found = make("timed-out", host_of(outcome.url) + " does not go on with " + name_of(download));
      found.why = {said, std::to_string(outcome.received) + " bytes came from " + from};
      found.hints = {"the limits are `remote_connect_timeout_secs` (" +
                     std::to_string(options.connect_timeout_seconds) + ") and `remote_read_timeout_secs` (" +
                     std::to_string(options.stall_timeout_seconds) + ") of .condarc"};
      return {outcome.status == 0 ? Ending::unreachable : Ending::retry, found};
    }
    default: {
      core::Diagnostic found =
          make("network-failure", "the transfer of " + name_of(download) + " from " + host_of(outcome.url) + " broke");
      found.why = {said, std::to_string(outcome.received) + " bytes came from " + from};
      return {Ending::retry, found};
    }
  }
}

}  // namespace

Verdict judge(const TransferOutcome& outcome, const Download& download, const NetworkOptions& options) {
  if (outcome.too_large && outcome.status == 200 && download.range) {
    core::Diagnostic found = make("range-ignored", host_of(outcome.url) + " gives no part of " + name_of(download));
    found.why = {"asked for bytes " + format(*download.range),
                 "the whole file came instead, of more than " + std::to_string(download.max_bytes) + " bytes"};
    return {Ending::failure, found};
  }
  if (outcome.too_large) {
    const std::uint64_t size = outcome.received;
    core::Diagnostic found = make("download-too-large", name_of(download) + " is larger than it may be");
    found.why = {"at most " + std::to_string(download.size.value_or(download.max_bytes)) + " bytes are accepted",
                 std::to_string(size) + " bytes and more from " + core::printable(outcome.url, 400)};
    found.hints = {"check that the channel's address leads to a conda channel"};
    return {Ending::failure, found};
  }
  // An error's own page may be cut short or refused by us; its status says all there is to say.
  if (outcome.status >= 400) {
    return judge_status(outcome, download);
  }
  if (outcome.code != CURLE_OK) return judge_transport(outcome, download, options);
  if (outcome.status == 200 || outcome.status == 206) return {Ending::success, {}};
  return judge_status(outcome, download);
}

std::optional<core::Diagnostic> check_range(const Response& response, const Download& download) {
  const ByteRange& wanted = *download.range;
  const std::optional<Response::Range>& have = response.range;
  bool right = have.has_value();
  if (right && wanted.offset) {
    right = have->first == *wanted.offset && have->last - have->first < wanted.length;
    // fewer bytes than asked for are right only at the end of the file
    if (have->last - have->first + 1 < wanted.length) right = right && have->whole && have->last + 1 == *have->whole;
  } else if (right) {
    right = have->whole && have->last + 1 == *have->whole &&
            have->first == *have->whole - std::min(wanted.length, *have->whole);
  }
  if (right) return std::nullopt;
  core::Diagnostic found = make("range-mismatch", "other bytes of " + name_of(download) + " came than were asked for");
  found.why = {"asked for bytes " + format(wanted)};
  found.why.push_back(!have ? "the answer does not say which bytes it holds"
                            : "bytes " + std::to_string(have->first) + "-" + std::to_string(have->last) + " of " +
                                  (have->whole ? std::to_string(*have->whole) : std::string("an unknown number")));
  return found;
}

core::Diagnostic failure_of_file(const std::filesystem::path& path, int error) {
  const std::string shown = "`" + core::printable(path.string(), 400) + "`";
  if (error == ENOENT || error == ENOTDIR) return make("not-found", "there is no " + shown);
  core::Diagnostic found = make("file-unreadable", shown + " cannot be read");
  found.why = {error == EINVAL ? "it is no ordinary file" : std::generic_category().message(error)};
  return found;
}

core::Diagnostic failure_of_writing(const Download& download, int error) {
  const bool full = error == ENOSPC || error == EDQUOT || error == EFBIG;
  core::Diagnostic found = full ? make("disk-full", "no room on the disk for " + name_of(download))
                                : make("cache-unwritable", "nowhere to put " + name_of(download));
  found.why = {std::generic_category().message(error)};
  found.hints = {"free some room, or give a folder elsewhere with `--cache DIR` or ENVLOCK_CACHE_DIR"};
  return found;
}

core::Diagnostic failure_offline(const Download& download) {
  core::Diagnostic found =
      make("cache-miss", name_of(download) + " is not in the cache, and the network may not be used");
  for (const std::string& url : download.urls) {
    found.why.push_back("not fetched: " + core::printable(core::without_secrets(url), 400));
  }
  found.hints = {"run once without `--offline` (and `offline: false` in .condarc), or give `--cache DIR`"};
  return found;
}

core::Diagnostic failure_of_place(const std::string& place) {
  core::Diagnostic found = make("url-unsupported", "`" + core::printable(core::without_secrets(place), 400) +
                                                       "` is no address that can be fetched");
  found.why = {"only http://, https://, file:// and absolute paths are known"};
  return found;
}

}  // namespace envlock::fetch
