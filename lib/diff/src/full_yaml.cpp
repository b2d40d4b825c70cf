#include "full_yaml.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <map>
#include <sstream>
#include <string>
#include <utility>

#include "envlock/core/diagnostic.h"
#include "envlock/core/text.h"
#include "envlock/core/url.h"

namespace envlock::diff {
namespace {

constexpr std::size_t kDeepest = 64;
/// An alias is a copy here. No lock has any; a text that multiplies itself with them is refused.
constexpr std::size_t kMostCopies = 100000;

}  // namespace

class FullYaml::Builder : public YAML::EventHandler {
 public:
  explicit Builder(Yaml& tree) : tree_(tree) {}

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    remember(anchor, attach(tree_.add(Yaml::Kind::null, mark.line + 1)));
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto target = anchors_.find(anchor);
    if (target == anchors_.end()) throw YAML::ParserException(mark, "an alias that refers to itself");
    attach(copy(target->second, mark, open_.size()));
  }
  void OnScalar(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor, const std::string& value) override {
    tree_.unescaped_.push_back(value);
    remember(anchor, attach(tree_.add(Yaml::Kind::scalar, mark.line + 1, tree_.unescaped_.back())));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(Yaml::Kind::sequence, mark, anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(Yaml::Kind::map, mark, anchor);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Open {
    Yaml::Id id = Yaml::kNone;
    Yaml::Id last = Yaml::kNone;
    YAML::anchor_t anchor = 0;
  };

  Yaml::Id attach(Yaml::Id id) {
    if (open_.empty()) {
      if (tree_.root_ == Yaml::kNone) tree_.root_ = id;
      return id;
    }
    Open& parent = open_.back();
    (parent.last == Yaml::kNone ? tree_.nodes_[parent.id].first : tree_.nodes_[parent.last].next) = id;
    parent.last = id;
    return id;
  }
  void remember(YAML::anchor_t anchor, Yaml::Id id) {
    if (anchor != 0) anchors_[anchor] = id;
  }
  void open(Yaml::Kind kind, const YAML::Mark& mark, YAML::anchor_t anchor) {
    if (open_.size() == kDeepest) throw YAML::ParserException(mark, "values are nested too deep");
    const Yaml::Id id = attach(tree_.add(kind, mark.line + 1));
    open_.push_back({id, Yaml::kNone, anchor});
  }
  // An anchor counts from its end, so that no value can contain itself.
  void close() {
    remember(open_.back().anchor, open_.back().id);
    open_.pop_back();
  }
  Yaml::Id copy(Yaml::Id of, const YAML::Mark& mark, std::size_t depth) {
    if (++copies_ > kMostCopies || depth > kDeepest) throw YAML::ParserException(mark, "aliases multiply the text");
    const Yaml::Node original = tree_.nodes_[of];
    const Yaml::Id id = tree_.add(original.kind, original.line, original.text);
    Yaml::Id last = Yaml::kNone;
    for (Yaml::Id child = original.first; child != Yaml::kNone; child = tree_.nodes_[child].next) {
      const Yaml::Id copied = copy(child, mark, depth + 1);
      (last == Yaml::kNone ? tree_.nodes_[id].first : tree_.nodes_[last].next) = copied;
      last = copied;
    }
    return id;
  }

  Yaml& tree_;
  std::vector<Open> open_;
  std::map<YAML::anchor_t, Yaml::Id> anchors_;
  std::size_t copies_ = 0;
};

void FullYaml::read() {
  std::istringstream stream{std::string(tree_.source_)};
  try {
    YAML::Parser parser(stream);
    Builder builder(tree_);
    parser.HandleNextDocument(builder);
  } catch (const YAML::Exception& error) {
    core::SourceSpan where;
    where.file = tree_.label_;
    if (!error.mark.is_null()) {
      where.line = error.mark.line + 1;
      where.column = error.mark.column + 1;
    }
    throw core::Error({.code = "lock-invalid",
                       .what = "this is no YAML: " + core::printable(error.msg),
                       .where = std::move(where),
                       .why = {},
                       .hints = {}});
  }
}

}  // namespace envlock::diff
