#include <algorithm>
#include <array>
#include <span>

#include "envlock/conda/match_spec.h"
#include "envlock/core/text.h"
#include "spec_failure.h"
#include "version_literal.h"
#include "version_node.h"

namespace envlock::conda {
namespace {

using Node = VersionSpec::Node;
using Clause = VersionSpec::Node::Clause;
using Kind = VersionSpec::Node::Kind;

// Deeper nesting than any person writes; it bounds the recursion.
constexpr int kMaxDepth = 40;

bool is_operator(char c) {
  return c == '=' || c == '<' || c == '>' || c == '!' || c == '~';
}
bool is_space(char c) {
  return c == ' ' || c == '\t';
}

bool is_glob_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
         c == '-' || c == '+' || c == '!' || c == '*';
}

struct Operator {
  std::string_view text;
  Kind kind;
};
constexpr std::array<Operator, 9> kOperators = {{{"===", Kind::equal},
                                                 {"==", Kind::equal},
                                                 {"!=", Kind::not_equal},
                                                 {"<=", Kind::less_equal},
                                                 {">=", Kind::greater_equal},
                                                 {"~=", Kind::compatible},
                                                 {"<", Kind::less},
                                                 {">", Kind::greater},
                                                 {"=", Kind::starts_with}}};

class Parser {
 public:
  Parser(std::string_view text, std::size_t offset) : text_(text), offset_(offset) {}

  Node run() {
    node_.clauses.reserve(4);
    node_.words.reserve(24);
    join('|', Kind::any_of, 0);
    skip_spaces();
    if (at_ != text_.size()) fail(at_, 1, "a parenthesis is closed that was never opened");
    return std::move(node_);
  }
  const char* leniency() const { return leniency_; }

 private:
  [[noreturn]] void fail(std::size_t at, std::size_t length, std::string why, std::vector<std::string> hints = {}) {
    fail_at(offset_ + at, length, std::move(why), std::move(hints));
  }
  void skip_spaces() {
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
  }
  bool take(char c) {
    skip_spaces();
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  /// The terms between `separator`s; "," binds tighter than "|".
  void join(char separator, Kind kind, int depth) {
    const auto term = [&] {
      if (kind == Kind::any_of) {
        join(',', Kind::all_of, depth);
      } else {
        primary(depth);
      }
    };
    std::vector<Clause>& clauses = node_.clauses;
    const std::size_t first = clauses.size();
    term();
    if (!take(separator)) return;
    if (clauses[first].kind != kind) clauses.insert(clauses.begin() + static_cast<std::ptrdiff_t>(first), Clause{kind});
    do {
      const std::size_t next = clauses.size();
      term();
      // (a|b)|c is a|b|c.
      if (clauses[next].kind == kind) clauses.erase(clauses.begin() + static_cast<std::ptrdiff_t>(next));
    } while (take(separator));
    clauses[first].size = static_cast<std::uint32_t>(clauses.size() - first);
  }

  void primary(int depth) {
    if (take('(')) {
      if (depth == kMaxDepth) fail(at_ - 1, 1, "parentheses are nested too deeply");
      const std::size_t open = at_ - 1;
      join('|', Kind::any_of, depth + 1);
      if (!take(')')) fail(open, 1, "this parenthesis is not closed");
      return;
    }
    skip_spaces();
    const std::size_t first = at_;
    if (at_ < text_.size() && text_[at_] == '^') {
      at_ = text_.find('$', at_);
      if (at_ == std::string_view::npos) fail(first, 1, "a regular expression begins with `^` and ends with `$`");
      ++at_;
    } else {
      while (at_ < text_.size() && text_[at_] != ',' && text_[at_] != '|' && text_[at_] != '(' && text_[at_] != ')') {
        ++at_;
      }
    }
    std::size_t last = at_;
    while (last > first && is_space(text_[last - 1])) --last;
    if (first == last) fail(first, 1, "a version is missing here");
    clause(first, last);
  }

  /// Spaces do no harm beside an operator; between two words they would join what was meant to be two things.
  std::string_view without_spaces(std::size_t first, std::size_t last) {
    const std::string_view written = text_.substr(first, last - first);
    if (written.find_first_of(" \t") == std::string_view::npos) return written;
    leniency_ = "spaces stand within the version";
    buffer_.clear();
    for (std::size_t i = 0; i < written.size(); ++i) {
      if (!is_space(written[i])) {
        buffer_ += written[i];
        continue;
      }
      std::size_t next = i;
      while (is_space(written[next])) ++next;
      if (!is_operator(buffer_.back()) && !is_operator(written[next])) {
        fail(first + i, 1, "a space stands inside a version");
      }
      i = next - 1;
    }
    return buffer_;
  }

  void clause(std::size_t first, std::size_t last) {
    const std::string_view text = without_spaces(first, last);
    Clause clause;
    if (text.front() == '^') {
      if (!is_regular_expression(text)) fail(first, 1, "a regular expression begins with `^` and ends with `$`");
      try {
        node_.expressions.push_back(compile(text));
      } catch (SpecFailure& failure) {
        failure.offset = offset_ + first;
        throw;
      }
      clause.kind = Kind::regular_expression;
      clause.expression = static_cast<std::uint32_t>(node_.expressions.size() - 1);
      set_literal(clause, text, false);
      node_.clauses.push_back(clause);
      return;
    }
    std::string_view literal = text;
    clause.kind = Kind::equal;
    for (const Operator& candidate : kOperators) {
      if (!text.starts_with(candidate.text)) continue;
      clause.kind = candidate.kind;
      literal.remove_prefix(candidate.text.size());
      if (candidate.text == "===") leniency_ = "`===` is not an operator of conda; `==` is";
      break;
    }
    if (literal.empty()) fail(first, last - first, "an operator without a version");
    const std::size_t star = literal.find('*');
    if (star != std::string_view::npos && !take_star(clause, literal, first, last)) {
      node_.clauses.push_back(clause);
      return;
    }
    set_literal(clause, literal, true);
    if (!set_words(clause.version, node_.literal(clause))) {
      std::vector<std::string> hints;
      const std::size_t odd = literal.find_first_of("=<>~");
      if (odd == 0) {
        hints = {"the operators are `==`, `!=`, `<`, `<=`, `>`, `>=`, `~=` and `=`"};
      } else if (odd != std::string_view::npos) {
        hints = {"separate two conditions with `,`: `>=1.0,<2`"};
      }
      fail(first, last - first, "`" + core::printable(literal, 80) + "` is not a version", std::move(hints));
    }
    if (clause.kind == Kind::compatible) set_words(clause.stem, without_last_part(node_.literal(clause)));
    node_.clauses.push_back(clause);
  }

  /// What a "*" in `literal` makes of the clause. True when `literal` is left as a version that is still to be read.
  bool take_star(Clause& clause, std::string_view& literal, std::size_t first, std::size_t last) {
    const bool equals = clause.kind == Kind::equal || clause.kind == Kind::starts_with;
    std::string_view stem = literal;
    while (stem.ends_with('*')) stem.remove_suffix(1);
    if (stem.empty()) {
      if (!equals && clause.kind != Kind::greater_equal) fail(first, last - first, "`*` takes no operator");
      clause.kind = Kind::any;
      return false;
    }
    if (stem.find('*') != std::string_view::npos) {
      if (!equals) fail(first, last - first, "an operator other than `=` takes no `*` within the version");
      if (!std::all_of(literal.begin(), literal.end(), is_glob_character)) {
        fail(first, last - first, "a version holds only letters, digits, `.`, `_`, `-`, `+` and `!`");
      }
      clause.kind = Kind::glob;
      set_literal(clause, literal, true);
      return false;
    }
    while (stem.ends_with('.')) stem.remove_suffix(1);
    if (stem.empty()) fail(first, last - first, "a version is missing before the `*`");
    if (clause.kind == Kind::compatible) fail(first, last - first, "`~=` takes no `*`");
    if (equals) {
      clause.kind = Kind::starts_with;
    } else if (clause.kind == Kind::not_equal) {
      clause.kind = Kind::not_starts_with;
    } else {
      leniency_ = "`.*` after an inequality means nothing";
    }
    literal = stem;
    return true;
  }

  void set_literal(Clause& clause, std::string_view text, bool lower) {
    clause.literal_first = static_cast<std::uint32_t>(node_.literals.size());
    clause.literal_size = static_cast<std::uint32_t>(text.size());
    for (const char c : text) {
      node_.literals += lower && c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    }
  }

  bool set_words(Node::Words& words, std::string_view text) {
    VersionLiteral literal;
    if (!literal.parse(text)) return false;
    const std::span<const std::uint32_t> row = literal.row.words();
    words.first = static_cast<std::uint32_t>(node_.words.size());
    words.main_size = static_cast<std::uint16_t>(literal.main_size);
    words.local_size = static_cast<std::uint16_t>(row.size() - literal.main_size);
    words.ends_in_number = text.back() >= '0' && text.back() <= '9';
    node_.words.insert(node_.words.end(), row.begin(), row.end());
    return true;
  }

  Node node_;
  std::string_view text_;
  std::size_t offset_;
  std::size_t at_ = 0;
  std::string buffer_;
  const char* leniency_ = nullptr;
};

std::string_view symbol(Kind kind) {
  for (const Operator& candidate : kOperators) {
    if (candidate.kind == kind && candidate.text != "===") return candidate.text;
  }
  return "";
}

void print(const Node& node, const Clause& clause, bool in_and, std::string& out) {
  switch (clause.kind) {
    case Kind::any:
      out += '*';
      return;
    case Kind::glob:
    case Kind::regular_expression:
      out += node.literal(clause);
      return;
    case Kind::starts_with:
      out.append(node.literal(clause)).append(".*");
      return;
    case Kind::not_starts_with:
      out.append("!=").append(node.literal(clause)).append(".*");
      return;
    case Kind::all_of:
    case Kind::any_of:
      break;
    default:
      out.append(symbol(clause.kind)).append(node.literal(clause));
      return;
  }
  const bool parentheses = in_and && clause.kind == Kind::any_of;
  if (parentheses) out += '(';
  const Clause* const end = &clause + clause.size;
  for (const Clause* term = &clause + 1; term < end; term += term->size) {
    if (term != &clause + 1) out += clause.kind == Kind::all_of ? ',' : '|';
    print(node, *term, clause.kind == Kind::all_of, out);
  }
  if (parentheses) out += ')';
}

/// A version against a condition.
struct Matcher {
  const Node& node;
  const Version& version;
  std::span<const std::uint32_t> main;
  std::span<const std::uint32_t> local;

  std::span<const std::uint32_t> main_of(const Node::Words& words) const {
    return {node.words.data() + words.first, words.main_size};
  }
  std::span<const std::uint32_t> local_of(const Node::Words& words) const {
    return {node.words.data() + words.first + words.main_size, words.local_size};
  }
  int compare(const Clause& clause) const {
    const int sign = words::compare(main, main_of(clause.version));
    return sign != 0 ? sign : words::compare(local, local_of(clause.version));
  }
  bool begins_with(const Node::Words& prefix) const {
    return starts_with(main, local, main_of(prefix), local_of(prefix), prefix.ends_in_number);
  }

  bool holds(const Clause& clause) const {
    switch (clause.kind) {
      case Kind::any:
        return true;
      case Kind::equal:
        return compare(clause) == 0;
      case Kind::not_equal:
        return compare(clause) != 0;
      case Kind::less:
        return compare(clause) < 0;
      case Kind::less_equal:
        return compare(clause) <= 0;
      case Kind::greater:
        return compare(clause) > 0;
      case Kind::greater_equal:
        return compare(clause) >= 0;
      case Kind::starts_with:
        return begins_with(clause.version);
      case Kind::not_starts_with:
        return !begins_with(clause.version);
      case Kind::compatible:
        return compare(clause) >= 0 && (clause.stem.main_size == 0 || begins_with(clause.stem));
      case Kind::glob:
        return glob_matches(node.literal(clause), version.text());
      case Kind::regular_expression:
        return search(*node.expressions[clause.expression], version.text());
      case Kind::all_of:
      case Kind::any_of:
        break;
    }
    const bool wanted = clause.kind == Kind::any_of;
    const Clause* const end = &clause + clause.size;
    for (const Clause* term = &clause + 1; term < end; term += term->size) {
      if (holds(*term) == wanted) return wanted;
    }
    return !wanted;
  }
};

}  // namespace

bool Node::matches(const Version& version) const {
  return Matcher{*this, version, VersionAccess::main(version), VersionAccess::local(version)}.holds(clauses.front());
}

struct VersionSpecAccess {
  static VersionSpec make(Node node) {
    VersionSpec spec;
    if (node.kind() == Kind::any) return spec;
    spec.text_.clear();
    print(node, node.clauses.front(), false, spec.text_);
    spec.root_ = std::make_shared<const Node>(std::move(node));
    return spec;
  }
  static const Node* root(const VersionSpec& spec) { return spec.root_.get(); }
};

VersionSpec parse_version_spec(std::string_view text, std::size_t offset, const char*& leniency) {
  Parser parser(text, offset);
  VersionSpec spec = VersionSpecAccess::make(parser.run());
  if (parser.leniency() != nullptr) leniency = parser.leniency();
  return spec;
}

const Node* root_of(const VersionSpec& spec) {
  return VersionSpecAccess::root(spec);
}

VersionSpec::VersionSpec() : text_("*") {}

VersionSpec VersionSpec::parse(std::string_view text) {
  try {
    check_plain_text(text);
    const char* leniency = nullptr;
    return parse_version_spec(text, 0, leniency);
  } catch (const SpecFailure& failure) {
    throw core::Error(diagnostic_of(failure, "invalid-version-spec", "condition on versions", text));
  }
}

bool VersionSpec::matches(const Version& version) const {
  return !root_ || root_->matches(version);
}
bool VersionSpec::matches_everything() const {
  return !root_;
}

}  // namespace envlock::conda
