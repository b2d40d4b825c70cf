#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "envlock/core/diagnostic.h"
#include "envlock/core/digest.h"
#include "envlock/core/time.h"

namespace envlock::pypi {

/// One file of a project page of an index.
struct IndexFile {
  std::string file_name;
  std::string url;  ///< absolute, without fragment
  std::optional<core::Sha256> sha256;
  std::string requires_python;  ///< text of "requires-python"; "" none
  std::optional<std::uint64_t> size;
  std::optional<core::Milliseconds> upload_time;
  bool yanked = false;
  std::string yanked_reason;
  bool has_metadata = false;  ///< FILE.metadata is announced (PEP 658/714)
  std::optional<core::Sha256> metadata_sha256;

  bool operator==(const IndexFile&) const = default;
};

/// A project page (PEP 503 HTML, PEP 691 JSON). Order of files: as the page has them, each file name once (the first).
struct ProjectPage {
  std::string name;  ///< normalized
  std::vector<IndexFile> files;
  std::string status;  ///< PEP 792: "active", "archived", "quarantined", "deprecated"; "" not said
  std::string status_reason;

  bool operator==(const ProjectPage&) const = default;
};

/// `page_url`: where the page came from after redirects; relative links start there. `name`: the one asked for.
/// Throws: core::Error "index-page-invalid" (not JSON / not the format / another project's name / api-version 2.x).
/// A file entry that cannot be understood is left out and counted in a note "index-file-ignored".
ProjectPage parse_project_json(std::string_view bytes, std::string_view page_url, std::string_view name,
                               core::Notes& notes);
/// Honours <base href>, `data-requires-python` (HTML escapes undone), `data-yanked`, `data-core-metadata`,
/// `data-dist-info-metadata`, `#sha256=`, meta pypi:project-status.
ProjectPage parse_project_html(std::string_view bytes, std::string_view page_url, std::string_view name,
                               core::Notes& notes);

}  // namespace envlock::pypi
