// PEP 503, with 592, 658/714, 629 (repository version) and 792, and the flat lists of --find-links.
#include "envlock/core/text.h"
#include "html_tokens.h"
#include "page_builder.h"
#include "percent.h"

namespace envlock::pypi {
namespace {

/// The file that a link leads to: the last part of its path.
std::string file_name_of(std::string_view link) {
  const std::string_view path = link.substr(0, link.find_first_of("?#"));
  return undo_percent(path.substr(path.rfind('/') + 1));
}

/// "sha256=HEX" alone or as one of several: "egg=x&sha256=HEX".
std::optional<core::Sha256> hash_of_fragment(std::string_view link, bool& broken) {
  const std::size_t mark = link.find('#');
  if (mark == std::string_view::npos) return std::nullopt;
  for (const std::string_view part : core::split(link.substr(mark + 1), '&')) {
    const std::size_t equals = part.find('=');
    if (equals == std::string_view::npos) continue;
    if (auto found = parse_hash(part.substr(0, equals), part.substr(equals + 1), broken)) return found;
  }
  return std::nullopt;
}

/// "true" or "sha256=HEX".
void read_metadata(const std::string& value, IndexFile& file, bool& broken) {
  if (value.empty() || value == "false") return;
  file.has_metadata = true;
  const std::size_t equals = value.find('=');
  if (equals == std::string::npos) return;
  file.metadata_sha256 =
      parse_hash(std::string_view(value).substr(0, equals), std::string_view(value).substr(equals + 1), broken);
}

void read_anchor(const HtmlTag& tag, PageBuilder& page) {
  const std::string* href = tag.find("href");
  if (href == nullptr) return;
  const std::string link(core::trim(*href));
  IndexFile file;
  file.file_name = file_name_of(link);
  if (file.file_name.empty()) return;  // a link to a folder: "../"
  bool broken = false;
  file.sha256 = hash_of_fragment(link, broken);
  if (const std::string* python = tag.find("data-requires-python")) file.requires_python = *python;
  if (const std::string* reason = tag.find("data-yanked")) {
    file.yanked = true;
    file.yanked_reason = *reason;
  }
  const std::string* metadata = tag.find("data-core-metadata");
  if (metadata == nullptr) metadata = tag.find("data-dist-info-metadata");
  if (metadata != nullptr) read_metadata(*metadata, file, broken);
  if (broken) return page.ignore(file.file_name, "its SHA-256 is none");
  page.add(std::move(file), link);
}

/// What tells an index page from any other page.
struct Signs {
  std::string version, status, reason;
  bool markup = false;       ///< there is a tag at all
  bool interactive = false;  ///< something to fill in or to run: no index has that
  std::size_t anchors = 0;
};

void read_meta(const HtmlTag& tag, Signs& signs) {
  const std::string* name = tag.find("name");
  const std::string* content = tag.find("content");
  if (name == nullptr || content == nullptr) return;
  if (*name == "pypi:repository-version") signs.version = *content;
  if (*name == "pypi:project-status") signs.status = *content;
  if (*name == "pypi:project-status-reason") signs.reason = *content;
}

Signs read_page(std::string_view bytes, PageBuilder& page) {
  Signs signs;
  bool has_base = false;
  HtmlTags tags(bytes);
  while (const std::optional<HtmlTag> tag = tags.next()) {
    signs.markup = true;
    if (tag->name == "a") {
      ++signs.anchors;
      read_anchor(*tag, page);
    } else if (tag->name == "meta") {
      read_meta(*tag, signs);
    } else if (tag->name == "base" && !has_base && tag->find("href") != nullptr) {
      has_base = true;
      page.set_base(*tag->find("href"));
    } else if (tag->name == "form" || tag->name == "input" || tag->name == "script" || tag->name == "iframe") {
      signs.interactive = true;
    }
  }
  return signs;
}

bool is_distribution(const IndexFile& file) {
  for (const std::string_view ending : {".whl", ".tar.gz", ".zip", ".tar.bz2", ".tgz", ".tar.xz", ".egg", ".exe"}) {
    const std::string& name = file.file_name;
    if (name.size() > ending.size() && name.compare(name.size() - ending.size(), ending.size(), ending) == 0) {
      return true;
    }
  }
  return false;
}

}  // namespace

ProjectPage parse_project_html(std::string_view bytes, std::string_view page_url, std::string_view name,
                               core::Notes& notes) {
  PageBuilder page(page_url, name);
  const Signs signs = read_page(bytes, page);
  if (!signs.markup && !core::trim(bytes).empty()) fail_page(page_url, name, "it is neither JSON nor HTML");
  if (!signs.version.empty() && signs.version.rfind("1.", 0) != 0) {
    fail_page(page_url, name, "its version is " + core::printable(signs.version, 40) + "; 1.x can be read");
  }
  page.set_status(signs.status, signs.reason);
  core::Notes told;
  ProjectPage found = page.finish(told);
  const std::size_t links = found.files.size();
  // Links to other things than distributions stand on many honest pages, and mean nothing.
  std::erase_if(found.files, [](const IndexFile& file) { return !is_distribution(file); });
  if (found.files.empty() && signs.version.empty() && (signs.interactive || (links > 0 && signs.anchors > 0))) {
    fail_page(page_url, name, "it is a page of HTML without a single file",
              {"is it a page to sign in? give the index's credentials in ~/.netrc, or in its address",
               "check that the index's address is that of its simple index: it often ends in /simple"});
  }
  notes.append(told);
  return found;
}

}  // namespace envlock::pypi
