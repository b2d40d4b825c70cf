#include <re2/re2.h>

#include <algorithm>
#include <compare>

#include "envlock/conda/match_spec.h"
#include "envlock/core/text.h"
#include "spec_failure.h"
#include "string_pattern.h"

namespace envlock::conda {
namespace {

using Pattern = StringSpec::Pattern;

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

bool is_number(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::string_view without_leading_zeros(std::string_view digits) {
  while (digits.size() > 1 && digits.front() == '0') digits.remove_prefix(1);
  return digits;
}

std::strong_ordering compare_numbers(std::string_view left, std::string_view right) {
  left = without_leading_zeros(left);
  right = without_leading_zeros(right);
  if (left.size() != right.size()) return left.size() <=> right.size();
  return left.compare(right) <=> 0;
}

/// ">6" as a comparison; absent when `text` is none.
std::optional<Pattern> parse_comparison(std::string_view text) {
  struct Operator {
    std::string_view text;
    Pattern::Comparison comparison;
  };
  static constexpr Operator kOperators[] = {
      {"==", Pattern::Comparison::equal},      {"!=", Pattern::Comparison::not_equal},
      {"<=", Pattern::Comparison::less_equal}, {">=", Pattern::Comparison::greater_equal},
      {"<", Pattern::Comparison::less},        {">", Pattern::Comparison::greater},
      {"=", Pattern::Comparison::equal},
  };
  for (const Operator& candidate : kOperators) {
    if (!text.starts_with(candidate.text)) continue;
    const std::string_view number = core::trim(text.substr(candidate.text.size()));
    if (!is_number(number)) return std::nullopt;
    Pattern pattern;
    pattern.kind = Pattern::Kind::compare;
    pattern.comparison = candidate.comparison;
    pattern.digits = without_leading_zeros(number);
    return pattern;
  }
  return std::nullopt;
}

std::string_view symbol(Pattern::Comparison comparison) {
  switch (comparison) {
    case Pattern::Comparison::equal:
      return "=";
    case Pattern::Comparison::not_equal:
      return "!=";
    case Pattern::Comparison::less:
      return "<";
    case Pattern::Comparison::less_equal:
      return "<=";
    case Pattern::Comparison::greater:
      return ">";
    case Pattern::Comparison::greater_equal:
      return ">=";
  }
  return "";
}

}  // namespace

bool equal_ignoring_case(std::string_view lower_text, std::string_view text) {
  if (lower_text.size() != text.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (lower_text[i] != lower(text[i])) return false;
  }
  return true;
}

bool glob_matches(std::string_view glob, std::string_view text) {
  // The usual two-pointer walk: on a mismatch go back to the last "*" and let it take one character more.
  std::size_t g = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;
  std::size_t resume = 0;
  while (t < text.size()) {
    if (g < glob.size() && glob[g] == '*') {
      star = g++;
      resume = t;
    } else if (g < glob.size() && glob[g] == lower(text[t])) {
      ++g;
      ++t;
    } else if (star != std::string_view::npos) {
      g = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (g < glob.size() && glob[g] == '*') ++g;
  return g == glob.size();
}

bool is_regular_expression(std::string_view text) {
  return text.size() >= 2 && text.front() == '^' && text.back() == '$';
}

std::shared_ptr<const re2::RE2> compile(std::string_view expression) {
  re2::RE2::Options options(re2::RE2::Quiet);
  options.set_case_sensitive(false);
  options.set_max_mem(1 << 20);
  auto compiled = std::make_shared<const re2::RE2>(re2::StringPiece(expression.data(), expression.size()), options);
  if (!compiled->ok()) {
    fail_at(0, expression.size(), "the regular expression is refused: " + core::printable(compiled->error()),
            {"look-around and back-references are not supported: they cannot be matched in linear time"});
  }
  return compiled;
}

bool search(const re2::RE2& expression, std::string_view text) {
  return re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), expression);
}

StringSpec StringSpec::parse(std::string_view text) {
  text = core::trim(text);
  try {
    check_plain_text(text);
    if (text.empty()) fail_at(0, 1, "it is empty");
    StringSpec spec;
    if (is_regular_expression(text)) {
      auto pattern = std::make_shared<Pattern>();
      pattern->kind = Pattern::Kind::regular_expression;
      pattern->expression = compile(text);
      spec.text_ = text;
      spec.pattern_ = std::move(pattern);
      return spec;
    }
    if (text.front() == '^' || (text.back() == '$' && text.size() > 1)) {
      fail_at(0, text.size(), "a regular expression begins with `^` and ends with `$`");
    }
    if (auto comparison = parse_comparison(text)) {
      if (comparison->comparison == Pattern::Comparison::equal) {
        spec.text_ = comparison->digits;
        return spec;
      }
      spec.text_ = std::string(symbol(comparison->comparison)) + comparison->digits;
      spec.pattern_ = std::make_shared<const Pattern>(*std::move(comparison));
      return spec;
    }
    spec.text_ = core::to_lower(text);
    if (text.find('*') != std::string_view::npos) {
      // Several stars in a row are one.
      spec.text_.erase(
          std::unique(spec.text_.begin(), spec.text_.end(), [](char a, char b) { return a == '*' && b == '*'; }),
          spec.text_.end());
      static const auto glob = [] {
        auto pattern = std::make_shared<Pattern>();
        pattern->kind = Pattern::Kind::glob;
        return std::shared_ptr<const Pattern>(std::move(pattern));
      }();
      spec.pattern_ = glob;
    }
    return spec;
  } catch (const SpecFailure& failure) {
    throw core::Error(diagnostic_of(failure, "invalid-pattern", "text, a glob or a regular expression", text));
  }
}

bool StringSpec::matches(std::string_view text) const {
  if (!pattern_) return equal_ignoring_case(text_, text);
  switch (pattern_->kind) {
    case Pattern::Kind::glob:
      return glob_matches(text_, text);
    case Pattern::Kind::regular_expression:
      return search(*pattern_->expression, text);
    case Pattern::Kind::compare:
      break;
  }
  if (!is_number(text)) return pattern_->comparison == Pattern::Comparison::not_equal;
  const auto order = compare_numbers(text, pattern_->digits);
  switch (pattern_->comparison) {
    case Pattern::Comparison::equal:
      return order == 0;
    case Pattern::Comparison::not_equal:
      return order != 0;
    case Pattern::Comparison::less:
      return order < 0;
    case Pattern::Comparison::less_equal:
      return order <= 0;
    case Pattern::Comparison::greater:
      return order > 0;
    case Pattern::Comparison::greater_equal:
      return order >= 0;
  }
  return false;
}

std::optional<std::string> StringSpec::exact() const {
  if (pattern_) return std::nullopt;
  return text_;
}

}  // namespace envlock::conda
