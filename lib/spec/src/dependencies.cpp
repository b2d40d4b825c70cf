#include "envlock/conda/match_spec.h"
#include "envlock/core/text.h"
#include "reading.h"
#include "scalar_type.h"
#include "selector.h"

#include <algorithm>
#include <utility>

namespace envlock::spec {
namespace {

class DependencyReader {
 public:
  DependencyReader(Reading& reading, const std::string& category)
      : reading_(reading), selectors_(reading), category_(category) {}

  void read(NodeId list) {
    const std::vector<NodeId>& items = reading_.resolve(list).children;
    if (items.size() > kMaxItems) {
      reading_.mistake({.code = "too-many-dependencies",
                        .what = "`dependencies` has " + std::to_string(items.size()) + " items, more than the " +
                                std::to_string(kMaxItems) + " that can be",
                        .where = reading_.span(list),
                        .why = {},
                        .hints = {}});
      return;
    }
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (reading_.mistakes.size() > kMaxMistakes) return;
      const Node& item = reading_.resolve(items[i]);
      switch (item.kind) {
        case Node::Kind::map:
          read_map(item, i + 1 < items.size());
          break;
        case Node::Kind::sequence:
          refuse_nested_list(items[i]);
          break;
        default:
          read_spec(items[i], selectors_.after(items[i]));
      }
    }
  }

 private:
  void read_spec(NodeId id, const std::string& selector) {
    if (refuse_number(id)) return;
    const auto text = reading_.text_of(id, "a dependency");
    if (!text) return;
    const std::string_view trimmed = core::trim(*text);
    conda::Request request;
    request.where = reading_.span(id);
    request.text = std::string(trimmed);
    request.category = category_;
    request.selector = selector;
    if (trimmed.empty()) {
      reading_.mistake({.code = "not-text",
                        .what = "a dependency is empty",
                        .where = request.where,
                        .why = {},
                        .hints = {"write a package's name, or remove the line"}});
      return;
    }
    core::Notes lenient;
    try {
      request.spec = conda::MatchSpec::parse(trimmed, conda::SpecSyntax::lenient, &lenient);
    } catch (const core::Error& error) {
      for (core::Diagnostic diagnostic : error.diagnostics()) {
        diagnostic.where = place_within(id, *text, trimmed, diagnostic.where);
        reading_.mistake(std::move(diagnostic));
      }
      return;
    }
    for (const core::Note& note : lenient.all()) {
      core::Diagnostic diagnostic = note.diagnostic;
      diagnostic.where = place_within(id, *text, trimmed, diagnostic.where);
      note.severity == core::Severity::note ? reading_.notes.note(std::move(diagnostic))
                                            : reading_.notes.warning(std::move(diagnostic));
    }
    if (request.spec.name.empty() || request.spec.name.find_first_of("*^") != std::string::npos) {
      reading_.mistake({.code = "invalid-spec",
                        .what = "`" + core::printable(trimmed, 80) + "` does not name one package",
                        .where = request.where,
                        .why = {},
                        .hints = {"write the package's whole name"}});
      return;
    }
    reading_.spec.requests.push_back(std::move(request));
  }

  // A spec's own column, moved to where the spec stands in its file.
  core::SourceSpan place_within(NodeId id, std::string_view text, std::string_view trimmed,
                                const std::optional<core::SourceSpan>& inner) const {
    const Node& node = reading_.at(id);
    const core::SourceSpan whole = reading_.span(id);
    if (!inner || inner->column <= 0 || node.kind != Node::Kind::scalar) return whole;
    std::size_t start = node.offset + (node.style == Node::Style::quoted ? 1 : 0) +
                        static_cast<std::size_t>(trimmed.data() - text.data());
    // With escapes or folded lines the text in the file is another one: then the whole spec is shown.
    if (reading_.source.text().substr(start, trimmed.size()) != trimmed) return whole;
    std::size_t bytes = 0;
    for (int skipped = 0; bytes < trimmed.size() && skipped + 1 < inner->column; ++skipped) {
      do {
        ++bytes;
      } while (bytes < trimmed.size() && (static_cast<unsigned char>(trimmed[bytes]) & 0xC0u) == 0x80u);
    }
    const std::size_t length = inner->length > 0 ? static_cast<std::size_t>(inner->length) : trimmed.size() - bytes;
    return reading_.source.span(start + bytes, std::min(length, std::max<std::size_t>(trimmed.size() - bytes, 1)));
  }

  bool refuse_number(NodeId id) {
    const Node& node = reading_.resolve(id);
    const ScalarType type = scalar_type(node);
    if (node.kind != Node::Kind::scalar || (type != ScalarType::floating && type != ScalarType::integer)) return false;
    const std::string shown = core::printable(node.value, 60);
    std::vector<std::string> why;
    if (type == ScalarType::floating && node.value.size() > 1 && node.value.back() == '0') {
      why = {"to YAML it is a fraction, so that " + shown + " and " + shown.substr(0, shown.size() - 1) +
             " are the same"};
    }
    reading_.mistake({.code = "number-as-dependency",
                      .what = "`" + shown + "` is a number, and a dependency begins with a package's name",
                      .where = reading_.span(id),
                      .why = std::move(why),
                      .hints = {"write the package and its version on one line: `- python=" + shown + "`"}});
    return true;
  }

  void refuse_nested_list(NodeId id) {
    reading_.mistake({.code = "nested-list",
                      .what = "a list within `dependencies` belongs to nothing",
                      .where = reading_.span(id),
                      .why = {},
                      .hints = {"begin each package with one `- `, or name the list: `- pip:`"}});
  }

  void read_map(const Node& map, bool has_next) {
    for (const Entry& entry : entries(reading_.tree, reading_.source, map, reading_.mistakes)) {
      const std::string& name = reading_.resolve(entry.key).value;
      if (name == "pip") {
        read_pip(entry, has_next);
      } else if (name.substr(0, 4) == "sel(" && name.back() == ')') {
        read_sel(entry, name);
      } else {
        refuse_installer(entry, name);
      }
    }
  }

  void read_sel(const Entry& entry, const std::string& name) {
    const Node& key = reading_.at(entry.key);
    const std::string_view expression = std::string_view(name).substr(4, name.size() - 5);
    const std::string selector =
        selectors_.from_key(entry.key, expression, key.offset + (key.style == Node::Style::quoted ? 5 : 4));
    const Node& value = reading_.resolve(entry.value);
    if (value.kind == Node::Kind::sequence || value.kind == Node::Kind::map) {
      reading_.mistake({.code = "not-text",
                        .what = "`" + core::printable(name, 60) + "` must be followed by one spec",
                        .where = reading_.span(entry.value),
                        .why = {},
                        .hints = {"write one line for each: `- " + core::printable(name, 60) + ": SPEC`"}});
      return;
    }
    const std::string comment = selectors_.after(entry.value);
    if (!selector.empty()) read_spec(entry.value, both_selectors(selector, comment));
  }

  void refuse_installer(const Entry& entry, const std::string& name) {
    const Node& value = reading_.resolve(entry.value);
    const std::string shown = core::printable(name, 60);
    std::vector<std::string> hints;
    const std::vector<std::string> known = {"pip"};
    if (const auto meant = core::closest_match(name, known)) {
      hints = {"did you mean `" + *meant + "`?"};
    } else if (name.substr(0, 3) == "sel") {
      hints = {"write `- sel(linux): SPEC`"};
    } else if (value.kind == Node::Kind::scalar) {
      hints = {"for a package and its version write `- " + shown + "=" + core::printable(value.value, 60) + "`"};
    } else if (name == "conda") {
      hints = {"conda's packages are the items of `dependencies` themselves: `- numpy`"};
    } else if (value.kind == Node::Kind::null) {
      hints = {"for a package write `- " + shown + "`, without the colon"};
    } else {
      hints = {"the only other installer is `pip`"};
    }
    reading_.mistake({.code = "unknown-installer",
                      .what = "`" + shown + "` is not an installer that can be used here",
                      .where = reading_.span(entry.key),
                      .why = {"a map within `dependencies` hands its list to another installer"},
                      .hints = std::move(hints)});
  }

  void read_pip(const Entry& entry, bool has_next) {
    const Node& value = reading_.resolve(entry.value);
    const core::SourceSpan where = reading_.span(entry.key);
    if (value.kind == Node::Kind::null || (value.kind == Node::Kind::sequence && value.children.empty())) {
      core::Diagnostic dropped{.code = "empty-pip-list",
                               .what = "the `pip:` list is empty, and is left out",
                               .where = where,
                               .why = {},
                               .hints = {}};
      if (value.kind == Node::Kind::null && has_next) {
        dropped.hints = {"lines meant for pip stand further to the right than `pip:`"};
        reading_.notes.warning(std::move(dropped));
      } else {
        reading_.notes.note(std::move(dropped));
      }
      return;
    }
    if (seen_pip_) {
      reading_.notes.warning({.code = "several-pip-lists",
                              .what = "`pip:` is given more than once; all its lines count",
                              .where = where,
                              .why = {"conda takes only the last; the one before is at " + place(*seen_pip_)},
                              .hints = {"join them"}});
    }
    seen_pip_ = where;
    const std::string outer = selectors_.at(end_of(reading_.source, reading_.at(entry.key)), where.line - 1);
    const bool is_alias = reading_.at(entry.value).kind == Node::Kind::alias;
    for (const NodeId id : reading_.list_of(entry.value, "pip")) {
      if (reading_.mistakes.size() > kMaxMistakes) return;
      if (is_alias && ++aliased_lines_ > kMaxAliasedLines) return refuse_aliases(where);
      read_pip_line(id, outer);
    }
  }

  void read_pip_line(NodeId id, const std::string& outer) {
    const Node& node = reading_.resolve(id);
    if (node.kind == Node::Kind::sequence || node.kind == Node::Kind::map) {
      reading_.mistake({.code = "not-text",
                        .what = std::string("a line for pip must be text, and this is a ") +
                                (node.kind == Node::Kind::map ? "map" : "list"),
                        .where = reading_.span(id),
                        .why = {},
                        .hints = {"write it as in a requirements file, in quotes when it holds `: `"}});
      return;
    }
    const std::string selector = both_selectors(outer, selectors_.after(id));
    const auto text = reading_.text_of(id, "a line for pip");
    if (!text) return;
    // conda writes the items into a requirements file, so that an item of several lines is several of them.
    for (const std::string_view line : core::split(*text, '\n')) {
      const std::string_view trimmed = core::trim(line);
      if (trimmed.empty()) continue;
      reading_.spec.pip.push_back({std::string(trimmed), category_, selector, reading_.span(id)});
    }
  }

  void refuse_aliases(const core::SourceSpan& where) {
    if (std::exchange(aliases_refused_, true)) return;
    reading_.mistake({.code = "alias-too-large",
                      .what = "aliases add more than " + std::to_string(kMaxAliasedLines) + " lines for pip",
                      .where = where,
                      .why = {},
                      .hints = {"write the lines out once"}});
  }

  static constexpr std::size_t kMaxItems = 100000;
  static constexpr std::size_t kMaxAliasedLines = 10000;

  Reading& reading_;
  SelectorReader selectors_;
  std::string category_;
  std::optional<core::SourceSpan> seen_pip_;
  std::size_t aliased_lines_ = 0;
  bool aliases_refused_ = false;
};

}  // namespace

void read_dependencies(Reading& reading, NodeId list, const std::string& category) {
  DependencyReader(reading, category).read(list);
}

}  // namespace envlock::spec
