#include <algorithm>
#include <array>

#include "envlock/conda/platform.h"
#include "envlock/core/text.h"
#include "envlock/core/url.h"
#include "match_spec_parser.h"
#include "version_node.h"

namespace envlock::conda {
namespace {

bool is_space(char c) {
  return c == ' ' || c == '\t';
}
bool is_key_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

/// Fields of a record that are matched as text and have no member of their own.
constexpr std::array<std::string_view, 6> kOtherKeys = {"license", "noarch",    "python_site_packages_path",
                                                        "size",    "timestamp", "track_features"};
const std::vector<std::string>& known_keys() {
  static const std::vector<std::string> keys = {"build",
                                                "build_number",
                                                "channel",
                                                "extras",
                                                "flags",
                                                "fn",
                                                "license",
                                                "md5",
                                                "name",
                                                "noarch",
                                                "python_site_packages_path",
                                                "sha256",
                                                "size",
                                                "subdir",
                                                "timestamp",
                                                "track_features",
                                                "url",
                                                "version",
                                                "when"};
  return keys;
}

/// "python>=3.10" where CEP 43 allows it, brackets otherwise.
std::string format_in_condition(const MatchSpec& spec) {
  MatchSpec name_and_version;
  name_and_version.name = spec.name;
  name_and_version.version = spec.version;
  if (spec.version && spec == name_and_version) {
    const std::string& version = spec.version->text();
    if (std::string_view("=<>!~").find(version.front()) != std::string_view::npos &&
        version.find_first_of("()^$*") == std::string::npos) {
      return spec.name + version;
    }
  }
  return format(spec);
}

/// The word at the start of a condition: up to a space or parenthesis that stands outside brackets and quotes.
std::string_view condition_word(std::string_view text) {
  char quote = 0;
  int brackets = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote != 0) {
      if (c == quote) quote = 0;
      continue;
    }
    if (brackets > 0 && (c == '\'' || c == '"')) quote = c;
    if (c == '[') ++brackets;
    if (c == ']') --brackets;
    if (brackets <= 0 && (is_space(c) || c == '(' || c == ')')) return text.substr(0, i);
  }
  return text;
}

}  // namespace

std::size_t MatchSpecParser::parse_brackets(std::size_t open, std::size_t end) {
  std::size_t at = open + 1;
  const auto skip = [&] {
    while (at < end && is_space(text_[at])) ++at;
  };
  skip();
  if (at < end && text_[at] == ']') fail_at(open, at + 1 - open, "the brackets are empty");
  for (std::size_t comma = 0;;) {
    skip();
    if (at == end) fail_at(open, 1, "this bracket is not closed");
    if (text_[at] == ']') {
      if (comma != 0) lenient({comma, comma + 1}, "a comma stands before the closing bracket");
      return at + 1;
    }
    comma = 0;
    const std::size_t key_first = at;
    while (at < end && is_key_character(text_[at])) ++at;
    const Span key_where{key_first, at};
    const std::string key = core::to_lower(view(key_where));
    if (key.empty()) fail_at(at, 1, "a key is expected here, such as `version`");
    skip();
    if (at < end && (text_[at] == '<' || text_[at] == '>' || text_[at] == '!' || text_[at] == '~') &&
        key == "version") {
      // `[version<1]` was never meant to work, but does in conda until 27.3.
      lenient(key_where, "`=` is missing after `version`");
    } else if (at == end || text_[at] != '=') {
      if (key == "optional" && at < end && (text_[at] == ']' || text_[at] == ',')) {
        lenient(key_where, "`optional` is a relic of old conda and means nothing");
        if (text_[at] == ',') comma = at++;
        continue;
      }
      fail_at(key_where.first, key_where.size(), "`" + key + "` has no value",
              {"write `[key=value]`; for optional dependencies of a conda package `[extras=[" + key +
               "]]`; pip's `name[extra]` belongs into the pip: list"});
    } else {
      ++at;
    }
    Value value = parse_value(at, end, key);
    set_key(key, key_where, value);
    const std::size_t before = at;
    skip();
    if (at == end) fail_at(open, 1, "this bracket is not closed");
    if (text_[at] == ',') {
      comma = at++;
    } else if (text_[at] != ']') {
      if (before == at) fail_at(at, 1, "a comma or the closing bracket is expected here");
      lenient({before, at}, "keys are separated by commas");
    }
  }
}

MatchSpecParser::Value MatchSpecParser::parse_value(std::size_t& at, std::size_t end, std::string_view key) {
  while (at < end && is_space(text_[at])) ++at;
  Value value;
  value.where.first = at;
  if (at == end) fail_at(at == 0 ? 0 : at - 1, 1, "a value is missing");
  if (text_[at] == '[') {
    parse_list(value, at, end);
  } else if (text_[at] == '\'' || text_[at] == '"') {
    const char quote = text_[at++];
    value.quoted = true;
    for (;;) {
      if (at >= end) fail_at(value.where.first, 1, "this quote is not closed");
      const char c = text_[at++];
      if (c == quote) break;
      // Python's string literals: an unknown escape stays as it is, which keeps regular expressions readable.
      if (c == '\\' && at < end && (text_[at] == '\\' || text_[at] == '\'' || text_[at] == '"')) {
        value.text += text_[at++];
      } else {
        value.text += c;
      }
    }
  } else {
    // conda takes unquoted values that hold ",": `[version=>=3,<4]`. They end where the next key begins.
    std::size_t last = at;
    int depth = 0;
    while (last < end && (depth > 0 || text_[last] != ']')) {
      if (text_[last] == '[') ++depth;
      if (text_[last] == ']') --depth;
      if (text_[last] == ',' || is_space(text_[last])) {
        std::size_t next = last + 1;
        while (next < end && is_space(text_[next])) ++next;
        const std::size_t word = next;
        while (next < end && is_key_character(text_[next])) ++next;
        std::size_t sign = next;
        while (sign < end && is_space(text_[sign])) ++sign;
        const bool is_key =
            next > word && sign < end && text_[sign] == '=' && !(text_[word] >= '0' && text_[word] <= '9');
        if (is_key || (next == word && next < end && text_[next] == ']')) break;
        if (key != "version" && key != "license") break;
      }
      ++last;
    }
    value.text = core::trim(view({at, last}));
    at = last;
    if (value.text.find_first_of(" \t,=[") != std::string::npos) {
      lenient({value.where.first, at}, "a value with a space, `,`, `=` or brackets stands in quotes");
    }
  }
  value.where.last = at;
  if (value.text.empty() && !value.is_list) {
    fail_at(value.where.first, std::max<std::size_t>(value.where.size(), 1),
            "the value of `" + std::string(key) + "` is empty");
  }
  return value;
}

/// "[a, 'b', \"c\"]", a flow sequence of YAML that holds strings only.
void MatchSpecParser::parse_list(Value& value, std::size_t& at, std::size_t end) {
  const std::size_t open = at++;
  value.is_list = true;
  const auto skip = [&] {
    while (at < end && is_space(text_[at])) ++at;
  };
  for (;;) {
    skip();
    if (at < end && text_[at] == ']' && value.list.empty()) fail_at(open, at + 1 - open, "the list is empty");
    std::string item;
    const std::size_t first = at;
    if (at < end && (text_[at] == '\'' || text_[at] == '"')) {
      const char quote = text_[at++];
      while (at < end && text_[at] != quote) item += text_[at++];
      if (at == end) fail_at(first, 1, "this quote is not closed");
      ++at;
    } else {
      while (at < end && text_[at] != ',' && text_[at] != ']' && text_[at] != '[') item += text_[at++];
      item = core::trim(item);
    }
    if (item.empty()) fail_at(std::min(first, end - 1), 1, "an item of the list is empty");
    value.list.push_back(std::move(item));
    skip();
    if (at == end) fail_at(open, 1, "this bracket is not closed");
    const char c = text_[at++];
    if (c == ']') return;
    if (c != ',') fail_at(at - 1, 1, "a comma or the closing bracket is expected here");
  }
}

void MatchSpecParser::set_key(std::string_view key, Span key_where, Value& value) {
  std::string canonical(key == "build_string" ? std::string_view("build") : key);
  if (std::find(seen_keys_.begin(), seen_keys_.end(), canonical) != seen_keys_.end()) {
    fail_at(key_where.first, key_where.size(), "the key `" + canonical + "` is given twice");
  }
  seen_keys_.push_back(canonical);
  if (value.is_list && canonical != "extras" && canonical != "flags") {
    fail_at(value.where.first, value.where.size(), "only `extras` and `flags` take a list");
  }
  const auto pattern = [&] {
    try {
      return StringSpec::parse(value.text);
    } catch (const core::Error& error) {
      fail_at(value.where.first, value.where.size(), error.diagnostics().front().why.front());
    }
  };
  if (canonical == "name") {
    warnings_.push_back(
        {key_where.first, key_where.size(), "the key `name` within brackets is ignored: the name before them counts"});
  } else if (canonical == "version") {
    set_version_key(value);
  } else if (canonical == "build") {
    set_build(value.text, value.where);
  } else if (canonical == "build_number") {
    set_build_number(value.text, value.where);
  } else if (canonical == "channel") {
    const std::optional<std::string> subdir = std::move(spec_.subdir);
    set_channel(value.text, value.where);
    if (subdir) spec_.subdir = subdir;  // a key of its own counts, whichever stands first
  } else if (canonical == "subdir") {
    const std::string subdir = pattern().text();
    if (subdir != "*") spec_.subdir = subdir;
  } else if (canonical == "md5") {
    spec_.md5 = core::parse_md5(value.text);
    if (!spec_.md5) fail_at(value.where.first, value.where.size(), "an md5 digest has 32 hexadecimal digits");
  } else if (canonical == "sha256") {
    spec_.sha256 = core::parse_sha256(value.text);
    if (!spec_.sha256) fail_at(value.where.first, value.where.size(), "a sha256 digest has 64 hexadecimal digits");
  } else if (canonical == "url") {
    pattern();
    spec_.url = without_credentials(value.text);
  } else if (canonical == "fn") {
    pattern();
    spec_.file_name = value.text;
  } else if (canonical == "when") {
    spec_.when = parse_condition(value);
  } else if (canonical == "extras") {
    set_name_list(spec_.extras, value, false);
  } else if (canonical == "flags") {
    set_name_list(spec_.flags, value, true);
  } else if (std::find(kOtherKeys.begin(), kOtherKeys.end(), canonical) != kOtherKeys.end()) {
    StringSpec parsed = pattern();
    if (parsed.text() == "*") return;
    const auto place = std::find_if(spec_.other.begin(), spec_.other.end(),
                                    [&](const auto& entry) { return entry.first > canonical; });
    spec_.other.insert(place, {canonical, std::move(parsed)});
  } else {
    std::vector<std::string> hints;
    if (const auto near = core::closest_match(canonical, known_keys()))
      hints.push_back("did you mean `" + *near + "`?");
    hints.push_back("the keys are " + core::join(known_keys(), ", "));
    fail_at(key_where.first, key_where.size(), "`" + canonical + "` is not a key of a spec", std::move(hints));
  }
}

/// Within brackets a bare version is exact, "=1.8" fuzzy.
void MatchSpecParser::set_version_key(const Value& value) {
  const char* leniency = nullptr;
  // Offsets into a quoted value are those of the text as long as nothing was escaped in it.
  const std::size_t offset = value.where.first + (value.quoted ? 1 : 0);
  VersionSpec parsed = parse_version_spec(value.text, offset, leniency);
  if (leniency != nullptr) lenient(value.where, leniency);
  if (!parsed.matches_everything()) spec_.version = std::move(parsed);
}

void MatchSpecParser::set_build_number(std::string_view text, Span where) {
  if (text.find_first_not_of('*') == std::string_view::npos) return;
  try {
    StringSpec parsed = StringSpec::parse(text);
    std::string_view digits = parsed.text();
    while (!digits.empty() && std::string_view("=<>!").find(digits.front()) != std::string_view::npos)
      digits.remove_prefix(1);
    const bool is_number =
        !digits.empty() && digits.find_first_not_of("0123456789") == std::string_view::npos && digits.size() < 20;
    if (!is_number)
      fail_at(where.first, where.size(), "a build number is a number, with an operator before it or not: `3`, `>=3`");
    while (digits.size() > 1 && digits.front() == '0') digits.remove_prefix(1);
    const std::string_view sign = std::string_view(parsed.text()).substr(0, parsed.text().find_first_of("0123456789"));
    spec_.build_number = std::string(sign) + std::string(digits);
  } catch (const core::Error& error) {
    fail_at(where.first, where.size(), error.diagnostics().front().why.front());
  }
}

void MatchSpecParser::set_name_list(std::vector<std::string>& target, const Value& value, bool globs) {
  std::vector<std::string> items = value.list;
  if (!value.is_list) items = {std::string(core::trim(value.text))};
  for (std::string& item : items) {
    item = core::trim(item);
    const auto allowed = [globs](char c) {
      if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_') return true;
      return globs ? c == '*' || c == ':' : c == '.' || c == '+' || c == '-';
    };
    const bool one_colon =
        std::count(item.begin(), item.end(), ':') <= 1 && !item.starts_with(':') && !item.ends_with(':');
    if (item.empty() || item.size() > 64 || !std::all_of(item.begin(), item.end(), allowed) || !one_colon) {
      fail_at(value.where.first, value.where.size(),
              globs ? "a flag is made of lower-case letters, digits, `_` and `*`, with at most one `:`"
                    : "the name of an extra is made of at most 64 lower-case letters, digits, `_`, `.`, `+` and `-`");
    }
  }
  std::sort(items.begin(), items.end());
  items.erase(std::unique(items.begin(), items.end()), items.end());
  target = std::move(items);
}

/// CEP 43: specs joined by `and` and `or`, with parentheses; none of them has a condition of its own.
std::string MatchSpecParser::parse_condition(const Value& value) {
  const std::string_view text = value.text;
  const auto refuse = [&](std::string why) {
    fail_at(value.where.first, value.where.size(), std::move(why),
            {"write specs without spaces, joined by `and` and `or`: `when=\"python>=3.10 and __unix\"`"});
  };
  int depth = 0;
  bool wants_spec = true;
  std::string canonical;
  std::string spec;
  const auto append = [&](std::string_view word) {
    if (!canonical.empty() && canonical.back() != '(' && word != ")") canonical += ' ';
    canonical += word;
  };
  const auto finish = [&] {
    if (spec.empty()) return;
    MatchSpecParser inner(spec, SpecSyntax::lenient);
    try {
      const MatchSpec parsed = inner.run();
      if (parsed.when) refuse("a condition holds no condition of its own");
      append(format_in_condition(parsed));
    } catch (const SpecFailure& failure) {
      refuse("the condition `" + core::printable(spec, 80) + "` is not a spec: " + failure.why);
    }
    spec.clear();
    wants_spec = false;
  };
  for (std::size_t at = 0; at < text.size();) {
    if (is_space(text[at])) {
      ++at;
      continue;
    }
    if (text[at] == '(' || text[at] == ')') {
      finish();
      depth += text[at] == '(' ? 1 : -1;
      if (depth < 0 || (text[at] == '(') != wants_spec) refuse("the parentheses of the condition do not match");
      append(text.substr(at, 1));
      ++at;
      continue;
    }
    const std::string_view word = condition_word(text.substr(at));
    at += word.size();
    if (word == "and" || word == "or") {
      finish();
      if (wants_spec) refuse("a spec is missing beside `" + std::string(word) + "`");
      wants_spec = true;
      append(word);
    } else {
      if (!wants_spec) refuse("`and` or `or` is missing in the condition");
      if (!spec.empty()) {
        lenient(value.where, "a spec within a condition holds no space");
        spec += ' ';
      }
      spec += word;
    }
  }
  finish();
  if (wants_spec) refuse("the condition ends where a spec is expected");
  if (depth != 0) refuse("the parentheses of the condition do not match");
  return canonical;
}

}  // namespace envlock::conda
