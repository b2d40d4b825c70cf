#include "line_options.h"

#include <algorithm>
#include <array>

#include "ascii.h"
#include "envlock/core/text.h"
#include "envlock/core/url.h"

namespace envlock::pypi {
namespace {

struct KnownOption {
  std::string_view name;
  std::string_view short_name;
  LineOption option;
  bool takes_value;
};

constexpr std::array<KnownOption, 15> kOptions{{{"--index-url", "-i", LineOption::index_url, true},
                                                {"--pypi-url", "", LineOption::index_url, true},
                                                {"--extra-index-url", "", LineOption::extra_index_url, true},
                                                {"--no-index", "", LineOption::no_index, false},
                                                {"--find-links", "-f", LineOption::find_links, true},
                                                {"--requirement", "-r", LineOption::requirement, true},
                                                {"--constraint", "-c", LineOption::constraint, true},
                                                {"--editable", "-e", LineOption::editable, true},
                                                {"--no-binary", "", LineOption::no_binary, true},
                                                {"--only-binary", "", LineOption::only_binary, true},
                                                {"--prefer-binary", "", LineOption::prefer_binary, false},
                                                {"--require-hashes", "", LineOption::require_hashes, false},
                                                {"--pre", "", LineOption::pre, false},
                                                {"--trusted-host", "", LineOption::trusted_host, true},
                                                {"--hash", "", LineOption::hash, true}}};

/// Options of pip that have no meaning here, and why.
struct RefusedOption {
  std::string_view name;
  std::string_view why;
};

constexpr std::string_view kWholeClosure = "a lock holds everything that its packages need";
constexpr std::string_view kBuilds = "it steers how pip builds packages, and what is locked is built already";
constexpr std::string_view kPlace = "it steers where pip puts packages, and they go into the environment";
constexpr std::string_view kTarget = "the python and the platforms of the lock are those of the conda part";
constexpr std::string_view kRun = "it steers how pip itself runs";
constexpr std::string_view kNetwork =
    "it steers how pip reaches the network; envlock takes the like from its own settings";

constexpr std::array<RefusedOption, 57> kRefused{{{"--no-deps", kWholeClosure},
                                                  {"--no-dependencies", kWholeClosure},
                                                  {"--config-settings", kBuilds},
                                                  {"--config-setting", kBuilds},
                                                  {"-C", kBuilds},
                                                  {"--global-option", kBuilds},
                                                  {"--install-option", kBuilds},
                                                  {"--build-option", kBuilds},
                                                  {"--build-constraint", kBuilds},
                                                  {"--no-build-isolation", kBuilds},
                                                  {"--use-pep517", kBuilds},
                                                  {"--no-use-pep517", kBuilds},
                                                  {"--check-build-dependencies", kBuilds},
                                                  {"--no-clean", kBuilds},
                                                  {"--src", kBuilds},
                                                  {"--target", kPlace},
                                                  {"-t", kPlace},
                                                  {"--user", kPlace},
                                                  {"--root", kPlace},
                                                  {"--prefix", kPlace},
                                                  {"--break-system-packages", kPlace},
                                                  {"--platform", kTarget},
                                                  {"--python-version", kTarget},
                                                  {"--python", kTarget},
                                                  {"--implementation", kTarget},
                                                  {"--abi", kTarget},
                                                  {"--ignore-requires-python", kTarget},
                                                  {"--upgrade", kRun},
                                                  {"-U", kRun},
                                                  {"--upgrade-strategy", kRun},
                                                  {"--force-reinstall", kRun},
                                                  {"--ignore-installed", kRun},
                                                  {"-I", kRun},
                                                  {"--compile", kRun},
                                                  {"--no-compile", kRun},
                                                  {"--use-feature", kRun},
                                                  {"--use-deprecated", kRun},
                                                  {"--exists-action", kRun},
                                                  {"--dry-run", kRun},
                                                  {"--report", kRun},
                                                  {"--quiet", kRun},
                                                  {"-q", kRun},
                                                  {"--verbose", kRun},
                                                  {"-v", kRun},
                                                  {"--isolated", kRun},
                                                  {"--no-input", kRun},
                                                  {"--log", kRun},
                                                  {"--no-warn-script-location", kRun},
                                                  {"--progress-bar", kRun},
                                                  {"--group", "dependency groups belong to pyproject.toml"},
                                                  {"--proxy", kNetwork},
                                                  {"--cert", kNetwork},
                                                  {"--client-cert", kNetwork},
                                                  {"--retries", kNetwork},
                                                  {"--timeout", kNetwork},
                                                  {"--cache-dir", kNetwork},
                                                  {"--no-cache-dir", kNetwork}}};

/// A word of a shell's line: quotes and "\" are gone from its value.
struct Word {
  std::string value;
  std::vector<std::size_t> origin;  ///< of each byte of the value, and of its end: where it is in the line
};

class WordReader {
 public:
  WordReader(std::string_view text, std::size_t at) : text_(text), at_(at) {}

  /// Absent: a quote is not closed, or "\" has nothing behind it; `at()` tells where.
  std::optional<std::vector<Word>> read() {
    std::vector<Word> words;
    while (skip_spaces()) {
      Word word;
      while (at_ < text_.size() && !ascii::is_space(text_[at_])) {
        const char c = text_[at_];
        if (c == '\'' || c == '"') {
          if (!quoted(word)) return std::nullopt;
        } else if (c == '\\') {
          if (at_ + 1 == text_.size()) return std::nullopt;
          take(word, ++at_);
        } else {
          take(word, at_);
        }
      }
      word.origin.push_back(at_);
      words.push_back(std::move(word));
    }
    return words;
  }
  std::size_t at() const { return at_; }

 private:
  bool skip_spaces() {
    while (at_ < text_.size() && ascii::is_space(text_[at_])) ++at_;
    return at_ < text_.size();
  }
  void take(Word& word, std::size_t at) {
    word.value += text_[at];
    word.origin.push_back(at);
    at_ = at + 1;
  }
  bool quoted(Word& word) {
    const std::size_t begin = at_;
    const char quote = text_[at_++];
    while (at_ < text_.size() && text_[at_] != quote) {
      // In double quotes "\" is only for a quote and for itself.
      const bool escapes = quote == '"' && text_[at_] == '\\' && at_ + 1 < text_.size() &&
                           (text_[at_ + 1] == '"' || text_[at_ + 1] == '\\');
      take(word, escapes ? at_ + 1 : at_);
    }
    if (at_ == text_.size()) {
      at_ = begin;
      return false;
    }
    ++at_;
    return true;
  }

  std::string_view text_;
  std::size_t at_;
};

/// Where a word that begins with "-" begins: from there on, all are options.
std::size_t begin_of_options(std::string_view text) {
  for (std::size_t at = text.find('-'); at != std::string_view::npos; at = text.find('-', at + 1)) {
    if (at == 0 || ascii::is_space(text[at - 1])) return at;
  }
  return text.size();
}

class OptionReader {
 public:
  OptionReader(const LogicalLine& line, std::vector<core::Diagnostic>& mistakes) : line_(line), mistakes_(mistakes) {}

  bool read(std::size_t begin, std::vector<GivenOption>& options) {
    WordReader reader(line_.text(), begin);
    std::optional<std::vector<Word>> words = reader.read();
    if (!words)
      return fail("invalid-requirement", reader.at(), 1, "a quote is not closed, or `\\` ends the line", "", "");
    for (next_ = 0; next_ < words->size();) {
      if (!option(*words, options)) return false;
    }
    return true;
  }

 private:
  bool fail(const char* code, std::size_t at, std::size_t length, std::string what, std::string why, std::string hint) {
    core::Diagnostic diagnostic;
    diagnostic.code = code;
    diagnostic.what = std::move(what);
    diagnostic.where = line_.place(at, length);
    if (!why.empty()) diagnostic.why = {std::move(why)};
    if (!hint.empty()) diagnostic.hints = {std::move(hint)};
    mistakes_.push_back(std::move(diagnostic));
    return false;
  }

  /// "--name=value", "--name value", "-nvalue", "-n value".
  bool option(const std::vector<Word>& words, std::vector<GivenOption>& options) {
    const Word& word = words[next_++];
    const std::string& text = word.value;
    if (!text.starts_with('-')) return stray_word(word);
    const bool is_long = text.starts_with("--");
    const std::size_t name_end =
        is_long ? std::min(text.find('='), text.size()) : std::min<std::size_t>(2, text.size());
    const std::string name = text.substr(0, name_end);
    const auto* known = std::find_if(kOptions.begin(), kOptions.end(), [&](const KnownOption& each) {
      return each.name == name || (!each.short_name.empty() && each.short_name == name);
    });
    if (known == kOptions.end()) return refuse(word, name);
    GivenOption given{.option = known->option, .name = name, .at = word.origin.front()};
    if (!known->takes_value) {
      if (name_end < text.size()) {
        return fail("invalid-requirement", word.origin[name_end], 1, "`" + name + "` takes no value", "", "");
      }
    } else if (name_end < text.size()) {
      const std::size_t skipped = is_long ? name_end + 1 : name_end;
      set_value(given, word, skipped);
    } else if (next_ < words.size()) {
      set_value(given, words[next_++], 0);
    }
    if (known->takes_value && given.value.empty()) {
      return fail("invalid-requirement", given.at, name.size(), "`" + name + "` lacks its value", "", "");
    }
    options.push_back(std::move(given));
    return true;
  }

  static void set_value(GivenOption& given, const Word& word, std::size_t begin) {
    given.value = word.value.substr(begin);
    given.value_at = word.origin[begin];
    // A quote behind it is no part of it.
    given.value_end = given.value.empty() ? given.value_at : word.origin[word.value.size() - 1] + 1;
  }

  bool stray_word(const Word& word) {
    const std::string shown = core::printable(core::without_secrets(word.value), 80);
    return fail("invalid-requirement", word.origin.front(), word.value.size(),
                "`" + shown + "` stands behind options, where pip does not look at it", "",
                "write the requirement on a line of its own, or before its `--hash`");
  }

  bool refuse(const Word& word, const std::string& name) {
    const std::string shown = "`" + core::printable(name, 60) + "`";
    const auto* refused =
        std::find_if(kRefused.begin(), kRefused.end(), [&](const RefusedOption& each) { return each.name == name; });
    if (refused != kRefused.end()) {
      return fail("pip-option-unsupported", word.origin.front(), name.size(), shown + " cannot be part of a lock",
                  std::string(refused->why), "remove it");
    }
    std::vector<std::string> names;
    for (const KnownOption& option : kOptions) names.emplace_back(option.name);
    const std::optional<std::string> meant = closest(name, names);
    return fail("pip-option-unknown", word.origin.front(), name.size(),
                shown + " is no option that a line of requirements can have", "",
                meant ? "did you mean `" + *meant + "`?" : "remove it");
  }

  /// pip takes the beginning of an option for it, when no other begins so.
  static std::optional<std::string> closest(const std::string& name, const std::vector<std::string>& names) {
    const auto begins = [&](const std::string& each) { return name.size() > 2 && each.starts_with(name); };
    if (std::count_if(names.begin(), names.end(), begins) == 1)
      return *std::find_if(names.begin(), names.end(), begins);
    return core::closest_match(name, names);
  }

  const LogicalLine& line_;
  std::vector<core::Diagnostic>& mistakes_;
  std::size_t next_ = 0;
};

}  // namespace

std::optional<SplitLine> split_line(const LogicalLine& line, std::vector<core::Diagnostic>& mistakes) {
  const std::string_view text = line.text();
  const std::size_t begin = begin_of_options(text);
  SplitLine split;
  split.requirement_end = begin;
  while (split.requirement_end > 0 && ascii::is_space(text[split.requirement_end - 1])) --split.requirement_end;
  if (!OptionReader(line, mistakes).read(begin, split.options)) return std::nullopt;
  return split;
}

}  // namespace envlock::pypi
