#include "line_requirement.h"

#include <algorithm>

#include "ascii.h"
#include "envlock/core/text.h"
#include "envlock/core/url.h"
#include "marker_scanner.h"
#include "requirement_scanner.h"

namespace envlock::pypi {
namespace {

/// Where the marker of a URL or path begins, at its ";": one with white space beside it, since a URL may hold it.
std::size_t marker_of_location(std::string_view text) {
  for (std::size_t at = text.find(';'); at != std::string_view::npos; at = text.find(';', at + 1)) {
    const bool space_before = at > 0 && ascii::is_space(text[at - 1]);
    const bool space_behind = at + 1 == text.size() || ascii::is_space(text[at + 1]);
    if (space_before || space_behind) return at;
  }
  return text.size();
}

/// "./pkg[dev]": where its extras begin.
std::size_t extras_of_path(std::string_view text) {
  if (!text.ends_with(']') || core::looks_like_url(text)) return text.size();
  return std::min(text.rfind('['), text.size());
}

class LineRequirementReader {
 public:
  LineRequirementReader(const LogicalLine& line, std::size_t begin, std::size_t end, const LineFolders& folders,
                        PipRequest& request)
      : line_(line),
        text_(std::string_view(line.text()).substr(begin, end - begin)),
        begin_(begin),
        folders_(folders),
        request_(request) {}

  std::optional<core::Diagnostic> read() { return looks_like_location(text_) ? read_place() : read_named(); }

 private:
  std::optional<core::Diagnostic> read_place() {
    const std::size_t marker = marker_of_location(text_);
    if (marker < text_.size()) {
      if (auto problem = scan_marker(text_, marker + 1, request_.requirement.marker)) return bad_marker(*problem);
    }
    std::string_view place = text_.substr(0, marker);
    while (!place.empty() && ascii::is_space(place.back())) place.remove_suffix(1);
    const std::size_t extras = extras_of_path(place);
    if (extras < place.size()) {
      Requirement named;
      const std::string text = "x" + std::string(place.substr(extras));
      if (auto problem = scan_requirement(text, named)) {
        return bad_requirement({extras + problem->problem.at - 1, std::move(problem->problem.why)});
      }
      request_.requirement.extras = std::move(named.extras);
      place = place.substr(0, extras);
    }
    return location(place);
  }

  std::optional<core::Diagnostic> read_named() {
    if (auto problem = scan_requirement(text_, request_.requirement)) {
      return diagnostic(problem->code, problem->is_not, problem->problem, hint_of(*problem));
    }
    const std::string& url = request_.requirement.url;
    if (url.empty()) return std::nullopt;
    return location(text_.substr(text_.find(url, text_.find('@') + 1), url.size()));
  }

  std::optional<core::Diagnostic> location(std::string_view place) {
    const std::size_t at = begin_ + static_cast<std::size_t>(place.data() - text_.data());
    const LocationText text{place, line_.written(at, at + place.size())};
    if (auto problem = read_location(text, folders_, request_)) {
      problem->at += at - begin_;
      return bad_requirement(*problem);
    }
    return std::nullopt;
  }

  /// "numpy=1.26" is how conda writes it.
  std::string hint_of(const RequirementProblem& problem) const {
    const std::string_view rest = text_.substr(std::min(problem.problem.at, text_.size()));
    if (rest.starts_with('=') && !rest.starts_with("==")) return "pip's requirements have `==` where conda's have `=`";
    return problem.hint;
  }

  std::optional<core::Diagnostic> bad_marker(const Problem& problem) const {
    return diagnostic("invalid-marker", "has a marker that PEP 508 does not know", problem, "");
  }
  std::optional<core::Diagnostic> bad_requirement(const Problem& problem) const {
    return diagnostic("invalid-requirement", "is not a requirement that can be locked", problem, "");
  }

  core::Diagnostic diagnostic(const char* code, const char* is_not, const Problem& problem,
                              const std::string& hint) const {
    core::Diagnostic diagnostic;
    diagnostic.code = code;
    const std::string_view written = line_.written(begin_, begin_ + text_.size());
    diagnostic.what = "`" + core::printable(core::without_secrets(written), 80) + "` " + is_not;
    diagnostic.where = line_.place(begin_ + problem.at);
    diagnostic.why = {problem.why};
    if (!hint.empty()) diagnostic.hints = {hint};
    return diagnostic;
  }

  const LogicalLine& line_;
  std::string_view text_;
  std::size_t begin_;
  const LineFolders& folders_;
  PipRequest& request_;
};

}  // namespace

std::optional<core::Diagnostic> read_line_requirement(const LogicalLine& line, std::size_t begin, std::size_t end,
                                                      const LineFolders& folders, PipRequest& request) {
  return LineRequirementReader(line, begin, end, folders, request).read();
}

}  // namespace envlock::pypi
