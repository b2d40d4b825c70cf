#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "envlock/conda/package_record.h"
#include "envlock/core/diagnostic.h"
#include "envlock/core/digest.h"
#include "envlock/core/time.h"
#include "envlock/pypi/requirement_lines.h"

// The PyPI half of a lock: what the lines of `pip:` lists ask for, and the distributions that were chosen.

namespace envlock::lock {

/// One line of a `pip:` list as the lock keeps it. Canonical: respacing a line does not change the lock.
struct PipLine {
  enum class Kind { named, archive, vcs, directory };
  Kind kind = Kind::named;
  std::string text;  ///< canonical: "transformers[torch]>=4.40,<5 ; python_version >= \"3.9\""; "name @ URL" without
                     ///< credentials; "-e ./pkg"; hashes are in `hashes`
  std::vector<std::string> hashes;  ///< "sha256:...", sorted
  std::string category = "main";
  std::string selector;  ///< "" everywhere
  bool constraint = false;

  auto operator<=>(const PipLine&) const = default;
};

/// What steers the choice, from the lines and the command line.
struct PipOptions {
  std::vector<std::string> indexes;     ///< canonical bases in order, without credentials; {"https://pypi.org/simple"}
                                        ///< when nothing is said; empty only with no_index
  std::vector<std::string> find_links;  ///< relative folders or URLs without credentials, in order
  bool pre = false;
  bool allow_build = false;
  bool all_artifacts = false;            ///< distributions keep `others`
  std::vector<std::string> no_binary;    ///< sorted, normalized; ":all:"
  std::vector<std::string> only_binary;  ///< sorted, normalized; ":all:"
  /// conda name -> PyPI names, where --pypi-mapping says other than the table that ships. Empty vector: none.
  std::map<std::string, std::vector<std::string>> mapping;

  bool operator==(const PipOptions&) const = default;
};

/// What the `pip:` lists ask for, ready for a lock.
struct PipInput {
  PipOptions options;
  std::vector<PipLine> lines;                 ///< as written, in order
  std::vector<core::SourceSpan> places;       ///< of `lines`, one each, or empty: for messages only
  std::map<std::string, std::string> pinned;  ///< name -> base of the index that it must come from; not in the lock
};

/// A line as a lock keeps it.
PipLine canonical(const pypi::PipRequest& request, bool constraint);
/// All lines, requests before constraints, with their places.
PipInput pip_input(const pypi::PipRequests& requests, PipOptions options);

/// A file that could be installed instead, on another machine of the same platform (--all-artifacts).
struct OtherArtifact {
  std::string file;
  core::Sha256 sha256;
  std::optional<std::uint64_t> size;

  bool operator==(const OtherArtifact&) const = default;
};

/// A distribution chosen for one or more platforms.
struct LockedDistribution {
  enum class Source {
    index,       ///< `index` and `file`
    find_links,  ///< `file`, and `url` (relative path or URL)
    archive,     ///< `url`: asked for by URL or path
    vcs,         ///< `url` (of the repository, without "git+"), `commit`, `subdirectory`: pinned, not hashed
    directory,   ///< `url` is a path relative to the lock; local, not hashed; `editable`
    built,       ///< an sdist (`index`, `file`, `sha256` are the sdist's) and the wheel made of it here (`built_*`)
  };
  Source source = Source::index;
  std::string name;     ///< normalized
  std::string version;  ///< normal form of PEP 440, local label included
  std::string index;    ///< canonical base
  std::string file;     ///< "numpy-2.1.3-cp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64.whl"
  std::string url;      ///< absolute, canonical and without credentials, or relative to the index (whose base counts as
                        ///< a folder) or to the lock; see canonical_file_url
  std::optional<core::Sha256> sha256;  ///< absent for vcs and directory only
  bool sha256_computed = false;        ///< the index had none; we hashed the file
  std::optional<std::uint64_t> size;
  std::optional<core::Milliseconds> upload_time;
  bool yanked = false;  ///< it was when it was chosen: without a pin it counts no more
  std::string requires_python;
  std::vector<std::string> requires_dist;  ///< as the metadata has them, in its order
  std::vector<std::string> provides_extra;
  std::string license;
  std::string commit;
  std::string subdirectory;
  bool editable = false;
  std::string built_file;
  std::optional<core::Sha256> built_sha256;
  std::vector<OtherArtifact> others;  ///< sorted by file

  bool operator==(const LockedDistribution&) const = default;
};

/// A distribution on a platform.
struct PlatformDistribution {
  std::size_t distribution = 0;         ///< index into Lock::distributions
  std::vector<std::string> extras;      ///< those that are asked for, sorted
  std::vector<std::string> categories;  ///< sorted

  bool operator==(const PlatformDistribution&) const = default;
};

/// What the PyPI half chose on a platform: the distribution, and the extras that are asked for. `make` finds the extras
/// out by itself.
struct PickedDistribution {
  LockedDistribution distribution;
  std::vector<std::string> extras;
};

/// What an extra of a distribution adds that the conda part brings: conda knows no extras, so it was asked of an index.
struct ProvidedExtra {
  std::string name;     ///< normalized
  std::string version;  ///< that conda brings: of another version it would have to be asked anew
  std::string extra;
  std::vector<std::string> requires_dist;  ///< those that count with the extra

  auto operator<=>(const ProvidedExtra&) const = default;
};

/// A distribution that the conda part brings (a fact of the pip solve).
struct ProvidedDistribution {
  std::string name;     ///< normalized, of PyPI
  std::string version;  ///< as the conda record has it
  std::string conda_name;

  auto operator<=>(const ProvidedDistribution&) const = default;
};
/// Which PyPI distributions conda packages are: by the table `mapping`, else by the table that ships, else the
/// package's own name when the record depends on python. `python` itself is none. Order: by name; one of each (of two
/// packages that bring one distribution, the first by conda name).
std::vector<ProvidedDistribution> provided_distributions(
    const std::vector<conda::PackageRecord>& records, const std::map<std::string, std::vector<std::string>>& mapping);

/// A URL as a lock may hold it: without password, and without user, unless it is one of ssh, which asks for one.
std::string without_login(std::string_view url);

/// What of a file's URL enters a lock, so that a mirror does not change its bytes: without credentials, query and
/// fragment; a file of PyPI ("…/packages/ab/cd/<60 hex>/FILE", however it was reached) at files.pythonhosted.org when
/// `index` is PyPI; below `index`, or below the folder that it lies in, relative to `index` ("numpy/x.whl",
/// "../packages/x.whl"). `mirrors`: other bases that the index was reached by; what lies below one is relative too.
std::string canonical_file_url(std::string_view index, std::string_view url,
                               const std::vector<std::string>& mirrors = {});
/// The way back: where to fetch from. `index` is the canonical base, or one of a mirror.
std::string file_url_at(std::string_view index, std::string_view canonical);

}  // namespace envlock::lock
