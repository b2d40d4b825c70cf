#include "yaml_message.h"

#include "envlock/core/text.h"

#include <algorithm>
#include <array>

namespace envlock::spec {
namespace {

struct Meaning {
  std::string_view theirs;  ///< how yaml-cpp's message begins
  std::string_view what;
  std::string_view hint;
};

constexpr std::array kMeanings = {
    Meaning{"end of map not found", "the line does not fit the indentation of the lines above it",
            "give all keys of one map the same indentation"},
    Meaning{"end of sequence not found", "the line does not fit the indentation of the list above it",
            "begin every item of one list with `- ` in the same column"},
    Meaning{"end of map flow not found", "a `{` is not closed", "close it with `}`"},
    Meaning{"end of sequence flow not found", "a `[` is not closed", "close it with `]`"},
    Meaning{"illegal map value", "a `:` stands where no value can begin",
            "put text that holds `: ` in quotes, and begin a new key on a line of its own"},
    Meaning{"illegal map key", "a key stands where none can begin",
            "check the indentation of this line and the one before it"},
    Meaning{"illegal block entry", "a `- ` stands where no list item can begin",
            "check the indentation of this line and the one before it"},
    Meaning{"illegal flow end", "a `]` or `}` closes nothing", "remove it, or open its list or map"},
    Meaning{"illegal tab", "the line is indented with a tab, which YAML forbids", "indent with spaces"},
    Meaning{"illegal EOF in scalar", "a quoted text is not closed before the end of the file", "close the quote"},
    Meaning{"illegal document indicator in scalar", "a quoted text is not closed before the document ends",
            "close the quote"},
    Meaning{"unknown escape character", "a backslash in double quotes begins no escape that YAML knows",
            "write `\\\\` for a backslash, or use single quotes"},
    Meaning{"bad character found while scanning hex number", "an escape in double quotes has a bad hexadecimal digit",
            "write \\xNN, \\uNNNN or \\UNNNNNNNN"},
    Meaning{"invalid unicode", "an escape in double quotes names no character", "write \\xNN, \\uNNNN or \\UNNNNNNNN"},
    Meaning{"unknown token", "no YAML value can begin with this character", "put the text in quotes"},
    Meaning{"the referenced anchor is not defined", "`*` refers to an anchor that no `&` above it defines",
            "put text that begins with `*` in quotes"},
    Meaning{"alias not found after *", "`*` must be followed by the name of an anchor",
            "put text that begins with `*` in quotes"},
    Meaning{"anchor not found after &", "`&` must be followed by a name", "put text that begins with `&` in quotes"},
    Meaning{"illegal character found while scanning alias", "the name after `*` holds a character it must not",
            "put text that begins with `*` in quotes"},
    Meaning{"illegal character found while scanning anchor", "the name after `&` holds a character it must not",
            "put text that begins with `&` in quotes"},
    Meaning{"aliases can't have any content", "an alias `*name` cannot have a tag, an anchor or a value of its own",
            "put text that begins with `*` in quotes"},
    Meaning{"cannot assign multiple", "a value can have only one tag and one anchor", "remove one"},
    Meaning{"cannot set zero indentation", "the indentation of a block text cannot be 0", "write 1 to 9, or nothing"},
    Meaning{"unexpected character in block scalar", "nothing but a comment can follow `|` or `>` on its line",
            "put the text on the next line, or in quotes"},
    Meaning{"bad file", "lists and maps are nested too deeply", "an environment file needs four levels"},
};

bool has_tab_indentation(std::string_view line) {
  const std::string_view indent = line.substr(0, std::min(line.find_first_not_of(" \t"), line.size()));
  return indent.find('\t') != std::string_view::npos;
}

std::size_t last_text_line(const Source& source, int from) {
  int index = std::min(from, source.line_count() - 1);
  while (index > 0 && core::trim(source.line(index)).empty()) --index;
  return static_cast<std::size_t>(index);
}

}  // namespace

core::Diagnostic explain_yaml_error(const Source& source, std::string_view message, std::size_t offset) {
  core::Diagnostic diagnostic{.code = "malformed-yaml", .what = {}, .where = {}, .why = {}, .hints = {}};
  const int index = source.line_of(std::min(offset, source.text().size()));
  // yaml-cpp may stop at the line after the mistake: a tab there or just before explains everything else.
  for (int near = index; near >= std::max(0, index - 1); --near) {
    const std::string_view line = source.line(near);
    if (!has_tab_indentation(line) || core::trim(line).empty()) continue;
    diagnostic.code = "tab-in-indentation";
    diagnostic.what = "the line is indented with a tab, which YAML forbids";
    diagnostic.where = source.span(source.line_start(near) + line.find('\t'), 1);
    diagnostic.hints = {"indent with spaces"};
    return diagnostic;
  }

  diagnostic.where = source.span(offset, 1);
  if (core::trim(source.line(index)).empty()) {
    diagnostic.where = source.line_span(static_cast<int>(last_text_line(source, index)));
  }
  const auto meaning = std::find_if(kMeanings.begin(), kMeanings.end(), [message](const Meaning& candidate) {
    return message.substr(0, candidate.theirs.size()) == candidate.theirs;
  });
  if (meaning == kMeanings.end()) {
    diagnostic.what = "the file is not YAML: " + core::printable(message);
    return diagnostic;
  }
  diagnostic.what = std::string(meaning->what);
  diagnostic.hints = {std::string(meaning->hint)};
  if (meaning->theirs == "bad file") diagnostic.code = "yaml-too-deep";
  return diagnostic;
}

}  // namespace envlock::spec
