// What pip would do, in pip's order. Source: pip's documentation, "Configuration", and what pip itself does where that
// is silent: values of a stronger file replace those of a weaker one key by key; then [install] replaces [global], and
// the environment both.
#include "pip_configuration.h"

#include <algorithm>
#include <set>
#include <system_error>

#include "envlock/core/file.h"
#include "envlock/core/text.h"
#include "envlock/core/url.h"
#include "envlock/pypi/name.h"
#include "ini_file.h"

namespace envlock::pypi {
namespace {

namespace fs = std::filesystem;
using Environment = std::map<std::string, std::string>;

std::string look_up(const Environment& environment, const std::string& name) {
  const auto found = environment.find(name);
  return found == environment.end() ? std::string() : found->second;
}

[[noreturn]] void fail(const std::string& where, int line, std::string why) {
  core::Diagnostic found;
  found.code = "pip-config-invalid";
  found.what = "`" + core::printable(where, 400) + "` is no configuration that pip would take";
  found.why = {line > 0 ? "line " + std::to_string(line) + ": " + why : std::move(why)};
  found.hints = {"correct it, or set PIP_CONFIG_FILE to /dev/null to have all of pip's files passed over"};
  throw core::Error(std::move(found));
}

/// "index_url", "--index-url" and "Index-URL" are one key.
std::string normalize_key(std::string_view key) {
  std::string name = core::to_lower(key);
  std::replace(name.begin(), name.end(), '_', '-');
  return name.rfind("--", 0) == 0 ? name.substr(2) : name;
}

std::vector<std::string> split_words(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  for (const char c : std::string(text) + " ") {
    const bool space = c == ' ' || (c >= '\t' && c <= '\r');
    if (!space) {
      word += c;
    } else if (!word.empty()) {
      words.push_back(std::move(word));
      word.clear();
    }
  }
  return words;
}

/// A value and where it stands, for messages.
struct Value {
  std::string text, where;
};
/// Values of later files replace earlier ones, and keep their place: --no-binary and --only-binary take from each
/// other, so that their order counts.
class Values {
 public:
  struct Item {
    std::string section, key;
    Value value;
  };
  void set(const std::string& section, const std::string& key, Value value) {
    for (Item& item : items_) {
      if (item.section != section || item.key != key) continue;
      item.value = std::move(value);
      return;
    }
    items_.push_back({section, key, std::move(value)});
  }
  const std::vector<Item>& all() const { return items_; }

 private:
  std::vector<Item> items_;
};

void read_into(Values& values, const fs::path& path) {
  std::error_code ignored;
  if (!fs::exists(path, ignored)) return;
  const std::string bytes = core::read_file(path, 16 << 20);
  const std::optional<std::string> text = core::is_valid_utf8(bytes) ? std::optional(bytes) : std::nullopt;
  if (!text) fail(path.string(), 0, "it is no UTF-8");
  try {
    for (const IniFile::Section& section : parse_ini(*text).sections) {
      for (const auto& [key, value] : section.items) {
        values.set(section.name, normalize_key(key), {value, path.string()});
      }
    }
  } catch (const IniFault& fault) {
    fail(path.string(), fault.line, fault.why);
  }
}

/// From the weakest to the strongest.
std::vector<fs::path> files_of(const fs::path& etc, const Environment& environment, const fs::path& home) {
  const std::string own = look_up(environment, "PIP_CONFIG_FILE");
  if (own == "/dev/null") return {};
  std::vector<fs::path> files;
  std::string folders = look_up(environment, "XDG_CONFIG_DIRS");
  if (core::trim(folders).empty()) folders = (etc / "xdg").string();
  for (const std::string_view folder : core::split(folders, ':')) {
    files.push_back(fs::path(std::string(folder)) / "pip" / "pip.conf");
  }
  files.push_back(etc / "pip.conf");
  std::error_code ignored;
  if (own.empty() || !fs::exists(own, ignored)) {
    std::string config = look_up(environment, "XDG_CONFIG_HOME");
    if (core::trim(config).empty()) config = (home / ".config").string();
    files.push_back(home / ".pip" / "pip.conf");
    files.push_back(fs::path(config) / "pip" / "pip.conf");
  }
  for (const char* variable : {"VIRTUAL_ENV", "CONDA_PREFIX"}) {
    const std::string prefix = look_up(environment, variable);
    if (prefix.empty()) continue;
    files.push_back(fs::path(prefix) / "pip.conf");
    break;
  }
  if (!own.empty()) files.push_back(own);
  return files;
}

bool parse_flag(const std::string& key, const Value& value) {
  const std::string text = core::to_lower(value.text);
  for (const char* yes : {"y", "yes", "t", "true", "on", "1"}) {
    if (text == yes) return true;
  }
  for (const char* no : {"n", "no", "f", "false", "off", "0"}) {
    if (text == no) return false;
  }
  fail(value.where, 0, "`" + key + "` is `" + core::printable(value.text) + "` and neither yes nor no");
}

/// The names of --no-binary and --only-binary: each takes from the other what it gets.
struct FormatControl {
  std::set<std::string> no_binary, only_binary;

  static void take(const std::string& text, std::set<std::string>& target, std::set<std::string>& other) {
    std::vector<std::string> names;
    for (const std::string_view name : core::split(text, ',')) names.emplace_back(name);
    auto begin = names.begin();
    for (auto all = std::find(begin, names.end(), ":all:"); all != names.end();
         all = std::find(begin, names.end(), ":all:")) {
      other.clear();
      target = {":all:"};
      begin = all + 1;
      if (std::find(begin, names.end(), ":none:") == names.end()) return;
    }
    for (; begin != names.end(); ++begin) {
      if (*begin == ":none:") {
        target.clear();
        continue;
      }
      const std::string name = normalize_name(*begin);
      other.erase(name);
      target.insert(name);
    }
  }
};

class Reader {
 public:
  Reader(const fs::path& home, core::Notes& notes) : home_(home), notes_(notes) {}

  void apply(const std::string& key, const Value& value) {
    if (value.text.empty()) return;
    if (key == "index-url" || key == "pypi-url") {
      configuration.index_url = value.text;
    } else if (key == "extra-index-url") {
      configuration.extra_index_urls = split_words(value.text);
    } else if (key == "find-links") {
      configuration.find_links = places(value.text);
    } else if (key == "no-index") {
      configuration.no_index = parse_flag(key, value);
    } else if (key == "pre") {
      configuration.pre = parse_flag(key, value);
    } else if (key == "cert") {
      configuration.certificate = expand_home(value.text);
    } else if (key == "client-cert") {
      configuration.client_certificate = expand_home(value.text);
    } else if (key == "proxy") {
      configuration.proxy = value.text;
    } else if (key == "trusted-host") {
      configuration.trusted_hosts = split_words(value.text);
    } else if (key == "no-binary") {
      FormatControl::take(value.text, formats_.no_binary, formats_.only_binary);
    } else if (key == "only-binary") {
      FormatControl::take(value.text, formats_.only_binary, formats_.no_binary);
    } else if (key == "constraint" || key == "requirement") {
      note_ignored(key, value);
    }
  }

  PipConfiguration finish() {
    configuration.no_binary = {formats_.no_binary.begin(), formats_.no_binary.end()};
    configuration.only_binary = {formats_.only_binary.begin(), formats_.only_binary.end()};
    return std::move(configuration);
  }

  PipConfiguration configuration;

 private:
  std::string expand_home(const std::string& path) const {
    if (path == "~") return home_.string();
    return path.rfind("~/", 0) == 0 ? (home_ / path.substr(2)).string() : path;
  }
  std::vector<std::string> places(const std::string& text) const {
    std::vector<std::string> found;
    for (const std::string& word : split_words(text)) {
      found.push_back(core::looks_like_url(word) || word.rfind("file:", 0) == 0
                          ? word
                          : fs::absolute(expand_home(word)).lexically_normal().string());
    }
    return found;
  }
  void note_ignored(const std::string& key, const Value& value) {
    core::Diagnostic note;
    note.code = "pip-config-ignored";
    note.what = "`" + key + "` of pip's configuration does not count here";
    note.why = {"it stands in " + core::printable(value.where, 400),
                "a lock depends on environment.yml and the files that it names, and on no file of the machine's"};
    note.hints = {key == "constraint" ? "write `-c FILE` into the `pip:` list"
                                      : "write `-r FILE` into the `pip:` list"};
    notes_.note(std::move(note));
  }

  const fs::path& home_;
  core::Notes& notes_;
  FormatControl formats_;
};

Values values_of_environment(const Environment& environment) {
  Values values;
  for (const auto& [name, text] : environment) {
    if (name.rfind("PIP_", 0) == 0) values.set(":env:", normalize_key(name.substr(4)), {text, name});
  }
  return values;
}

}  // namespace

PipConfiguration read_pip_configuration_below(const fs::path& etc, const Environment& environment, const fs::path& home,
                                              core::Notes& notes) {
  Values values = values_of_environment(environment);
  for (const fs::path& file : files_of(etc, environment, home)) read_into(values, file);
  Reader reader(home, notes);
  for (const char* section : {"global", "install", ":env:"}) {
    for (const Values::Item& item : values.all()) {
      if (item.section == section) reader.apply(item.key, item.value);
    }
  }
  return reader.finish();
}

PipConfiguration read_pip_configuration(const Environment& environment, const fs::path& home, core::Notes& notes) {
  return read_pip_configuration_below("/etc", environment, home, notes);
}

}  // namespace envlock::pypi
