#include "yaml.h"

#include "envlock/core/diagnostic.h"
#include "envlock/core/text.h"
#include "envlock/core/url.h"
#include "fast_yaml.h"
#include "full_yaml.h"

namespace envlock::diff {

const Yaml::Node Yaml::kNothing{};

Yaml::Yaml(std::string_view source, const std::string& label) : Yaml(source, label, Way::best) {}

Yaml::Yaml(std::string_view source, const std::string& label, Way way) : source_(source), label_(label) {
  if (way != Way::full) complete_ = FastYaml(*this).read();
  if (complete_ || way == Way::fast) return;
  nodes_.clear();
  unescaped_.clear();
  root_ = kNone;
  FullYaml(*this).read();
  complete_ = true;
}

Yaml::Id Yaml::add(Kind kind, int line, std::string_view text) {
  const auto id = static_cast<Id>(nodes_.size());
  nodes_.push_back({kind, line, text, kNone, kNone});
  return id;
}

Yaml::Id Yaml::find(Id map, std::string_view key) const {
  if (!is_map(map)) return kNone;
  for (Id at = first(map); at != kNone; at = next(next(at))) {
    if (nodes_[at].kind == Kind::scalar && nodes_[at].text == key) {
      const Id value = next(at);
      return kind(value) == Kind::null ? kNone : value;
    }
  }
  return kNone;
}

void Yaml::fail(Id id, std::string what) const {
  core::SourceSpan where;
  where.file = label_;
  where.line = node(id).line;
  if (where.line > 0) {
    std::size_t begin = 0;
    for (int line = 1; line < where.line; ++line) begin = source_.find('\n', begin) + 1;
    where.text = core::without_secrets(source_.substr(begin, source_.find_first_of("\r\n", begin) - begin));
  }
  throw core::Error(
      {.code = "lock-invalid", .what = std::move(what), .where = std::move(where), .why = {}, .hints = {}});
}

std::string Yaml::outline() const {
  std::string drawn;
  const auto draw = [&](const auto& self, Id id, std::size_t depth) -> void {
    const Node& at = node(id);
    drawn.append(depth, ' ') += "?\"[{"[static_cast<std::size_t>(at.kind)];
    drawn.append(at.text).append("\n");
    for (Id child = at.first; child != kNone; child = next(child)) self(self, child, depth + 1);
  };
  draw(draw, root_, 0);
  return drawn;
}

std::optional<std::string> Yaml::fast_outline(std::string_view source) {
  const Yaml yaml(source, "", Way::fast);
  if (!yaml.complete_) return std::nullopt;
  return yaml.outline();
}

std::string Yaml::full_outline(std::string_view source, const std::string& label) {
  return Yaml(source, label, Way::full).outline();
}

}  // namespace envlock::diff
