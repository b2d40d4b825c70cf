#include "spdx_license.h"

#include <algorithm>
#include <map>

#include "envlock/core/text.h"
#include "spdx_ids.h"

namespace envlock::lock {
namespace {

using Ids = std::map<std::string, std::string_view, std::less<>>;  // lower case -> as listed

Ids ids_of(std::string_view listed) {
  Ids ids;
  for (const std::string_view id : core::split(listed, ' ')) {
    if (!id.empty()) ids.emplace(core::to_lower(id), id);
  }
  return ids;
}

bool is_reference(std::string_view token) {
  constexpr std::string_view kReference = "LicenseRef-";
  return token.starts_with(kReference) && token.size() > kReference.size() &&
         std::all_of(token.begin(), token.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
         });
}

std::vector<std::string> tokens_of(std::string_view text) {
  std::vector<std::string> tokens;
  std::string word;
  const auto end_word = [&] {
    if (!word.empty()) tokens.push_back(std::move(word));
    word.clear();
  };
  for (const char c : text) {
    if (c == '(' || c == ')' || c == ' ' || c == '\t') end_word();
    if (c == '(' || c == ')') {
      tokens.emplace_back(1, c);
    } else if (c != ' ' && c != '\t') {
      word += c;
    }
  }
  end_word();
  return tokens;
}

// expression := term (("AND" | "OR") term)*; term := "(" expression ")" | id ["+"] ["WITH" exception]
class Parser {
 public:
  explicit Parser(std::string_view text) : tokens_(tokens_of(text)) {}

  std::optional<LicenseExpression> parse() {
    if (!expression(0) || at_ != tokens_.size()) return std::nullopt;
    result_.single = tokens_.size() == 1 && result_.references.empty() && !or_later_;
    std::sort(result_.references.begin(), result_.references.end());
    const auto end = std::unique(result_.references.begin(), result_.references.end());
    result_.references.erase(end, result_.references.end());
    return std::move(result_);
  }

 private:
  static constexpr int kDeepest = 32;

  bool take(std::string_view word) {
    if (at_ == tokens_.size() || core::to_lower(tokens_[at_]) != core::to_lower(word)) return false;
    ++at_;
    return true;
  }

  bool expression(int depth) {
    if (depth > kDeepest || !term(depth)) return false;
    while (true) {
      const char* joint = take("AND") ? " AND " : take("OR") ? " OR " : nullptr;
      if (joint == nullptr) return true;
      result_.text += joint;
      if (!term(depth)) return false;
    }
  }

  bool term(int depth) {
    if (take("(")) {
      result_.text += "(";
      if (!expression(depth + 1) || !take(")")) return false;
      result_.text += ")";
      return true;
    }
    if (at_ == tokens_.size()) return false;
    const std::string& token = tokens_[at_++];
    if (is_reference(token)) {
      result_.text += token;
      result_.references.push_back(token);
      return true;
    }
    static const Ids kLicenses = ids_of(kSpdxLicenses);
    std::string id = core::to_lower(token);
    auto known = kLicenses.find(id);
    const bool or_later = known == kLicenses.end() && id.ends_with('+');
    if (or_later) known = kLicenses.find(id.substr(0, id.size() - 1));
    if (known == kLicenses.end()) return false;
    or_later_ = or_later_ || or_later;
    result_.text += std::string(known->second) + (or_later ? "+" : "");
    return !take("WITH") || exception();
  }

  bool exception() {
    static const Ids kExceptions = ids_of(kSpdxExceptions);
    const auto known = at_ == tokens_.size() ? kExceptions.end() : kExceptions.find(core::to_lower(tokens_[at_++]));
    if (known == kExceptions.end()) return false;
    result_.text += " WITH " + std::string(known->second);
    return true;
  }

  std::vector<std::string> tokens_;
  std::size_t at_ = 0;
  bool or_later_ = false;  // a "+" that is no part of an identifier
  LicenseExpression result_;
};

}  // namespace

std::optional<LicenseExpression> parse_license(std::string_view text) {
  return Parser(text).parse();
}

}  // namespace envlock::lock
