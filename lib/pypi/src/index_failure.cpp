#include "index_failure.h"

#include "envlock/core/text.h"
#include "envlock/core/url.h"

namespace envlock::pypi {
namespace {

std::vector<std::string> hints_for(const core::Diagnostic& cause) {
  if (cause.code == "authentication-needed" || cause.code == "access-denied") {
    return {"put the credentials into ~/.netrc: `machine HOST login USER password PASSWORD`",
            "or set ENVLOCK_INDEX_HOST_USERNAME and ENVLOCK_INDEX_HOST_PASSWORD, HOST in upper case with `_` for `.` "
            "and `-`",
            "or put `${USER}`, a colon, `${PASSWORD}` and `@` in front of the host in the index's address"};
  }
  if (cause.code == "http-error") {
    return {"the server is busy or broken: try again later, or give another index with `--index-url`"};
  }
  if (cause.code == "redirect-refused" || cause.code == "url-unsupported" || cause.code == "download-too-large") {
    return {"check that the index's address is that of its simple index: it often ends in /simple"};
  }
  return cause.hints;
}

}  // namespace

std::string shown_host(const std::string& url) {
  const std::optional<core::Url> parsed = core::parse_url(url);
  if (!parsed || parsed->host.empty()) return "`" + core::printable(core::without_secrets(url), 200) + "`";
  return "`" + core::printable(parsed->host, 200) + "`";
}

core::Diagnostic index_failure(const fetch::Fetched& fetched, const std::string& wanted, const std::string& host) {
  core::Diagnostic cause;
  if (fetched.failure) cause = *fetched.failure;
  core::Diagnostic found;
  if (cause.code == "cache-miss") {
    found.code = "offline-miss";
    found.what = wanted + " is not in the cache, and the network may not be used";
    found.why = cause.why;
    found.hints = {"run once without `--offline`, or give `--cache DIR`"};
    return found;
  }
  if (cause.code == "hash-mismatch" || cause.code == "size-mismatch") {
    found = cause;
    found.code = "hash-mismatch";
    found.what = wanted + " is not what the index says it is";
    found.hints = {"do not use the file; the index or a mirror of it is out of step: try again later, or elsewhere"};
    return found;
  }
  found.code = "index-unreachable";
  found.what = shown_host(host) + " did not give " + wanted;
  if (!cause.what.empty()) found.why.push_back(cause.what);
  found.why.insert(found.why.end(), cause.why.begin(), cause.why.end());
  found.hints = hints_for(cause);
  return found;
}

core::Diagnostic metadata_failure(const std::string& file, std::string why) {
  core::Diagnostic found;
  found.code = "metadata-unavailable";
  found.what = "what `" + core::printable(file, 200) + "` needs cannot be read";
  found.why = {std::move(why)};
  found.hints = {"the file is broken: ask for another version, and tell those who published it"};
  return found;
}

}  // namespace envlock::pypi
