#include "yaml_tree.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <map>
#include <sstream>
#include <utility>

#include "envlock/core/text.h"
#include "envlock/core/url.h"
#include "source_text.h"

namespace envlock::lock {
namespace {

constexpr std::size_t kDeepest = 64;
// A lock of a thousand packages for five platforms has 200,000 values; this many take half a gigabyte.
constexpr std::size_t kMostValues = 4'000'000;

const std::string kNoText;
const std::vector<YamlTree::Id> kNoChildren;

}  // namespace

class YamlTree::Builder : public YAML::EventHandler {
 public:
  explicit Builder(YamlTree& tree) : tree_(tree) {}

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { add(Kind::null, mark, anchor); }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto target = anchors_.find(anchor);
    if (target == anchors_.end()) throw YAML::ParserException(mark, "an alias that refers to itself");
    attach(target->second);
  }
  void OnScalar(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor, const std::string& value) override {
    tree_.nodes_[add(Kind::scalar, mark, anchor)].text = value;
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(Kind::sequence, mark, anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(Kind::map, mark, anchor);
  }
  void OnMapEnd() override { close(); }

 private:
  Id add(Kind kind, const YAML::Mark& mark, YAML::anchor_t anchor) {
    if (tree_.nodes_.size() == kMostValues) throw YAML::ParserException(mark, "too many values for a lock");
    const auto id = static_cast<Id>(tree_.nodes_.size());
    tree_.nodes_.push_back({kind, mark.line + 1, mark.column + 1, {}, {}});
    if (kind != Kind::sequence && kind != Kind::map && anchor != 0) anchors_[anchor] = id;
    attach(id);
    return id;
  }
  void attach(Id id) {
    if (!open_.empty()) {
      tree_.nodes_[open_.back().first].children.push_back(id);
    } else if (tree_.root_ == kNone) {
      tree_.root_ = id;
    }
  }
  void open(Kind kind, const YAML::Mark& mark, YAML::anchor_t anchor) {
    if (open_.size() == kDeepest) throw YAML::ParserException(mark, "values are nested too deep");
    open_.emplace_back(add(kind, mark, 0), anchor);
  }
  // An anchor counts from its end, so that no value can contain itself.
  void close() {
    const auto [id, anchor] = open_.back();
    if (anchor != 0) anchors_[anchor] = id;
    open_.pop_back();
  }

  YamlTree& tree_;
  std::vector<std::pair<Id, YAML::anchor_t>> open_;
  std::map<YAML::anchor_t, Id> anchors_;
};

YamlTree::YamlTree(std::string_view text, const std::string& file, std::string code)
    : source_(text), file_(file), code_(std::move(code)) {
  std::istringstream stream{std::string(text)};
  try {
    YAML::Parser parser(stream);
    Builder builder(*this);
    parser.HandleNextDocument(builder);
  } catch (const YAML::Exception& error) {
    const int line = error.mark.is_null() ? 1 : error.mark.line + 1;
    core::Diagnostic mistake{.code = code_, .what = "this is no YAML: " + core::printable(error.msg)};
    mistake.where = span_of_line(source_, file_, line, line == 0 ? 0 : error.mark.column + 1);
    mistake.where->text = core::without_secrets(mistake.where->text);
    throw core::Error(std::move(mistake));
  }
}

const std::string& YamlTree::text(Id id) const {
  return id == kNone ? kNoText : nodes_[id].text;
}

const std::vector<YamlTree::Id>& YamlTree::children(Id id) const {
  return id == kNone ? kNoChildren : nodes_[id].children;
}

YamlTree::Id YamlTree::find(Id map, std::string_view key) const {
  if (!is_map(map)) return kNone;
  const std::vector<Id>& items = nodes_[map].children;
  for (std::size_t i = 0; i + 1 < items.size(); i += 2) {
    if (nodes_[items[i]].kind == Kind::scalar && nodes_[items[i]].text == key) {
      return nodes_[items[i + 1]].kind == Kind::null ? kNone : items[i + 1];
    }
  }
  return kNone;
}

core::Diagnostic YamlTree::mistake(Id id, std::string what) const {
  core::Diagnostic mistake{.code = code_, .what = std::move(what)};
  mistake.where =
      id == kNone ? span_of_line(source_, file_, 0) : span_of_line(source_, file_, nodes_[id].line, nodes_[id].column);
  mistake.where->text = core::without_secrets(mistake.where->text);
  return mistake;
}

void YamlTree::fail(Id id, std::string what) const {
  throw core::Error(mistake(id, std::move(what)));
}

}  // namespace envlock::lock
