#include "envlock/spec/policy.h"

#include "envlock/core/file.h"
#include "envlock/core/text.h"
#include "envlock/core/time.h"
#include "envlock/core/url.h"
#include "envlock/pypi/name.h"
#include "platform_name.h"
#include "source.h"

#define TOML_EXCEPTIONS 1
#define TOML_UNRELEASED_FEATURES 0
#include <toml++/toml.h>

#include <algorithm>
#include <set>

namespace envlock::spec {
namespace {

constexpr std::uint64_t kMaxFileBytes = std::uint64_t{4} << 20;

class PolicyReader {
 public:
  PolicyReader(const Source& source, core::Notes& notes) : source_(source), notes_(notes) {}

  Policy read() {
    toml::table table;
    try {
      table = toml::parse(source_.text(), source_.file());
    } catch (const toml::parse_error& error) {
      std::string message(error.description());
      throw core::Error({.code = "malformed-toml",
                         .what = "the file is not TOML: " + core::printable(message, 400),
                         .where = span(error.source()),
                         .why = {},
                         .hints = {}});
    }
    for (const auto& [key, value] : in_order(table)) read_key(*key, *value);
    std::sort(policy_.platforms.begin(), policy_.platforms.end(),
              [](const conda::Platform& left, const conda::Platform& right) { return left.name < right.name; });
    if (!mistakes_.empty()) throw core::Error(std::move(mistakes_));
    return std::move(policy_);
  }

 private:
  using Member = std::pair<const toml::key*, const toml::node*>;

  // toml++ keeps tables sorted by key; people read from top to bottom.
  static std::vector<Member> in_order(const toml::table& table) {
    std::vector<Member> members;
    for (const auto& [key, value] : table) members.emplace_back(&key, &value);
    std::stable_sort(members.begin(), members.end(), [](const Member& left, const Member& right) {
      const toml::source_position a = left.first->source().begin;
      const toml::source_position b = right.first->source().begin;
      return std::pair(a.line, a.column) < std::pair(b.line, b.column);
    });
    return members;
  }

  // toml++ counts columns in code points too, from 1.
  core::SourceSpan span(const toml::source_region& region) const {
    if (region.begin.line == 0) return source_.whole();
    core::SourceSpan span = source_.line_span(static_cast<int>(region.begin.line) - 1);
    span.column = static_cast<int>(region.begin.column);
    if (region.end.line == region.begin.line && region.end.column > region.begin.column) {
      span.length = static_cast<int>(region.end.column - region.begin.column);
    }
    return span;
  }

  void mistake(std::string code, std::string what, const toml::source_region& where, std::vector<std::string> hints) {
    mistakes_.push_back(
        {.code = std::move(code), .what = std::move(what), .where = span(where), .why = {}, .hints = std::move(hints)});
  }

  void warn_of_key(const toml::key& key, const std::string& table, const std::vector<std::string>& known) {
    const auto meant = core::closest_match(key.str(), known);
    notes_.warning(
        {.code = "unknown-key",
         .what = "`" + core::printable(key.str(), 60) + "` is not a key of " + table,
         .where = span(key.source()),
         .why = meant ? std::vector<std::string>{} : std::vector<std::string>{"it is ignored"},
         .hints = meant ? std::vector<std::string>{"did you mean `" + *meant + "`?"} : std::vector<std::string>{}});
  }

  std::optional<std::string> text_of(const toml::node& node, const std::string& role) {
    if (const auto text = node.value_exact<std::string>()) return *text;
    mistake("not-text", role + " must be text", node.source(), {"put it in quotes"});
    return std::nullopt;
  }

  void read_key(const toml::key& key, const toml::node& value) {
    if (key == "exclude-newer") {
      read_exclude_newer(value);
    } else if (key == "channel-priority") {
      read_channel_priority(value);
    } else if (key == "platforms") {
      read_platforms(value);
    } else if (key == "probe") {
      read_probe(value);
    } else if (key == "pypi") {
      read_pypi(value);
    } else if (is_unknown_class(key)) {
      read_unknown_class(value);
    } else {
      warn_of_key(key, "envlock.toml",
                  {"channel-priority", "exclude-newer", "platforms", "probe", "pypi", "unknown-class"});
    }
  }

  // Both spellings, with or without the table: there is one thing that it can mean.
  static bool is_unknown_class(const toml::key& key) { return key == "unknown-class" || key == "unknown_class"; }

  void read_probe(const toml::node& value) {
    const toml::table* probe = value.as_table();
    if (probe == nullptr) {
      mistake("invalid-policy", "`probe` must be a table", value.source(),
              {"write `[probe]`, and below it `unknown-class = \"fail\"`"});
      return;
    }
    for (const auto& [key, node] : in_order(*probe)) {
      if (is_unknown_class(*key)) {
        read_unknown_class(*node);
      } else {
        warn_of_key(*key, "the table `probe`", {"unknown-class"});
      }
    }
  }

  void read_pypi(const toml::node& value) {
    const toml::table* pypi = value.as_table();
    if (pypi == nullptr) {
      mistake("invalid-policy", "`pypi` must be a table", value.source(), {"write `[pypi.index]` or `[pypi.mapping]`"});
      return;
    }
    for (const auto& [key, node] : in_order(*pypi)) {
      const toml::table* table = node->as_table();
      if (*key != "index" && *key != "mapping") {
        warn_of_key(*key, "the table `pypi`", {"index", "mapping"});
      } else if (table == nullptr) {
        mistake("invalid-policy", "`pypi." + std::string(key->str()) + "` must be a table", node->source(),
                {"write `[pypi." + std::string(key->str()) + "]`, and a line for each name below it"});
      } else if (*key == "index") {
        read_pypi_indexes(*table);
      } else {
        read_pypi_mapping(*table);
      }
    }
  }

  void read_pypi_indexes(const toml::table& table) {
    for (const auto& [key, node] : in_order(table)) {
      const auto url = text_of(*node, "an index");
      if (!url || !is_pypi_name(key->str(), key->source())) continue;
      if (!core::looks_like_url(*url)) {
        mistake("invalid-policy", "`" + core::printable(*url, 80) + "` is not the address of an index", node->source(),
                {"write for example \"https://packages.example.org/simple\""});
        continue;
      }
      policy_.pypi_indexes[pypi::normalize_name(key->str())] = *url;
    }
  }

  void read_pypi_mapping(const toml::table& table) {
    for (const auto& [key, node] : in_order(table)) {
      std::vector<std::string>& names = policy_.pypi_mapping[std::string(key->str())];
      const auto add = [&](const toml::node& item) {
        const auto name = text_of(item, "the name of a PyPI project");
        if (name && is_pypi_name(*name, item.source())) names.push_back(pypi::normalize_name(*name));
      };
      if (const toml::array* list = node->as_array()) {
        for (const toml::node& item : *list) add(item);
      } else {
        add(*node);
      }
    }
  }

  bool is_pypi_name(std::string_view name, const toml::source_region& where) {
    if (pypi::is_valid_name(name)) return true;
    mistake("invalid-policy", "`" + core::printable(name, 60) + "` cannot be the name of a PyPI project", where, {});
    return false;
  }

  void read_unknown_class(const toml::node& value) {
    const auto text = text_of(value, "`unknown-class`");
    if (!text) return;
    if (*text != "fail" && *text != "notice") {
      const auto meant = core::closest_match(*text, std::vector<std::string>{"fail", "notice"});
      mistake("invalid-policy",
              "`" + core::printable(*text, 60) + "` is not what can be done about an unknown class of hardware",
              value.source(), {meant ? "did you mean `" + *meant + "`?" : "write fail or notice"});
      return;
    }
    if (policy_.unknown_class_fails) {
      mistake("invalid-policy", "`unknown-class` is given twice", value.source(), {"keep one of them"});
      return;
    }
    policy_.unknown_class_fails = *text == "fail";
  }

  void read_exclude_newer(const toml::node& value) {
    std::string text;
    if (value.is_date() || value.is_date_time()) {
      // A TOML date without quotes means the same; its own text is what people see in messages.
      const toml::source_region& region = value.source();
      const std::string_view line = source_.line(static_cast<int>(region.begin.line) - 1);
      const std::size_t begin = std::min<std::size_t>(region.begin.column - 1, line.size());
      text = std::string(core::trim(line.substr(begin, region.end.column - region.begin.column)));
    } else if (const auto written = text_of(value, "`exclude-newer`")) {
      text = *written;
    } else {
      return;
    }
    if (!core::parse_time(text)) {
      mistake("invalid-time", "`" + core::printable(text, 60) + "` is not a time", value.source(),
              {"write a date such as \"2026-03-01\" or a time such as \"2026-03-01T10:00:00Z\""});
      return;
    }
    policy_.exclude_newer = text;
  }

  void read_channel_priority(const toml::node& value) {
    const auto text = text_of(value, "`channel-priority`");
    if (!text) return;
    const std::vector<std::string> known = {"strict", "flexible", "disabled"};
    if (*text == "strict") {
      policy_.channel_priority = conda::ChannelPriority::strict;
    } else if (*text == "flexible") {
      policy_.channel_priority = conda::ChannelPriority::flexible;
    } else if (*text == "disabled") {
      policy_.channel_priority = conda::ChannelPriority::disabled;
    } else {
      const auto meant = core::closest_match(*text, known);
      mistake("invalid-policy", "`" + core::printable(*text, 60) + "` is not a channel priority", value.source(),
              {meant ? "did you mean `" + *meant + "`?" : "write strict, flexible or disabled"});
    }
  }

  void read_platforms(const toml::node& value) {
    const toml::table* platforms = value.as_table();
    if (platforms == nullptr) {
      mistake("invalid-policy", "`platforms` must be a table of profiles", value.source(),
              {"write `[platforms.NAME]` with `subdir` and `virtual-packages`"});
      return;
    }
    for (const auto& [name, profile] : in_order(*platforms)) read_platform(*name, *profile);
  }

  void read_platform(const toml::key& key, const toml::node& value) {
    const std::string name(key.str());
    const toml::table* profile = value.as_table();
    if (profile == nullptr) {
      mistake("invalid-policy", "the profile `" + core::printable(name, 60) + "` must be a table", value.source(),
              {"write `[platforms." + core::printable(name, 60) + "]`"});
      return;
    }
    std::string subdir;
    std::vector<conda::VirtualPackage> packages;
    const std::size_t mistakes_before = mistakes_.size();
    if (auto wrong = check_platform_name(name)) {
      wrong->where = span(key.source());
      mistakes_.push_back(std::move(*wrong));
    }
    for (const auto& [member, node] : in_order(*profile)) {
      if (*member == "subdir") {
        subdir = read_subdir(*node);
      } else if (*member == "virtual-packages") {
        packages = read_virtual_packages(*node);
      } else {
        warn_of_key(*member, "a platform profile", {"subdir", "virtual-packages"});
      }
    }
    if (mistakes_.size() > mistakes_before) return;
    if (subdir.empty() && conda::is_known_subdir(name)) subdir = name;
    if (subdir.empty()) {
      mistake("invalid-policy", "the profile `" + core::printable(name, 60) + "` does not say its subdir", key.source(),
              {"add `subdir = \"linux-64\"`, or whichever it is"});
      return;
    }
    if (conda::is_known_subdir(name) && subdir != name) {
      mistake("invalid-policy", "the profile `" + name + "` bears the name of a subdir, and is one of `" + subdir + "`",
              key.source(), {"name it otherwise, for example `" + subdir + "-cuda12`"});
      return;
    }
    policy_.platforms.push_back(conda::make_platform(name, subdir, packages));
  }

  std::string read_subdir(const toml::node& node) {
    const auto text = text_of(node, "`subdir`");
    if (!text) return {};
    if (conda::is_known_subdir(*text)) return *text;
    const auto meant = core::closest_match(*text, conda::known_subdirs());
    mistake("unknown-platform", "`" + core::printable(*text, 60) + "` is not a subdir", node.source(),
            {meant ? "did you mean `" + *meant + "`?" : "known are " + core::join(conda::known_subdirs(), ", ")});
    return {};
  }

  std::vector<conda::VirtualPackage> read_virtual_packages(const toml::node& node) {
    std::vector<conda::VirtualPackage> packages;
    const toml::array* list = node.as_array();
    if (list == nullptr) {
      mistake("invalid-policy", "`virtual-packages` must be a list", node.source(),
              {"write for example [\"__cuda=12.9\", \"__glibc=2.36\"]"});
      return packages;
    }
    std::set<std::string> seen;
    for (const toml::node& item : *list) {
      const auto text = text_of(item, "a virtual package");
      if (!text) continue;
      try {
        conda::VirtualPackage package = conda::parse_virtual_package(*text);
        if (!seen.insert(package.name).second) {
          mistake("invalid-policy", "`" + package.name + "` is given twice in one profile", item.source(),
                  {"keep one of them"});
          continue;
        }
        packages.push_back(std::move(package));
      } catch (const core::Error& error) {
        for (core::Diagnostic diagnostic : error.diagnostics()) {
          diagnostic.where = span(item.source());
          mistakes_.push_back(std::move(diagnostic));
        }
      }
    }
    return packages;
  }

  const Source& source_;
  core::Notes& notes_;
  Policy policy_;
  std::vector<core::Diagnostic> mistakes_;
};

}  // namespace

Policy parse_policy(std::string_view bytes, std::string file, core::Notes& notes) {
  const auto text = core::decode_text(bytes);
  if (!text) {
    core::SourceSpan where;
    where.file = std::move(file);
    throw core::Error({.code = "not-utf-8",
                       .what = "the file is neither UTF-8 nor UTF-16",
                       .where = std::move(where),
                       .why = {},
                       .hints = {"save it as UTF-8"}});
  }
  const Source source(std::move(file), *text);
  return PolicyReader(source, notes).read();
}

Policy read_policy(const std::filesystem::path& file, core::Notes& notes) {
  return parse_policy(core::read_file(file, kMaxFileBytes), core::printable(file.string(), 4096), notes);
}

}  // namespace envlock::spec
