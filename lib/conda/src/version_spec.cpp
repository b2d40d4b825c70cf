#include <array>

#include "envlock/conda/match_spec.h"
#include "envlock/core/text.h"
#include "spec_failure.h"
#include "version_node.h"

namespace envlock::conda {
namespace {

using Node = VersionSpec::Node;
using Kind = VersionSpec::Node::Kind;

// Deeper nesting than any person writes; it bounds the recursion.
constexpr int kMaxDepth = 40;

bool is_operator(char c) {
  return c == '=' || c == '<' || c == '>' || c == '!' || c == '~';
}
bool is_space(char c) {
  return c == ' ' || c == '\t';
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
    Node node = any_of(0);
    skip_spaces();
    if (at_ != text_.size()) fail(at_, 1, "a parenthesis is closed that was never opened");
    return node;
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

  Node any_of(int depth) { return join('|', Kind::any_of, depth); }

  /// The terms between `separator`s; "," binds tighter than "|".
  Node join(char separator, Kind kind, int depth) {
    const auto term = [&] { return kind == Kind::any_of ? join(',', Kind::all_of, depth) : primary(depth); };
    Node first = term();
    if (!take(separator)) return first;
    Node node;
    node.kind = kind;
    absorb(node, std::move(first));
    do {
      absorb(node, term());
    } while (take(separator));
    return node;
  }

  /// (a|b)|c is a|b|c.
  static void absorb(Node& node, Node&& child) {
    if (child.kind != node.kind) {
      node.children.push_back(std::move(child));
      return;
    }
    for (Node& grandchild : child.children) node.children.push_back(std::move(grandchild));
  }

  Node primary(int depth) {
    if (take('(')) {
      if (depth == kMaxDepth) fail(at_ - 1, 1, "parentheses are nested too deeply");
      const std::size_t open = at_ - 1;
      Node node = any_of(depth + 1);
      if (!take(')')) fail(open, 1, "this parenthesis is not closed");
      return node;
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
    return clause(first, last);
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

  Node clause(std::size_t first, std::size_t last) {
    const std::string_view text = without_spaces(first, last);
    Node node;
    if (text.front() == '^') {
      if (!is_regular_expression(text)) fail(first, 1, "a regular expression begins with `^` and ends with `$`");
      try {
        node.expression = compile(text);
      } catch (SpecFailure& failure) {
        failure.offset = offset_ + first;
        throw;
      }
      node.kind = Kind::regular_expression;
      node.literal = text;
      return node;
    }
    std::string_view literal = text;
    node.kind = Kind::equal;
    for (const Operator& candidate : kOperators) {
      if (!text.starts_with(candidate.text)) continue;
      node.kind = candidate.kind;
      literal.remove_prefix(candidate.text.size());
      if (candidate.text == "===") leniency_ = "`===` is not an operator of conda; `==` is";
      break;
    }
    if (literal.empty()) fail(first, last - first, "an operator without a version");
    const bool is_inequality = node.kind == Kind::less || node.kind == Kind::less_equal || node.kind == Kind::greater ||
                               node.kind == Kind::greater_equal;
    const bool equals = node.kind == Kind::equal || node.kind == Kind::starts_with;
    if (literal.find_first_not_of('*') == std::string_view::npos) {
      if (equals || node.kind == Kind::greater_equal) {
        node.kind = Kind::any;
        return node;
      }
      fail(first, last - first, "`*` takes no operator");
    }
    const std::size_t star = literal.find('*');
    if (star != std::string_view::npos) {
      std::string_view stem = literal;
      while (stem.ends_with('*')) stem.remove_suffix(1);
      if (stem.find('*') != std::string_view::npos) {
        if (!equals) fail(first, last - first, "an operator other than `=` takes no `*` within the version");
        node.kind = Kind::glob;
        node.literal = core::to_lower(literal);
        return node;
      }
      while (stem.ends_with('.')) stem.remove_suffix(1);
      if (stem.empty()) fail(first, last - first, "a version is missing before the `*`");
      literal = stem;
      if (equals) node.kind = Kind::starts_with;
      if (node.kind == Kind::not_equal) node.kind = Kind::not_starts_with;
      if (is_inequality) leniency_ = "`.*` after an inequality means nothing";
      if (node.kind == Kind::compatible) fail(first, last - first, "`~=` takes no `*`");
    }
    if (!node.set_version(literal)) {
      std::vector<std::string> hints;
      const std::size_t odd = literal.find_first_of("=<>~");
      if (odd == 0) {
        hints = {"the operators are `==`, `!=`, `<`, `<=`, `>`, `>=`, `~=` and `=`"};
      } else if (odd != std::string_view::npos) {
        hints = {"separate two conditions with `,`: `>=1.0,<2`"};
      }
      fail(first, last - first, "`" + core::printable(literal, 80) + "` is not a version", std::move(hints));
    }
    return node;
  }

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

void print(const Node& node, bool in_and, std::string& out) {
  switch (node.kind) {
    case Kind::any:
      out += '*';
      return;
    case Kind::glob:
    case Kind::regular_expression:
      out += node.literal;
      return;
    case Kind::starts_with:
      out.append(node.literal).append(".*");
      return;
    case Kind::not_starts_with:
      out.append("!=").append(node.literal).append(".*");
      return;
    case Kind::all_of:
    case Kind::any_of:
      break;
    default:
      out.append(symbol(node.kind)).append(node.literal);
      return;
  }
  const bool parentheses = in_and && node.kind == Kind::any_of;
  if (parentheses) out += '(';
  for (std::size_t i = 0; i < node.children.size(); ++i) {
    if (i > 0) out += node.kind == Kind::all_of ? ',' : '|';
    print(node.children[i], node.kind == Kind::all_of, out);
  }
  if (parentheses) out += ')';
}

bool node_matches(const Node& node, const Version& version) {
  switch (node.kind) {
    case Kind::any:
      return true;
    case Kind::equal:
      return version == node.version;
    case Kind::not_equal:
      return !(version == node.version);
    case Kind::less:
      return version < node.version;
    case Kind::less_equal:
      return version <= node.version;
    case Kind::greater:
      return version > node.version;
    case Kind::greater_equal:
      return version >= node.version;
    case Kind::starts_with:
      return version.starts_with(node.version);
    case Kind::not_starts_with:
      return !version.starts_with(node.version);
    case Kind::compatible:
      return version >= node.version && (!node.stem || version.starts_with(*node.stem));
    case Kind::glob:
      return glob_matches(node.literal, version.text());
    case Kind::regular_expression:
      return search(*node.expression, version.text());
    case Kind::all_of:
      for (const Node& child : node.children) {
        if (!node_matches(child, version)) return false;
      }
      return true;
    case Kind::any_of:
      for (const Node& child : node.children) {
        if (node_matches(child, version)) return true;
      }
      return false;
  }
  return false;
}

}  // namespace

bool Node::set_version(std::string_view text) {
  literal = core::to_lower(text);
  std::optional<Version> parsed = Version::try_parse(literal);
  if (!parsed) return false;
  version = std::move(*parsed);
  if (kind == Kind::compatible) stem = version.without_last_part();
  return true;
}

struct VersionSpecAccess {
  static VersionSpec make(Node node) {
    VersionSpec spec;
    if (node.kind == Kind::any) return spec;
    spec.text_.clear();
    print(node, false, spec.text_);
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
  return !root_ || node_matches(*root_, version);
}
bool VersionSpec::matches_everything() const {
  return !root_;
}

}  // namespace envlock::conda
