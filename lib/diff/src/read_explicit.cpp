#include <algorithm>
#include <set>
#include <utility>

#include "envlock/conda/platform.h"
#include "envlock/core/text.h"
#include "envlock/core/url.h"
#include "item_parts.h"
#include "readers.h"

// @EXPLICIT lists: one URL or path a line, with its hash behind "#". Source: CEP 23. The pip lines are conda-lock's
// own.

namespace envlock::diff {
namespace {

constexpr std::string_view kPlatformComment = "# platform:";
constexpr std::string_view kPipComment = "# pip ";
constexpr std::size_t kMostMistakes = 20;

class ExplicitReader {
 public:
  explicit ExplicitReader(const std::string& label) : label_(label) {}

  Inventory read(std::string_view text) {
    for (const std::string_view line : core::split(text, '\n')) {
      ++line_;
      read_line(core::trim(line));
    }
    if (!mistakes_.empty()) throw core::Error(std::move(mistakes_));
    // Where no comment names the platform, the packages do, unless they are of several.
    if (!conda::is_known_subdir(said_)) said_ = subdirs_.size() == 1 ? *subdirs_.begin() : std::string();
    Inventory inventory;
    inventory.kind = SourceKind::explicit_urls;
    inventory.platforms.push_back({said_, said_, {}, std::move(items_)});
    return inventory;
  }

 private:
  void read_line(std::string_view line) {
    if (line.starts_with(kPlatformComment)) said_ = core::trim(line.substr(kPlatformComment.size()));
    if (line.starts_with(kPipComment)) read_pip(line.substr(kPipComment.size()));
    if (line.empty() || line.front() == '#' || line == "@EXPLICIT") return;
    if (line.substr(0, line.find('#')).ends_with(".whl")) {
      items_.push_back(pypi_item_of_url(line));
    } else {
      read_conda(line);
    }
  }

  // "NAME @ URL#sha256=..."
  void read_pip(std::string_view line) {
    const std::size_t at = line.find(" @ ");
    if (at == std::string_view::npos) return;
    Item item = pypi_item_of_url(core::trim(line.substr(at + 3)));
    item.name = normalized_pypi_name(core::trim(line.substr(0, at)));
    items_.push_back(std::move(item));
  }

  void read_conda(std::string_view line) {
    const std::size_t hash = line.rfind('#');
    std::string subdir;
    std::optional<Item> item = conda_item_of_url(line.substr(0, hash), subdir);
    if (!item) {
      mistake(line, "this line names no conda package file",
              "a URL or path that ends in .conda or .tar.bz2 should stand here");
      return;
    }
    if (hash != std::string_view::npos) {
      std::string_view digits = line.substr(hash + 1);
      if (digits.starts_with("sha256:")) digits.remove_prefix(7);
      if (digits.starts_with("md5:")) digits.remove_prefix(4);
      item->sha256 = core::parse_sha256(digits);
      item->md5 = core::parse_md5(digits);
      if (!item->sha256 && !item->md5) {
        mistake(line, "`" + core::printable(line.substr(hash), 80) + "` is no hash",
                "32 hexadecimal digits are an md5, 64 a sha256");
        return;
      }
    }
    if (!subdir.empty() && subdir != "noarch") subdirs_.insert(subdir);
    items_.push_back(std::move(*item));
  }

  void mistake(std::string_view line, std::string what, std::string hint) {
    if (mistakes_.size() == kMostMistakes) return;
    core::SourceSpan where;
    where.file = label_;
    where.line = line_;
    where.text = core::without_secrets(line);
    mistakes_.push_back({.code = "lock-invalid",
                         .what = std::move(what),
                         .where = std::move(where),
                         .why = {},
                         .hints = {std::move(hint)}});
  }

  const std::string& label_;
  int line_ = 0;
  std::string said_;
  std::set<std::string> subdirs_;
  std::vector<Item> items_;
  std::vector<core::Diagnostic> mistakes_;
};

}  // namespace

bool is_explicit(std::string_view text) {
  for (std::size_t at = 0; (at = text.find("@EXPLICIT", at)) != std::string_view::npos; ++at) {
    const std::size_t begin = at == 0 ? 0 : text.rfind('\n', at - 1) + 1;  // npos + 1 is 0
    if (core::trim(text.substr(begin, text.find('\n', at) - begin)) == "@EXPLICIT") return true;
  }
  return false;
}

Inventory read_explicit(std::string_view text, const std::string& label) {
  return ExplicitReader(label).read(text);
}

}  // namespace envlock::diff
