#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "envlock/core/diagnostic.h"
#include "envlock/core/digest.h"
#include "envlock/pypi/requirement.h"

namespace envlock::pypi {

/// A line that asks for a distribution.
struct PipRequest {
  enum class Kind {
    named,      ///< "numpy>=1.26": from an index
    archive,    ///< "name @ https://.../x.whl", or the URL or path of a wheel or sdist alone
    vcs,        ///< "git+https://...@rev#egg=name&subdirectory=x", "name @ git+..."
    directory,  ///< "./pkg", "-e .", "name @ file:///..."
  };
  Kind kind = Kind::named;
  Requirement requirement;  ///< `name` is "" where the line does not tell it (a path, a URL without a name); `url` only
                            ///< of "name @ URL"
  std::string location;     ///< archive: URL or absolute path; vcs: repository URL; directory: absolute path. May hold
                            ///< credentials
  std::string written_location;  ///< for the lock: relative paths, and those with a `${VARIABLE}`, as seen from
                                 ///< environment.yml; without credentials; with the values of variables
  std::string revision;          ///< vcs: "main", "v1.2", a commit; "" not said
  std::string subdirectory;      ///< of "#subdirectory="
  bool editable = false;
  std::vector<core::Sha256> hashes;  ///< of "--hash=sha256:..." or "#sha256=", sorted; empty: any
  std::string text;                  ///< as written, without comment, credentials masked
  std::string category = "main";
  std::string selector;  ///< canonical platform selector of environment.yml; "" everywhere
  core::SourceSpan where;

  bool operator==(const PipRequest&) const = default;
};

/// What the lines of all `pip:` lists and the files they include ask for.
struct PipRequests {
  std::vector<PipRequest> requests;           ///< in order
  std::vector<PipRequest> constraints;        ///< of -c files: bound a name, ask for nothing
  std::optional<std::string> index_url;       ///< --index-url, -i; may hold credentials
  std::vector<std::string> extra_index_urls;  ///< in order
  std::vector<std::string> find_links;        ///< URLs or absolute paths
  bool no_index = false;
  bool pre = false;
  bool require_hashes = false;
  std::vector<std::string> no_binary;    ///< normalized names, or ":all:"
  std::vector<std::string> only_binary;  ///< likewise
  std::vector<std::string> trusted_hosts;
};

/// One line of a `pip:` list as environment.yml has it.
struct PipSourceLine {
  std::string text;
  std::string category = "main";
  std::string selector;
  core::SourceSpan where;
};

/// Reads the lines as pip's requirements files are read: comments, "\" continuations in files, `-r`, `-c`, options,
/// `${VAR}` (an unset variable is a mistake), per-line `--hash`. `folder`: where relative paths of `pip:` lines start
/// (environment.yml's); those of an included file start at that file's folder. -r and -c take files only, not URLs.
/// Options that steer how pip installs (--no-deps, --config-settings, --global-option, ...) are refused by name, with
/// the reason; unknown ones too, with "did you mean".
/// Throws: core::Error with all mistakes at once, each with its place: "invalid-requirement", "invalid-specifier",
/// "invalid-marker", "pip-option-unknown", "pip-option-unsupported", "pip-file-missing", "pip-file-loop",
/// "pip-variable-unset", "invalid-hash".
PipRequests read_requirement_lines(const std::vector<PipSourceLine>& lines, const std::filesystem::path& folder,
                                   core::Notes& notes);

}  // namespace envlock::pypi
