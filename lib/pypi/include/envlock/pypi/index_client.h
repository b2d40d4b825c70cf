#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "envlock/core/diagnostic.h"
#include "envlock/fetch/fetcher.h"
#include "envlock/pypi/source.h"
#include "envlock/pypi/tags.h"

namespace envlock::pypi {

inline constexpr const char* kDefaultIndex = "https://pypi.org/simple";

/// An index, and where its bytes come from.
struct IndexLocation {
  std::string base;               ///< canonical: no credentials, no final slash; what the lock says
  std::vector<std::string> urls;  ///< transport, in order: mirrors, with credentials; at least one
};
/// Of what a user wrote: a URL that may hold credentials, or the absolute path of a folder.
IndexLocation make_index_location(std::string_view url);

/// Whether some platform at hand takes a wheel.
using WheelFilter = std::function<bool(const WheelName&)>;

struct IndexSettings {
  std::vector<IndexLocation> indexes;   ///< in order
  std::vector<std::string> find_links;  ///< folders (absolute) or URLs of HTML pages, looked at beside every index
  std::map<std::string, std::string> pinned;  ///< normalized name -> base of the index it must come from
  std::int64_t max_age_seconds = 600;         ///< how long a project page counts without asking again
  std::filesystem::path cache;  ///< for parsed pages and metadata of wheels without a metadata file; empty: none
  /// Wheels that nobody could take need not be told, but for one of each version; which is half the time of reading a
  /// large page. Called from several threads. Empty: all are told.
  WheelFilter fits;
};

/// Places to fetch a file of an index from, in order: its mirrors, then `url` itself (as IndexFile has it), each with
/// the credentials that the settings or the environment have for that host. `index`: FoundProject::index.
std::vector<std::string> file_urls(const IndexSettings& settings, const std::string& index, const std::string& url);

/// A Source over simple indexes. Every index is asked for every name (unless it is pinned): the first that has it is
/// the one, the others are told in `also_on`. When one before it fails, so does the name; when one after it does, that
/// is a warning. An index without user in its URL gets those of ENVLOCK_INDEX_HOST_USERNAME and _PASSWORD, where HOST
/// is its host in upper case with "_" for all that is neither letter nor digit (or HOST_PORT), else those of ~/.netrc.
/// JSON is asked for first (PEP 691), HTML understood. Metadata: FILE.metadata where it is announced (checked against
/// its hash), else the wheel's METADATA by range requests into its zip, else (a server without ranges) the whole wheel,
/// checked against its hash; of an sdist: PKG-INFO with Metadata-Version >= 2.2 and Requires-Dist not dynamic (PEP
/// 643), else failure "sdist-needs-build". Failures: "index-unreachable", "index-page-invalid", "metadata-unavailable",
/// "metadata-disagrees" (name or version is not the file's), "hash-mismatch", "offline-miss".
std::unique_ptr<Source> make_index_client(fetch::Fetcher& fetcher, IndexSettings settings, core::Notes& notes);

/// What pip is set up with on this machine: its configuration files in pip's order, then PIP_* variables.
struct PipConfiguration {
  std::string index_url;  ///< "" not set; may hold credentials, as may the next two
  std::vector<std::string> extra_index_urls;
  std::vector<std::string> find_links;
  bool no_index = false;
  bool pre = false;
  std::string certificate;  ///< a CA bundle
  std::string client_certificate;
  std::string proxy;
  std::vector<std::string> trusted_hosts;
  std::vector<std::string> no_binary;
  std::vector<std::string> only_binary;
};
/// Reads PIP_CONFIG_FILE (os.devnull: none), XDG_CONFIG_DIRS/pip/pip.conf and /etc/pip.conf, ~/.pip/pip.conf,
/// ~/.config/pip/pip.conf, $VIRTUAL_ENV or $CONDA_PREFIX/pip.conf, then the environment. `environment` and `home` come
/// in as arguments so that tests hand in their own.
PipConfiguration read_pip_configuration(const std::map<std::string, std::string>& environment,
                                        const std::filesystem::path& home, core::Notes& notes);

}  // namespace envlock::pypi
