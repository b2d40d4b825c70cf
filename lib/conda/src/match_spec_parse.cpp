#include <algorithm>

#include "envlock/conda/match_spec.h"
#include "envlock/conda/package_record.h"
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
bool begins_version(char c) {
  return is_space(c) || c == '=' || c == '<' || c == '>' || c == '!' || c == '~';
}
/// What may not stand before the separator in front of a build string: then it is part of an operator or a list.
bool continues_version(char c) {
  return c == '=' || c == '!' || c == '|' || c == ',' || c == '<' || c == '>' || c == '~';
}

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

}  // namespace

MatchSpecParser::Span MatchSpecParser::trimmed(Span span) const {
  while (!span.empty() && is_space(text_[span.first])) ++span.first;
  while (!span.empty() && is_space(text_[span.last - 1])) --span.last;
  return span;
}

void MatchSpecParser::lenient(Span where, std::string what) {
  if (syntax_ == SpecSyntax::strict) fail_at(where.first, where.size(), std::move(what));
  leniencies_.push_back({where.first, where.size(), std::move(what)});
}

MatchSpec MatchSpecParser::run() {
  check_plain_text(text_);
  Span all = without_comment(trimmed({0, text_.size()}));
  if (all.empty()) fail_at(0, 1, "it is empty", {"write a package name, such as `numpy >=1.26`"});
  if (parse_package_file(all)) return std::move(spec_);
  if (text_[all.last - 1] == '@') {
    parse_legacy_feature(all);
    return std::move(spec_);
  }

  const std::size_t open = find_brackets(all);
  if (open == all.last) {
    parse_positional(strip_legacy_parentheses(all));
  } else {
    parse_with_brackets(all, open);
  }
  // A canonical text that ends so would be read as a file.
  const auto is_file = [](std::string_view text) { return text.ends_with(".conda") || text.ends_with(".tar.bz2"); };
  if (is_file(spec_.name) || (spec_.version && is_file(spec_.version->text())) ||
      (spec_.version && root_of(*spec_.version)->kind() == VersionSpec::Node::Kind::starts_with &&
       is_file(root_of(*spec_.version)->literal())) ||
      (spec_.build && is_file(spec_.build->text()))) {
    fail_at(all.first, all.size(), "a name, version or build string does not end like a file");
  }
  return std::move(spec_);
}

/// Where the brackets begin; those of a regular expression, `^py3[0-9]$`, are none.
std::size_t MatchSpecParser::find_brackets(Span span) const {
  for (std::size_t i = span.first; i < span.last; ++i) {
    if (text_[i] == '[') return i;
    if (text_[i] != '^') continue;
    std::size_t dollar = text_.find('$', i);
    while (dollar < span.last && dollar + 1 < span.last &&
           std::string_view(" \t=,|)[").find(text_[dollar + 1]) == std::string_view::npos) {
      dollar = text_.find('$', dollar + 1);
    }
    if (dollar >= span.last) return span.last;
    i = dollar;
  }
  return span.last;
}

void MatchSpecParser::parse_with_brackets(Span all, std::size_t open) {
  // `channel[subdir]::name` is a relic of old conda.
  const std::size_t first_close = text_.find("]::", open);
  if (first_close < all.last) {
    const std::string_view subdir = view({open + 1, first_close});
    if (subdir == "noarch" || is_known_subdir(subdir)) {
      lenient({open, first_close + 1}, "a subdir stands after the channel and a slash: `channel/subdir::name`");
      const std::string spec = std::string(view({all.first, open})) + "/" + std::string(subdir) +
                               std::string(view({first_close + 1, all.last}));
      MatchSpecParser rewritten(spec, syntax_);
      spec_ = rewritten.run();
      leniencies_.insert(leniencies_.end(), rewritten.leniencies_.begin(), rewritten.leniencies_.end());
      warnings_.insert(warnings_.end(), rewritten.warnings_.begin(), rewritten.warnings_.end());
      return;
    }
  }
  const std::size_t close = parse_brackets(open, all.last);
  const MatchSpec keys = std::move(spec_);
  spec_ = MatchSpec{};
  Span after = strip_legacy_parentheses(trimmed({close, all.last}));
  if (after.empty()) {
    parse_positional(strip_legacy_parentheses(trimmed({all.first, open})));
  } else {
    if (view(after).find('[') != std::string_view::npos) {
      fail_at(after.first, after.size(), "a spec has one pair of brackets");
    }
    if (!begins_version(text_[after.first]) && !is_space(text_[close])) {
      fail_at(after.first, after.size(), "nothing but a version may follow the brackets");
    }
    lenient(after, "the version stands after the brackets");
    Span before = trimmed({all.first, open});
    if (!parse_name(parse_channel(before)).empty()) {
      fail_at(after.first, after.size(), "a version stands before the brackets already");
    }
    parse_version_and_build(after, is_space(text_[close]));
  }
  // Keys count more than what stands before the brackets; the name alone cannot be overridden.
  std::string name = std::move(spec_.name);
  MatchSpec positional = std::move(spec_);
  spec_ = keys;
  spec_.name = std::move(name);
  if (!spec_.version) spec_.version = std::move(positional.version);
  if (!spec_.build) spec_.build = std::move(positional.build);
  if (!spec_.channel) spec_.channel = std::move(positional.channel);
  if (!spec_.subdir) spec_.subdir = std::move(positional.subdir);
}

/// "#" begins a comment, but not within brackets, and not as the fragment of a package URL.
MatchSpecParser::Span MatchSpecParser::without_comment(Span span) {
  const std::string_view text = view(span);
  std::size_t hash = text.find('#');
  if (hash == std::string_view::npos) return span;
  const std::size_t open = text.find('[');
  if (open != std::string_view::npos && open < hash) {
    char quote = 0;
    int depth = 0;
    for (std::size_t i = open; i < text.size(); ++i) {
      const char c = text[i];
      if (quote != 0) {
        if (c == '\\')
          ++i;
        else if (c == quote)
          quote = 0;
      } else if (c == '\'' || c == '"') {
        quote = c;
      } else if (c == '[') {
        ++depth;
      } else if (c == ']') {
        --depth;
      } else if (c == '#' && depth == 0) {
        return trimmed({span.first, span.first + i});
      }
    }
    return span;
  }
  const std::string_view before = text.substr(0, hash);
  const bool is_fragment = (before.ends_with(".conda") || before.ends_with(".tar.bz2")) && hash + 1 < text.size() &&
                           !is_space(text[hash + 1]);
  if (is_fragment) {
    hash = text.find_first_of(" \t", hash);
    return hash == std::string_view::npos ? span : trimmed({span.first, span.first + hash});
  }
  return trimmed({span.first, span.first + hash});
}

void MatchSpecParser::parse_legacy_feature(Span span) {
  const Span feature = trimmed({span.first, span.last - 1});
  if (feature.empty() || !std::all_of(text_.begin() + static_cast<std::ptrdiff_t>(feature.first),
                                      text_.begin() + static_cast<std::ptrdiff_t>(feature.last), is_name_character)) {
    fail_at(span.first, span.size(), "`feature@` holds the name of a feature");
  }
  lenient(span, "`feature@` is a relic of old conda");
  spec_.name = "*";
  spec_.other.emplace_back("track_features", StringSpec::parse(view(feature)));
}

/// "(optional)" and "(target=...)" at the end mean nothing today. Other parentheses belong to the version.
MatchSpecParser::Span MatchSpecParser::strip_legacy_parentheses(Span span) {
  if (span.empty() || text_[span.last - 1] != ')') return span;
  const std::size_t open = view(span).rfind('(');
  if (open == std::string_view::npos) return span;
  const std::string_view inner = core::trim(view({span.first + open + 1, span.last - 1}));
  if (!inner.starts_with("optional") && !inner.starts_with("target")) return span;
  lenient({span.first + open, span.last}, "`(optional)` and `(target=...)` are relics of old conda and mean nothing");
  return trimmed({span.first, span.first + open});
}

void MatchSpecParser::parse_positional(Span span) {
  span = trimmed(span);
  const Span rest = parse_name(parse_channel(span));
  if (!rest.empty()) parse_version_and_build(rest, is_space(text_[rest.first]));
}

MatchSpecParser::Span MatchSpecParser::parse_channel(Span span) {
  const std::string_view text = view(span);
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return span;
  const Span after{span.first + colon + 1, span.last};
  const Span before{span.first, span.first + colon};
  const std::size_t second = view(before).rfind(':');
  const bool is_scheme = view(after).starts_with("//");
  if (is_scheme) fail_at(span.first, span.size(), "a URL must be a channel (`URL::name`) or end in .conda or .tar.bz2");
  if (second == std::string_view::npos) {
    if (before.empty()) fail_at(span.first, 1, "a channel is missing before `:`", {"write `channel::name`"});
    lenient(before, "the namespace before `:` is ignored; a channel is followed by `::`");
    return after;
  }
  const Span name_space{before.first + second + 1, before.last};
  if (!name_space.empty()) lenient(name_space, "the namespace between the colons is ignored");
  const Span channel = trimmed({span.first, span.first + second});
  if (channel.empty()) fail_at(span.first, 1, "a channel is missing before `::`");
  set_channel(view(channel), channel);
  return after;
}

/// "conda-forge", "conda-forge/linux-64", "https://host/chan/linux-64", "*/linux-64".
void MatchSpecParser::set_channel(std::string_view written, Span where) {
  std::string channel = without_credentials(core::trim(written));
  const auto trim_end = [&] {
    while (!channel.empty() && (channel.back() == '/' || is_space(channel.back()))) channel.pop_back();
    if (channel.empty()) fail_at(where.first, where.size(), "a channel is missing before `::`");
  };
  trim_end();
  if (is_regular_expression(channel)) {
    compile(channel);
    spec_.channel = std::move(channel);
    return;
  }
  if (channel.find_first_of("^<>|\"'[]#\\") != std::string::npos) {
    fail_at(where.first, where.size(), "a channel cannot hold this character");
  }
  const bool is_url = core::looks_like_url(channel);
  if (is_url && channel.find_first_of("?#") != std::string::npos) {
    fail_at(where.first, where.size(), "the URL of a channel has no `?` and no `#`");
  }
  const std::size_t slash = channel.rfind('/');
  const std::string_view last = slash == std::string::npos ? "" : std::string_view(channel).substr(slash + 1);
  if (last == "noarch" || is_known_subdir(last)) {
    spec_.subdir = std::string(last);
    channel.resize(slash);
    trim_end();
  }
  if (slash == std::string::npos && channel.find_first_of(" \t") != std::string::npos) {
    fail_at(where.first, where.size(), "a channel name holds no space");
  }
  if (without_credentials(channel) != channel) fail_at(where.first, where.size(), "the URL of the channel is odd");
  if (channel != "*") spec_.channel = std::move(channel);
}

MatchSpecParser::Span MatchSpecParser::parse_name(Span span) {
  while (!span.empty() && is_space(text_[span.first])) ++span.first;
  std::size_t end = span.first;
  if (end < span.last && text_[end] == '^') {
    const std::size_t dollar = view(span).find('$');
    if (dollar == std::string_view::npos) fail_at(end, 1, "a regular expression begins with `^` and ends with `$`");
    end = span.first + dollar + 1;
    const std::string_view name = view({span.first, end});
    StringSpec::parse(name);
    spec_.name = name;
    return {end, span.last};
  }
  while (end < span.last && !begins_version(text_[end])) ++end;
  const Span where{span.first, end};
  const std::string_view name = view(where);
  if (name.empty()) {
    fail_at(span.first, 1, "the name of a package is missing", {"a name stands first: `numpy >=1.26`; `*` means any"});
  }
  spec_.name = core::to_lower(name);
  if (spec_.name != name) lenient(where, "package names are lower case");
  if (name.find('*') != std::string_view::npos) {
    for (std::size_t i = where.first; i < where.last; ++i) {
      if (!is_name_character(text_[i]) && text_[i] != '*') fail_at(i, 1, "a package name cannot hold this character");
    }
    return {end, span.last};
  }
  if (!is_valid_name(spec_.name)) {
    for (std::size_t i = where.first; i < where.last; ++i) {
      if (is_name_character(text_[i])) continue;
      const std::string odd = core::printable(view({i, where.last}).substr(0, 4), 1);
      fail_at(i, 1, "a package name holds letters, digits, `.`, `_` and `-`, but not `" + odd + "`");
    }
    fail_at(where.first, where.size(),
            "a package name begins with a letter, a digit or `_`, and `.`, `_` and `-` do not follow one another");
  }
  return {end, span.last};
}

void MatchSpecParser::parse_version_and_build(Span rest, bool separated_by_space) {
  const Span written = rest;
  rest = trimmed(rest);
  if (rest.empty()) return;
  if (rest.size() == 1 && text_[rest.first] == '=') {
    lenient(written, "the version after `=` is missing");
    return;
  }

  // The build follows the first space or "=" after which nothing can belong to a version any more.
  std::size_t build = rest.last;
  const std::size_t expression = view(rest).find('^');
  const bool regular_version =
      expression != std::string_view::npos &&
      view({rest.first, rest.first + expression}).find_first_not_of("= \t") == std::string_view::npos;
  if (expression != std::string_view::npos && !regular_version && text_[rest.last - 1] == '$') {
    build = rest.first + expression;
    if (build == rest.first || (!is_space(text_[build - 1]) && text_[build - 1] != '=')) build = rest.last;
  } else {
    std::size_t tail = rest.last;
    while (tail > rest.first && text_[tail - 1] != ',' && text_[tail - 1] != '|' && text_[tail - 1] != '<' &&
           text_[tail - 1] != '>' && text_[tail - 1] != '~' && text_[tail - 1] != '=' && text_[tail - 1] != '-' &&
           text_[tail - 1] != '!' && text_[tail - 1] != ')' && text_[tail - 1] != '$') {
      --tail;
    }
    // text_[tail - 1] is the last character that no build string holds.
    if (tail > rest.first + 1 && text_[tail - 1] == '=' && !continues_version(text_[tail - 2])) {
      build = tail;
    } else {
      for (std::size_t i = tail; i < rest.last; ++i) {
        if (!is_space(text_[i])) continue;
        std::size_t before = i;
        while (before > rest.first && is_space(text_[before - 1])) --before;
        if (before > rest.first && !continues_version(text_[before - 1])) {
          build = i;
          break;
        }
        while (i + 1 < rest.last && is_space(text_[i + 1])) ++i;
      }
    }
  }

  if (build == rest.last) {
    set_version(rest, EqualsMeans::fuzzy);
    return;
  }
  const bool build_after_equals = text_[build - 1] == '=' && !is_space(text_[build]);
  const Span version = trimmed({rest.first, build_after_equals ? build - 1 : build});
  const Span build_span = trimmed({build, rest.last});
  // CEP 29: `pkg =1.8 build` is fuzzy, `pkg=1.8=build` is exact; as in conda, so is `pkg =1.8=build`.
  set_version(version, separated_by_space && !build_after_equals ? EqualsMeans::fuzzy : EqualsMeans::exact);
  if (view(build_span).find_first_of(" \t") != std::string_view::npos) {
    fail_at(build_span.first, build_span.size(), "a build string holds no space",
            {"a spec has a name, a version and a build string, and no fourth word"});
  }
  set_build(view(build_span), build_span);
}

void MatchSpecParser::set_version(Span version, EqualsMeans equals) {
  std::string_view text = view(version);
  if (equals == EqualsMeans::exact && text.starts_with('=') && !text.starts_with("==") &&
      text.find_first_of(",|()") == std::string_view::npos) {
    text.remove_prefix(1);
    ++version.first;
  }
  const char* leniency = nullptr;
  VersionSpec parsed = parse_version_spec(text, version.first, leniency);
  if (leniency != nullptr) lenient(version, leniency);
  const VersionSpec::Node* root = root_of(parsed);
  if (root == nullptr) return;
  if (root->kind() == VersionSpec::Node::Kind::equal &&
      root->literal().find_first_of("0123456789") == std::string_view::npos) {
    warnings_.push_back({version.first, version.size(),
                         "`" + std::string(root->literal()) + "` is read as a version of `" + spec_.name +
                             "`: each package needs a line of its own"});
  }
  spec_.version = std::move(parsed);
}

void MatchSpecParser::set_build(std::string_view build, Span where) {
  if (build.find_first_not_of('*') == std::string_view::npos) return;
  try {
    StringSpec parsed = StringSpec::parse(build);
    if (!is_regular_expression(build)) {
      for (const char c : build) {
        if ((is_name_character(c) && c != '-') || c == '+' || c == '*') continue;
        fail_at(where.first, where.size(),
                "a build string holds only letters, digits, `.`, `_` and `+`, or `*` for any text");
      }
    }
    spec_.build = std::move(parsed);
  } catch (const core::Error& error) {
    fail_at(where.first, where.size(), error.diagnostics().front().why.front());
  }
}

MatchSpec MatchSpec::parse(std::string_view text, SpecSyntax syntax, core::Notes* notes) {
  MatchSpecParser parser(text, syntax);
  try {
    MatchSpec spec = parser.run();
    if (notes == nullptr) return spec;
    if (!parser.leniencies().empty()) {
      const Leniency& first = parser.leniencies().front();
      core::Diagnostic note = diagnostic_of({first.offset, first.length, first.what, {}}, "lenient-spec", "", text);
      note.what = "`" + core::printable(core::without_secrets(text), 100) + "` is accepted, but other tools may not";
      note.why.clear();
      for (const Leniency& leniency : parser.leniencies()) note.why.push_back(leniency.what);
      note.hints = {"write `" + core::printable(core::without_secrets(format(spec)), 200) + "`"};
      notes->note(std::move(note));
    }
    for (const Leniency& warning : parser.warnings()) {
      core::Diagnostic note = diagnostic_of({warning.offset, warning.length, {}, {}}, "spec-ignored", "", text);
      note.what = warning.what;
      note.why.clear();
      notes->warning(std::move(note));
    }
    return spec;
  } catch (const SpecFailure& failure) {
    throw core::Error(diagnostic_of(failure, "invalid-spec", "package spec", text));
  }
}

}  // namespace envlock::conda
