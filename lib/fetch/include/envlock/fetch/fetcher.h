#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "envlock/core/diagnostic.h"
#include "envlock/core/digest.h"
#include "envlock/core/progress.h"

namespace envlock::fetch {

/// How long a cached copy counts without asking its server.
enum class Caching {
  immutable,  ///< content never changes under this name (a shard, a package): a cached copy that verifies is used as it
              ///< is
  revalidate,  ///< ask with ETag / Last-Modified, unless younger than Download::max_age_seconds
};

/// Some bytes of a file.
struct ByteRange {
  std::optional<std::uint64_t> offset;  ///< absent: the last `length` bytes, or all of a file that has no more
  std::uint64_t length = 0;

  bool operator==(const ByteRange&) const = default;
};

/// One file to have on disk.
struct Download {
  /// Places that hold the same bytes, in order of preference: http(s)://, file:// or absolute paths. May hold
  /// credentials, which reach the server and nothing else. The next is tried when one fails (not when it says 404,
  /// unless `next_on_not_found`).
  std::vector<std::string> urls;
  std::string label;                   ///< for progress and messages: "conda-forge/linux-64"
  std::optional<core::Sha256> sha256;  ///< checked while streaming; a mismatch is a failure
  std::optional<core::Md5> md5;
  std::optional<std::uint64_t> size;
  Caching caching = Caching::revalidate;
  std::int64_t max_age_seconds = 0;
  std::uint64_t max_bytes = std::uint64_t{4} << 30;
  bool next_on_not_found = true;
  /// 403 says "no such file", as object stores do. False: it says that we may not know.
  bool absent_on_forbidden = true;
  std::string accept;       ///< the Accept header: forms of one file are cached apart
  bool compressed = false;  ///< the server may compress the transfer; sizes and hashes are those of the bytes within
  /// Only these bytes; cached apart. `sha256`, `md5` and `size` do not go with it. A server that gives the whole file
  /// instead is taken at its word when that is at most `max_bytes` long (else "range-ignored"); see
  /// Fetched::range_start. Other failures: "range-unsatisfiable" (416), "range-mismatch" (other bytes than asked for).
  std::optional<ByteRange> range;
  /// Of a cached copy only the size is checked. For callers who keep what they made of a content under its key, and
  /// who check the hash themselves before they read the file.
  bool trust_cached = false;
};

enum class Status {
  ok,
  not_found,  ///< every place answered: no such file (404, 410, 403 for missing objects, 501 for shards; no such path)
  failed,     ///< could not tell; `failure` says why
};

struct Fetched {
  Status status = Status::failed;
  std::filesystem::path path;  ///< the file, valid until the cache is cleaned; for file:// the file itself, not a copy
  std::string content_key;     ///< equal keys mean equal bytes: safe as a name for things derived from the content
  std::string served_by;       ///< the URL that answered, without secrets
  bool from_cache = false;     ///< no body was transferred
  std::string content_type;    ///< "application/json": lower case, without parameters; empty: not said
  /// The URL that answered, after redirects, without credentials, query and fragment: where relative links start.
  std::string final_url;
  /// Of a range: where its bytes begin in the whole file. Absent: the file is whole, though a range was asked for.
  std::optional<std::uint64_t> range_start;
  std::uint64_t whole_size = 0;             ///< of the whole file where a range was asked for
  std::optional<core::Diagnostic> failure;  ///< unless `status` is ok
};

/// Gets files. Thread-safe.
class Fetcher {
 public:
  virtual ~Fetcher() = default;
  /// All at once, in parallel; results in the order of `downloads`. Never throws for a single download's failure.
  virtual std::vector<Fetched> fetch(const std::vector<Download>& downloads) = 0;
  Fetched fetch_one(const Download& download) { return fetch({download}).front(); }
  /// What came for this turned out to be something else (a sign-in page, say): the next fetch asks for all of it again.
  virtual void forget(const Download& download) { (void)download; }
  /// What the user should know although the work went on, such as "cache-unwritable". Ask when the work is done.
  virtual std::vector<core::Note> notes() const { return {}; }
};

/// How to reach the network; `.condarc` and the environment fill it.
struct NetworkOptions {
  bool offline = false;
  bool verify_tls = true;
  std::string ca_bundle;  ///< empty: the system's
  std::string client_certificate;
  std::string client_key;
  std::map<std::string, std::string> proxies;  ///< "http", "https", "https://host" -> proxy URL; may hold secrets
  bool use_netrc = true;
  int retries = 3;  ///< after the first try; for 408, 429, 5xx and transport errors, with back-off
  double retry_base_seconds = 0.5;
  int connect_timeout_seconds = 10;
  int stall_timeout_seconds = 30;  ///< no byte for so long is a failure
  int parallel = 24;               ///< transfers at once
  std::string user_agent = "envlock";
};

/// A Fetcher over libcurl (http, https) and the file system, with a content-addressed cache that many processes may
/// share and that a kill at any moment leaves whole. `cache` is made when it is needed; an unwritable one is a note,
/// not a failure. Redirects to anything but http(s) are refused; an https URL never goes on as http; credentials never
/// cross hosts.
std::unique_ptr<Fetcher> make_fetcher(const NetworkOptions& options, const std::filesystem::path& cache,
                                      std::shared_ptr<core::Progress> progress);

/// $ENVLOCK_CACHE_DIR, else $XDG_CACHE_HOME/envlock, else ~/.cache/envlock.
std::filesystem::path default_cache_folder();

}  // namespace envlock::fetch
