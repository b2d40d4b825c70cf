#include "envlock/conda/platform.h"
#include "envlock/core/text.h"
#include "envlock/core/url.h"
#include "platform_name.h"
#include "reading.h"
#include "scalar_type.h"

#include <algorithm>
#include <array>

namespace envlock::spec {
namespace {

const std::vector<std::string>& known_keys() {
  static const std::vector<std::string> keys = {"name",      "channels",         "dependencies",
                                                "variables", "platforms",        "prefix",
                                                "category",  "pip-repositories", "allow-pypi-requests"};
  return keys;
}

class FileReader {
 public:
  explicit FileReader(Reading reading) : reading_(std::move(reading)), selectors_(reading_) {}

  void read(const Node& map) {
    found_ = entries(reading_.tree, reading_.source, map, reading_.mistakes);
    for (const Entry& entry : found_) read_key(entry);
    tell_unknown_keys();
    // The category counts for every line, wherever it stands.
    if (dependencies_) {
      read_dependencies(reading_, *dependencies_, category_);
    } else if (!refused_dependencies_) {
      refuse_missing_dependencies();
    }
  }

 private:
  void read_key(const Entry& entry) {
    const std::string& key = reading_.resolve(entry.key).value;
    refuse_selector(entry, key);
    if (key == "name") {
      read_name(entry.value);
    } else if (key == "prefix") {
      read_prefix(entry.value);
    } else if (key == "channels") {
      read_channels(entry.value);
    } else if (key == "variables") {
      read_variables(entry.value);
    } else if (key == "platforms") {
      read_platforms(entry.value);
    } else if (key == "category") {
      read_category(entry.value);
    } else if (key == "dependencies") {
      find_dependencies(entry.value);
    } else if (key == "pip-repositories" || key == "allow-pypi-requests") {
      reading_.notes.note({.code = "conda-lock-key",
                           .what = "`" + key + "` is a key of conda-lock, and is left to it",
                           .where = reading_.span(entry.key),
                           .why = {},
                           .hints = {}});
      if (key == "pip-repositories") read_pip_repositories(entry.value);
    } else {
      unknown_.push_back(entry.key);
    }
  }

  /// What is no list of texts is conda-lock's to refuse.
  void read_pip_repositories(NodeId id) {
    const Node& list = reading_.resolve(id);
    if (list.kind != Node::Kind::sequence) return;
    for (const NodeId item : list.children) {
      const Node& node = reading_.resolve(item);
      if (node.kind == Node::Kind::scalar) reading_.spec.pip_repositories.push_back(node.value);
    }
  }

  void refuse_selector(const Entry& entry, const std::string& key) {
    const Node& value = reading_.resolve(entry.value);
    const bool holds_lines = value.kind == Node::Kind::sequence || value.kind == Node::Kind::map;
    const NodeId last = holds_lines ? entry.key : entry.value;
    // A list on the key's own line reads the comment for its items.
    const bool on_one_line = reading_.source.line_of(reading_.at(entry.key).offset) ==
                             reading_.source.line_of(reading_.at(entry.value).offset);
    if (!holds_lines || !on_one_line) selectors_.refuse_after(last, "`" + core::printable(key, 40) + "`");
  }

  bool has(std::string_view key) const {
    return std::any_of(found_.begin(), found_.end(),
                       [&](const Entry& entry) { return reading_.resolve(entry.key).value == key; });
  }

  void tell_unknown_keys() {
    const bool has_dependencies = has("dependencies");
    std::size_t told = 0;
    for (const NodeId id : unknown_) {
      if (++told > kMaxMistakes) return;
      const std::string& key = reading_.resolve(id).value;
      const auto meant = core::closest_match(key, known_keys());
      core::Diagnostic diagnostic{.code = "unknown-key",
                                  .what = "`" + core::printable(key, 60) + "` is not a key of environment.yml",
                                  .where = reading_.span(id),
                                  .why = {},
                                  .hints = {}};
      if (meant && !has(*meant)) diagnostic.hints = {"did you mean `" + *meant + "`?"};
      if (meant == "dependencies" && !has_dependencies) {
        refused_dependencies_ = true;
        reading_.mistake(std::move(diagnostic));
        continue;
      }
      if (diagnostic.hints.empty()) diagnostic.why = {"it is ignored"};
      reading_.notes.warning(std::move(diagnostic));
    }
  }

  /// The text of a scalar where a number will do too, as in `name: 2024`.
  std::optional<std::string> loose_text(NodeId id, const std::string& role) {
    const Node& node = reading_.resolve(id);
    const ScalarType type = scalar_type(node);
    if (node.kind == Node::Kind::scalar && type != ScalarType::text && type != ScalarType::null) return node.value;
    return reading_.text_of(id, role);
  }

  void read_name(NodeId id) {
    if (reading_.resolve(id).kind == Node::Kind::null) return;
    const auto name = loose_text(id, "`name`");
    if (!name) return;
    if (name->empty()) return;
    if (*name == "base" || *name == "root") {
      reading_.mistake({.code = "invalid-name",
                        .what = "an environment cannot be named `" + *name + "`",
                        .where = reading_.span(id),
                        .why = {"that is the name of conda's own environment"},
                        .hints = {"choose another name"}});
      return;
    }
    if (refuse_characters(id, *name, "the name", *name)) return;
    reading_.spec.name = *name;
  }

  bool refuse_characters(NodeId id, const std::string& text, const std::string& role, const std::string& shown) {
    const std::size_t bad = text.find_first_of("/ :#\n\t");
    if (bad == std::string::npos) return false;
    reading_.mistake({.code = "invalid-name",
                      .what = role + " `" + core::printable(shown, 80) + "` must not hold `" +
                              core::printable(text.substr(bad, 1)) + "`",
                      .where = reading_.span(id),
                      .why = {},
                      .hints = {"use letters, digits, `-`, `_` and `.`"}});
    return true;
  }

  void read_prefix(NodeId id) {
    if (reading_.resolve(id).kind == Node::Kind::null) return;
    const auto written = reading_.text_of(id, "`prefix`");
    if (!written || written->empty()) return;
    std::string prefix = core::expand_variables(*written, core::environment_variable);
    if (prefix == "~" || prefix.substr(0, 2) == "~/") {
      if (const auto home = core::environment_variable("HOME")) prefix.replace(0, 1, *home);
    }
    const bool is_windows = prefix.size() > 2 && prefix[1] == ':' && (prefix[2] == '\\' || prefix[2] == '/');
    while (prefix.size() > 1 && (prefix.back() == '/' || (is_windows && prefix.back() == '\\'))) prefix.pop_back();
    constexpr std::array<std::string_view, 14> system = {"/",      "/bin",  "/boot", "/dev",  "/etc", "/home", "/lib",
                                                         "/lib64", "/proc", "/root", "/sbin", "/sys", "/usr",  "/var"};
    if (std::find(system.begin(), system.end(), prefix) != system.end()) {
      reading_.mistake({.code = "invalid-name",
                        .what = "the prefix `" + prefix + "` is a folder of the system",
                        .where = reading_.span(id),
                        .why = {},
                        .hints = {"give the environment a folder of its own"}});
      return;
    }
    const std::size_t slash = prefix.find_last_of(is_windows ? "/\\" : "/");
    const std::string last = slash == std::string::npos ? prefix : prefix.substr(slash + 1);
    if (refuse_characters(id, last, "the last part of the prefix", *written)) return;
    reading_.spec.prefix = prefix;
  }

  void read_channels(NodeId list) {
    for (const NodeId id : reading_.list_of(list, "channels")) {
      selectors_.refuse_after(id, "a channel");
      const auto written = reading_.text_of(id, "a channel");
      if (!written) continue;
      std::string text = core::expand_variables(core::trim(*written), core::environment_variable);
      if (text == "nodefaults") {
        reading_.spec.nodefaults = true;
        continue;
      }
      if (text.empty() || text.find_first_of(" \t\n") != std::string::npos) {
        reading_.mistake({.code = "invalid-channel",
                          .what = text.empty() ? "a channel is empty" : "a channel must not hold white space",
                          .where = reading_.span(id),
                          .why = {},
                          .hints = {"write one name, URL or path on a line"}});
        continue;
      }
      warn_of_unset_variable(id, text);
      while (text.size() > 1 && text.back() == '/') text.pop_back();
      if (channel_is_known(text)) {
        reading_.notes.note({.code = "duplicate-channel",
                             .what = "the channel `" + core::printable(core::without_secrets(*written), 80) +
                                     "` is given twice; the first place counts",
                             .where = reading_.span(id),
                             .why = {},
                             .hints = {"remove the second"}});
        continue;
      }
      reading_.spec.channels.push_back({std::move(text), std::string(core::trim(*written)), reading_.span(id)});
    }
  }

  bool channel_is_known(std::string_view text) const {
    const auto& channels = reading_.spec.channels;
    // A handful in any real file; a bound keeps an absurd one from taking quadratic time.
    const auto end = channels.size() > 1000 ? channels.begin() + 1000 : channels.end();
    return std::any_of(channels.begin(), end, [text](const ChannelEntry& entry) { return entry.text == text; });
  }

  void warn_of_unset_variable(NodeId id, const std::string& text) {
    const std::size_t dollar = text.find('$');
    if (dollar == std::string::npos) return;
    std::size_t start = dollar + 1;
    if (start < text.size() && text[start] == '{') ++start;
    std::size_t end = start;
    while (end < text.size() && (std::isalnum(static_cast<unsigned char>(text[end])) != 0 || text[end] == '_')) ++end;
    if (end == start) return;
    const std::string name = text.substr(start, end - start);
    if (core::environment_variable(name)) return;
    reading_.notes.warning(
        {.code = "variable-not-set",
         .what = "the channel names the environment variable `" + core::printable(name, 60) + "`, which is not set",
         .where = reading_.span(id),
         .why = {"it is left as written"},
         .hints = {"set it, or write the channel out"}});
  }

  void read_variables(NodeId id) {
    const Node& map = reading_.resolve(id);
    if (map.kind == Node::Kind::null) return;
    if (map.kind != Node::Kind::map) {
      reading_.mistake({.code = "not-a-map",
                        .what = "`variables` must be a map of names and values",
                        .where = reading_.span(id),
                        .why = {},
                        .hints = {"write `variables:` and below it, indented, `NAME: value`"}});
      return;
    }
    for (const Entry& entry : entries(reading_.tree, reading_.source, map, reading_.mistakes)) {
      read_variable(reading_.resolve(entry.key).value, entry);
    }
  }

  void read_variable(const std::string& name, const Entry& entry) {
    const auto is_letter = [](char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_'; };
    const auto is_name_character = [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); };
    if (name.empty() || !is_letter(name.front()) || !std::all_of(name.begin(), name.end(), is_name_character)) {
      reading_.mistake({.code = "invalid-variable-name",
                        .what = "`" + core::printable(name, 60) + "` cannot be the name of an environment variable",
                        .where = reading_.span(entry.key),
                        .why = {},
                        .hints = {"use letters, digits and `_`, and begin with a letter"}});
      return;
    }
    const Node& value = reading_.resolve(entry.value);
    if (value.kind == Node::Kind::sequence || value.kind == Node::Kind::map) {
      reading_.text_of(entry.value, "the variable `" + name + "`");
      return;
    }
    selectors_.refuse_after(entry.value, "a variable");
    const ScalarType type = scalar_type(value);
    if (type == ScalarType::text) {
      if (const auto text = reading_.text_of(entry.value, "the variable `" + name + "`")) {
        reading_.spec.variables[name] = {*text, reading_.span(entry.value)};
      }
      return;
    }
    const std::string shown = core::printable(value.value, 60);
    core::Diagnostic diagnostic{.code = "variable-not-text",
                                .what = {},
                                .where = reading_.span(entry.value),
                                .why = {},
                                .hints = {"put it in quotes: \"" + shown + "\""}};
    if (type == ScalarType::null) {
      diagnostic.what = "the variable `" + name + "` has no value, and is taken to be empty";
      diagnostic.hints = {"write \"\" for an empty value"};
    } else {
      diagnostic.what = "the variable `" + name + "` is " + std::string(describe(type)) +
                        " to YAML, and is taken as the text `" + shown + "`";
      diagnostic.why = {only_in_yaml_1_1(value.value) && type == ScalarType::boolean
                            ? "tools that read YAML 1.1, as conda-lock does, turn it into True or False"
                            : "other tools may write it otherwise (True, 3.1)"};
    }
    reading_.notes.note(std::move(diagnostic));
    reading_.spec.variables[name] = {value.kind == Node::Kind::null || type == ScalarType::null ? "" : value.value,
                                     reading_.span(entry.value)};
  }

  void read_platforms(NodeId list) {
    for (const NodeId id : reading_.list_of(list, "platforms")) {
      selectors_.refuse_after(id, "a platform");
      const auto text = reading_.text_of(id, "a platform");
      if (!text) continue;
      if (auto mistake = check_platform_name(*text)) {
        mistake->where = reading_.span(id);
        reading_.mistake(std::move(*mistake));
        continue;
      }
      auto& platforms = reading_.spec.platforms;
      const bool known = std::any_of(platforms.begin(), platforms.end(),
                                     [&](const PlatformEntry& entry) { return entry.name == *text; });
      if (!known && platforms.size() < 1000) platforms.push_back({*text, reading_.span(id)});
    }
  }

  void read_category(NodeId id) {
    if (reading_.resolve(id).kind == Node::Kind::null) return;
    const auto text = loose_text(id, "`category`");
    if (!text) return;
    const std::string_view trimmed = core::trim(*text);
    if (trimmed.empty() || trimmed.find('\n') != std::string_view::npos) {
      reading_.mistake({.code = "invalid-category",
                        .what = trimmed.empty() ? "`category` is empty" : "`category` must be one line",
                        .where = reading_.span(id),
                        .why = {},
                        .hints = {"write a word such as `main`, `dev` or `test`"}});
      return;
    }
    category_ = std::string(trimmed);
  }

  void find_dependencies(NodeId id) {
    const Node& node = reading_.resolve(id);
    if (node.kind == Node::Kind::sequence) {
      dependencies_ = id;
      return;
    }
    refused_dependencies_ = true;
    if (node.kind == Node::Kind::null) {
      reading_.mistake({.code = "missing-dependencies",
                        .what = "`dependencies` is empty",
                        .where = reading_.span(id),
                        .why = {},
                        .hints = {"list the packages below it, each as `- NAME`, or write `dependencies: []`"}});
    } else if (node.kind == Node::Kind::map) {
      reading_.mistake({.code = "not-a-list",
                        .what = "`dependencies` must be a list, and this is a map",
                        .where = reading_.span(id),
                        .why = {},
                        .hints = {"begin each line with `- `: `- python=3.12`"}});
    } else {
      reading_.list_of(id, "dependencies");
    }
  }

  void refuse_missing_dependencies() {
    std::vector<std::string> hints = {"list the packages below `dependencies:`, each as `- NAME`"};
    if (has("package") && has("metadata")) {
      hints = {"this looks like a conda-lock file: `envlock lock --like FILE` takes its choices over"};
    } else if (has("environments") && has("packages")) {
      hints = {"this looks like a pixi.lock, which is no environment file"};
    } else if (has("requirements")) {
      hints = {"this looks like a recipe, which is no environment file"};
    }
    reading_.mistake({.code = "missing-dependencies",
                      .what = "the file has no key `dependencies`",
                      .where = reading_.source.whole(),
                      .why = {},
                      .hints = std::move(hints)});
  }

  Reading reading_;
  SelectorReader selectors_;
  std::vector<Entry> found_;
  std::vector<NodeId> unknown_;
  std::string category_ = "main";
  std::optional<NodeId> dependencies_;
  bool refused_dependencies_ = false;
};

core::Diagnostic not_a_map(const Source& source, const Tree& tree) {
  core::Diagnostic diagnostic{.code = "not-an-environment-file",
                              .what = "the file is not a map of keys such as `channels` and `dependencies`",
                              .where = source.whole(),
                              .why = {},
                              .hints = {"write `dependencies:` and below it, each as `- NAME`, the packages"}};
  if (!tree.root || tree.resolve(*tree.root).kind == Node::Kind::null) {
    diagnostic.what = "the file is empty";
    return diagnostic;
  }
  diagnostic.where = span_of(source, tree.at(*tree.root));
  if (tree.resolve(*tree.root).kind == Node::Kind::sequence) {
    diagnostic.hints = {"write `dependencies:` above the list"};
  }
  return diagnostic;
}

void refuse_explicit_file(const Source& source) {
  for (int index = 0; index < std::min(source.line_count(), 50); ++index) {
    if (core::trim(source.line(index)) != "@EXPLICIT") continue;
    throw core::Error({.code = "not-an-environment-file",
                       .what = "this is an @EXPLICIT file, which names finished choices and no requests",
                       .where = source.line_span(index),
                       .why = {},
                       .hints = {"write an environment.yml, and hand this file to `envlock lock --like FILE`"}});
  }
}

bool stands_before(const core::Diagnostic& left, const core::Diagnostic& right) {
  const auto key = [](const core::Diagnostic& diagnostic) {
    return diagnostic.where ? std::pair(diagnostic.where->line, diagnostic.where->column) : std::pair(0, 0);
  };
  return key(left) < key(right);
}

}  // namespace

void read_environment(const Source& source, core::Notes& notes, std::vector<core::Diagnostic>& mistakes, Spec& spec) {
  spec.files.push_back(source.file());
  std::vector<core::Diagnostic> found;
  core::Notes noted;
  try {
    refuse_explicit_file(source);
    const Tree tree = parse_yaml(source);
    if (!tree.root || tree.resolve(*tree.root).kind != Node::Kind::map) throw core::Error(not_a_map(source, tree));
    FileReader({source, tree, noted, found, spec}).read(tree.resolve(*tree.root));
  } catch (const core::Error& error) {
    found = error.diagnostics();
  }
  // Told from top to bottom, although `dependencies` is read last.
  const bool cut_off = found.size() > kMaxMistakes;
  std::stable_sort(found.begin(), cut_off ? found.end() - 1 : found.end(), stands_before);
  mistakes.insert(mistakes.end(), found.begin(), found.end());
  std::vector<core::Note> sorted = noted.all();
  std::stable_sort(sorted.begin(), sorted.end(), [](const core::Note& left, const core::Note& right) {
    return stands_before(left.diagnostic, right.diagnostic);
  });
  for (core::Note& note : sorted) {
    note.severity == core::Severity::note ? notes.note(std::move(note.diagnostic))
                                          : notes.warning(std::move(note.diagnostic));
  }
}

}  // namespace envlock::spec
