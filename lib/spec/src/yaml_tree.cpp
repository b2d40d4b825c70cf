#include "yaml_tree.h"

#include "envlock/core/text.h"
#include "yaml_message.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <map>
#include <sstream>

namespace envlock::spec {
namespace {

constexpr std::size_t kMaxDepth = 64;

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n';
}

std::size_t skip_blanks_and_comments(std::string_view text, std::size_t at) {
  while (at < text.size()) {
    if (is_blank(text[at])) {
      ++at;
    } else if (text[at] == '#' && (at == 0 || is_blank(text[at - 1]))) {
      at = std::min(text.find('\n', at), text.size());
    } else {
      break;
    }
  }
  return at;
}

// An anchor and a tag stand before the value they belong to.
std::size_t skip_properties(std::string_view text, std::size_t at) {
  while (at < text.size() && (text[at] == '&' || text[at] == '!')) {
    while (at < text.size() && !is_blank(text[at])) ++at;
    at = skip_blanks_and_comments(text, at);
  }
  return at;
}

class TreeBuilder : public YAML::EventHandler {
 public:
  TreeBuilder(const Source& source, Tree& tree) : source_(source), tree_(tree) {}

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ < 2) return;
    throw core::Error({.code = "several-documents",
                       .what = "the file holds a second YAML document, and an environment file is only one",
                       .where = source_.span(offset_of(mark), 0),
                       .why = {},
                       .hints = {"keep one document a file: `envlock lock` accepts several files"}});
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Node node;
    const std::size_t at = skip_properties(source_.text(), offset_of(mark));
    const std::string_view rest = source_.text().substr(std::min(at, source_.text().size()));
    const bool written = rest.substr(0, 1) == "~" || core::to_lower(rest.substr(0, 4)) == "null";
    // The mark of a value that is not there is the mark of whatever follows: show its dash or colon instead.
    node.offset = written ? at : skip_blanks_and_comments(source_.text(), last_end_);
    add(std::move(node), anchor);
    last_end_ = tree_.nodes.back().offset + (written && rest[0] != '~' ? 4 : 1);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Node node;
    node.kind = Node::Kind::alias;
    node.offset = offset_of(mark);
    const auto target = anchors_.find(anchor);
    if (target == anchors_.end()) return OnNull(mark, 0);
    node.target = target->second;
    add(std::move(node), 0);
    last_end_ = end_of(source_, tree_.nodes.back());
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    Node node;
    node.kind = Node::Kind::scalar;
    node.offset = skip_properties(source_.text(), offset_of(mark));
    node.tag = tag == "?" || tag == "!" ? std::string() : tag;
    node.value = value;
    if (node.offset < source_.text().size()) {
      const char first = source_.text()[node.offset];
      if (first == '"' || first == '\'') node.style = Node::Style::quoted;
      if (first == '|' || first == '>') node.style = Node::Style::block;
    }
    last_end_ = end_of(source_, node);
    if (node.style == Node::Style::quoted && !is_closed(node, last_end_)) refuse_open_quote(node);
    add(std::move(node), anchor);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(Node::Kind::sequence, mark, anchor);
  }
  void OnSequenceEnd() override { open_.pop_back(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(Node::Kind::map, mark, anchor);
  }
  void OnMapEnd() override { open_.pop_back(); }

 private:
  std::size_t offset_of(const YAML::Mark& mark) const {
    return std::min(static_cast<std::size_t>(std::max(mark.pos, 0)), source_.text().size());
  }

  // yaml-cpp closes a quote at the end of the file by itself.
  bool is_closed(const Node& node, std::size_t end) const {
    return end > node.offset + 1 && end <= source_.text().size() &&
           source_.text()[end - 1] == source_.text()[node.offset];
  }

  [[noreturn]] void refuse_open_quote(const Node& node) const {
    throw core::Error({.code = "malformed-yaml",
                       .what = "a quoted text is not closed before the end of the file",
                       .where = source_.span(node.offset, 1),
                       .why = {},
                       .hints = {"close the quote"}});
  }

  void open(Node::Kind kind, const YAML::Mark& mark, YAML::anchor_t anchor) {
    Node node;
    node.kind = kind;
    node.offset = skip_properties(source_.text(), offset_of(mark));
    if (open_.size() >= kMaxDepth) {
      throw core::Error({.code = "yaml-too-deep",
                         .what = "lists and maps are nested more than " + std::to_string(kMaxDepth) + " deep",
                         .where = source_.span(node.offset, 1),
                         .why = {},
                         .hints = {"an environment file needs four levels"}});
    }
    last_end_ = node.offset;
    open_.push_back(add(std::move(node), anchor));
  }

  NodeId add(Node node, YAML::anchor_t anchor) {
    const NodeId id = tree_.nodes.size();
    tree_.nodes.push_back(std::move(node));
    if (anchor != 0) anchors_[anchor] = id;
    if (!open_.empty()) {
      tree_.nodes[open_.back()].children.push_back(id);
    } else if (!tree_.root) {
      tree_.root = id;
    }
    return id;
  }

  const Source& source_;
  Tree& tree_;
  std::vector<NodeId> open_;
  std::map<YAML::anchor_t, NodeId> anchors_;
  std::size_t last_end_ = 0;
  int documents_ = 0;
};

// YAML forbids them; yaml-cpp takes 0x04 for the end of the file and would drop the rest without a word.
void refuse_control_characters(const Source& source) {
  const std::string_view text = source.text();
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const bool c1 = byte == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0 &&
                    static_cast<unsigned char>(text[i + 1]) != 0x85;
    if ((byte < 0x20 && byte != '\t' && byte != '\n') || byte == 0x7F || c1) {
      throw core::Error({.code = "control-character",
                         .what = "the file holds the control character `" +
                                 core::printable(text.substr(i, c1 ? 2 : 1)) + "`, which YAML forbids",
                         .where = source.span(i, c1 ? 2 : 1),
                         .why = {},
                         .hints = {"remove it"}});
    }
  }
}

void refuse_tabs(const Source& source, const Tree& tree) {
  std::vector<core::Diagnostic> mistakes;
  int last_line = -1;
  for (const Node& node : tree.nodes) {
    const int index = source.line_of(node.offset);
    if (index == last_line) continue;
    last_line = index;
    const std::string_view line = source.line(index);
    const std::string_view indent = line.substr(0, std::min(line.find_first_not_of(" \t"), line.size()));
    const std::size_t tab = indent.find('\t');
    if (tab == std::string_view::npos || mistakes.size() == 20) continue;
    mistakes.push_back({.code = "tab-in-indentation",
                        .what = "the line is indented with a tab, which YAML forbids",
                        .where = source.span(source.line_start(index) + tab, 1),
                        .why = {},
                        .hints = {"indent with spaces"}});
  }
  if (!mistakes.empty()) throw core::Error(std::move(mistakes));
}

}  // namespace

const Node& Tree::resolve(NodeId id) const {
  const Node& node = nodes[id];
  return node.kind == Node::Kind::alias ? nodes[node.target] : node;
}

Tree parse_yaml(const Source& source) {
  refuse_control_characters(source);
  Tree tree;
  TreeBuilder builder(source, tree);
  std::istringstream stream{std::string(source.text())};
  try {
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const YAML::Exception& error) {
    throw core::Error(explain_yaml_error(source, error.msg, static_cast<std::size_t>(std::max(error.mark.pos, 0))));
  }
  refuse_tabs(source, tree);
  return tree;
}

std::size_t end_of(const Source& source, const Node& node) {
  const std::string_view text = source.text();
  std::size_t at = std::min(node.offset, text.size());
  if (node.kind == Node::Kind::alias) {
    while (at < text.size() && !is_blank(text[at]) && text[at] != ',' && text[at] != ']' && text[at] != '}') ++at;
    return at;
  }
  if (node.kind != Node::Kind::scalar) return std::min(at + 1, text.size());
  if (node.style == Node::Style::block) {
    while (at < text.size() && !is_blank(text[at])) ++at;
    return at;
  }
  if (node.style == Node::Style::quoted) {
    const char quote = text[at];
    for (++at; at < text.size(); ++at) {
      if (quote == '"' && text[at] == '\\') {
        ++at;
      } else if (text[at] == quote) {
        if (quote == '"' || at + 1 >= text.size() || text[at + 1] != quote) return at + 1;
        ++at;
      }
    }
    return text.size() + 1;
  }
  // The lines of a plain scalar are folded, so only what is not white space can be compared.
  for (const char c : node.value) {
    if (is_blank(c)) continue;
    std::size_t next = at;
    while (next < text.size() && is_blank(text[next])) ++next;
    if (next >= text.size() || text[next] != c) break;
    at = next + 1;
  }
  return at;
}

core::SourceSpan span_of(const Source& source, const Node& node) {
  if (node.kind == Node::Kind::sequence || node.kind == Node::Kind::map) {
    return source.span(node.offset, source.text().size());
  }
  return source.span(node.offset, end_of(source, node) - node.offset);
}

}  // namespace envlock::spec
