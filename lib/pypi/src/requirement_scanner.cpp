#include "requirement_scanner.h"

#include <algorithm>
#include <utility>

#include "ascii.h"
#include "envlock/pypi/name.h"
#include "marker_scanner.h"
#include "specifiers_scanner.h"

namespace envlock::pypi {
namespace {

RequirementProblem bad_requirement(std::size_t at, std::string why, const char* hint) {
  return {"invalid-requirement", "is not a requirement of PEP 508", hint, {at, std::move(why)}};
}

RequirementProblem bad_specifier(Problem problem) {
  return {"invalid-specifier", "has conditions on versions that PEP 440 does not know",
          "write clauses such as `>=1.26,<2`, `==2.5.*` or `~=4.2`", std::move(problem)};
}

RequirementProblem bad_marker(Problem problem) {
  return {"invalid-marker", "has a marker that PEP 508 does not know",
          "write a marker such as `; python_version >= \"3.9\" and sys_platform == \"linux\"`", std::move(problem)};
}

constexpr const char* kExample = "write for example `transformers[torch]>=4.40,<5`";

class RequirementScanner {
 public:
  RequirementScanner(std::string_view text, Requirement& requirement) : text_(text), requirement_(requirement) {}

  std::optional<RequirementProblem> scan() {
    skip_spaces();
    if (auto problem = name(requirement_.name, "a requirement begins with the name of a project")) return problem;
    skip_spaces();
    if (auto problem = extras()) return problem;
    skip_spaces();
    const bool is_url = at_ < text_.size() && text_[at_] == '@';
    if (auto problem = is_url ? url() : specifiers()) return problem;
    if (at_ == text_.size()) return std::nullopt;
    // Only a ";" ends what stands before.
    ++at_;
    if (auto problem = scan_marker(text_, at_, requirement_.marker)) return bad_marker(std::move(*problem));
    return std::nullopt;
  }

 private:
  void skip_spaces() {
    while (at_ < text_.size() && ascii::is_space(text_[at_])) ++at_;
  }

  std::optional<RequirementProblem> name(std::string& normalized, const char* what_was_wanted) {
    const std::size_t begin = at_;
    const auto is_part = [](char c) { return ascii::is_alphanumeric(c) || c == '.' || c == '-' || c == '_'; };
    while (at_ < text_.size() && is_part(text_[at_])) ++at_;
    const std::string_view name = text_.substr(begin, at_ - begin);
    if (name.empty()) return bad_requirement(at_, what_was_wanted, kExample);
    if (!ascii::is_alphanumeric(name.front())) {
      return bad_requirement(begin, "a name begins with a letter or a digit", kExample);
    }
    if (!ascii::is_alphanumeric(name.back())) {
      return bad_requirement(at_ - 1, "a name ends with a letter or a digit", kExample);
    }
    normalized = normalize_name(name);
    return std::nullopt;
  }

  /// "[torch, vision]", also empty.
  std::optional<RequirementProblem> extras() {
    std::vector<std::string>& extras = requirement_.extras;
    if (at_ == text_.size() || text_[at_] != '[') return std::nullopt;
    const std::size_t begin = at_++;
    skip_spaces();
    while (at_ < text_.size() && text_[at_] != ']') {
      if (auto problem = name(extras.emplace_back(), "want the name of an extra")) return problem;
      skip_spaces();
      if (at_ == text_.size() || text_[at_] == ']') break;
      if (text_[at_] != ',') return bad_requirement(at_, "want `,` between extras, or `]`", kExample);
      ++at_;
      skip_spaces();
      if (at_ < text_.size() && text_[at_] == ']') return bad_requirement(at_, "want the name of an extra", kExample);
    }
    if (at_ == text_.size()) return bad_requirement(begin, "this `[` has no `]`", kExample);
    ++at_;
    std::sort(extras.begin(), extras.end());
    extras.erase(std::unique(extras.begin(), extras.end()), extras.end());
    return std::nullopt;
  }

  std::optional<RequirementProblem> url() {
    ++at_;
    skip_spaces();
    const std::size_t begin = at_;
    while (at_ < text_.size() && !ascii::is_space(text_[at_])) ++at_;
    requirement_.url = text_.substr(begin, at_ - begin);
    if (requirement_.url.empty())
      return bad_requirement(begin, "behind `@` stands a URL", "write `NAME @ https://...`");
    skip_spaces();
    if (at_ == text_.size() || text_[at_] == ';') return std::nullopt;
    const bool ends_in_semicolon = requirement_.url.ends_with(';');
    return bad_requirement(at_, "behind a URL stands white space and `;` before a marker, or nothing",
                           ends_in_semicolon ? "put a space before the `;`: it may be part of a URL" : "");
  }

  std::optional<RequirementProblem> specifiers() {
    const std::size_t end = std::min(text_.find(';', at_), text_.size());
    const std::string_view clauses = text_.substr(at_, end - at_);
    if (auto problem = scan_specifiers(clauses, requirement_.specifiers)) {
      // What is not even meant as a clause is told in the words of a requirement.
      const bool looks_like_clause =
          !clauses.empty() && std::string_view("(<>=!~").find(clauses.front()) != std::string_view::npos;
      problem->at += at_;
      if (!looks_like_clause) return bad_requirement(problem->at, what_follows_a_name(clauses), kExample);
      return bad_specifier(std::move(*problem));
    }
    at_ = end;
    return std::nullopt;
  }

  static std::string what_follows_a_name(std::string_view rest) {
    if (rest.starts_with('#')) return "white space stands before the `#` of a comment";
    return "behind the name stand `[`extras`]`, conditions on versions, `@` and a URL, or `;` and a marker";
  }

  std::string_view text_;
  Requirement& requirement_;
  std::size_t at_ = 0;
};

}  // namespace

std::optional<RequirementProblem> scan_requirement(std::string_view text, Requirement& requirement) {
  requirement = Requirement();
  return RequirementScanner(text, requirement).scan();
}

}  // namespace envlock::pypi
