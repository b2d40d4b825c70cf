#include <algorithm>
#include <cctype>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "conflict_markers.h"
#include "document.h"
#include "envlock/conda/platform.h"
#include "envlock/core/file.h"
#include "envlock/core/text.h"
#include "envlock/core/time.h"
#include "envlock/lock/lock.h"
#include "format_names.h"
#include "json_fields.h"
#include "parse_pip.h"
#include "record_json.h"
#include "requests.h"

namespace envlock::lock {
namespace {

bool is_platform_name(std::string_view name) {
  return !name.empty() && name.size() <= 128 && name.front() != '-' && name.front() != '.' &&
         std::all_of(name.begin(), name.end(), [](unsigned char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
                  c == '.';
         });
}

Options read_options(Fields& lock) {
  Options options;
  const Json* json = lock.required("options", Json::Kind::object);
  if (json == nullptr) return options;
  Fields fields(*json, lock.mistakes());
  const std::string priority = fields.required_text("channel_priority");
  if (const auto known = parse_priority(priority)) {
    options.channel_priority = *known;
  } else if (!priority.empty()) {
    fields.mistakes().add(fields.place("channel_priority"),
                          "`channel_priority` must be `strict`, `flexible` or `disabled`");
  }
  if (fields.find("exclude_newer") != nullptr) {
    options.exclude_newer = core::parse_time(fields.text("exclude_newer"));
    if (!options.exclude_newer) {
      fields.mistakes().add(fields.place("exclude_newer"),
                            "`exclude_newer` must be a time such as 2026-03-02T10:00:00Z");
    }
  }
  options.exclude_newer_strict = fields.flag("exclude_newer_strict");
  fields.refuse_others();
  return options;
}

/// As environment.yml takes them.
bool is_variable_name(std::string_view name) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  const auto is_part = [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); };
  return !name.empty() && is_letter(name.front()) && std::all_of(name.begin(), name.end(), is_part);
}

std::map<std::string, std::string> read_variables(Fields& lock) {
  std::map<std::string, std::string> variables;
  for (const Json& item : lock.members("variables")) {
    if (!is_variable_name(item.key)) {
      lock.mistakes().add(item,
                          "`" + core::printable(item.key, 60) + "` cannot be the name of an environment variable");
    } else if (item.kind != Json::Kind::text) {
      lock.mistakes().add(item, "the value of a variable must be a string");
    } else if (item.text.find('\0') != std::string::npos) {
      lock.mistakes().add(item, "the value of a variable must not hold a NUL");
    } else {
      variables.emplace(item.key, item.text);
    }
  }
  return variables;
}

std::vector<conda::VirtualPackage> read_virtual_packages(Fields& platform) {
  std::vector<conda::VirtualPackage> facts;
  const Json* array = platform.required("virtual_packages", Json::Kind::array);
  if (array == nullptr) return facts;
  for (const Json& item : array->items) {
    bool readable = item.kind == Json::Kind::text;
    try {
      if (readable) facts.push_back(conda::parse_virtual_package(item.text));
    } catch (const core::Error&) {
      readable = false;
    }
    if (!readable) platform.mistakes().add(item, "a virtual package such as \"__glibc=2.28=0\" should stand here");
  }
  std::sort(facts.begin(), facts.end());
  for (std::size_t i = 1; i < facts.size(); ++i) {
    if (facts[i].name == facts[i - 1].name) {
      platform.mistakes().add(*array, "`" + facts[i].name + "` is assumed twice");
    }
  }
  return facts;
}

std::vector<ProvidedExtra> read_provided_extras(Fields& platform) {
  std::vector<ProvidedExtra> extras;
  if (platform.find("provided_extras") == nullptr) return extras;
  for (const Json& item : platform.elements("provided_extras")) {
    Fields fields(item, platform.mistakes());
    ProvidedExtra each;
    each.name = fields.required_text("name");
    each.version = fields.required_text("version");
    each.extra = fields.required_text("extra");
    each.requires_dist = fields.required_texts("requires_dist");
    fields.refuse_others();
    extras.push_back(std::move(each));
  }
  std::sort(extras.begin(), extras.end());
  return extras;
}

std::vector<LockedPlatform> read_platforms(Fields& lock) {
  std::vector<LockedPlatform> platforms;
  std::set<std::string> names;
  for (const Json& item : lock.elements("platforms")) {
    Fields fields(item, lock.mistakes());
    LockedPlatform each;
    each.platform.name = fields.required_text("name");
    each.platform.subdir = fields.required_text("subdir");
    each.platform.virtual_packages = read_virtual_packages(fields);
    each.provided_extras = read_provided_extras(fields);
    fields.refuse_others();
    for (const auto& [key, text] :
         {std::pair("name", &each.platform.name), std::pair("subdir", &each.platform.subdir)}) {
      if (text->empty() || is_platform_name(*text)) continue;
      lock.mistakes().add(fields.place(key), "`" + core::printable(*text) + "` is no name of a platform");
    }
    if (!names.insert(each.platform.name).second) {
      lock.mistakes().add(fields.place("name"), "platform `" + core::printable(each.platform.name) + "` stands twice");
    }
    platforms.push_back(std::move(each));
  }
  return platforms;
}

std::vector<conda::Request> read_requests(Fields& lock) {
  std::vector<conda::Request> requests;
  for (const Json& item : lock.elements("requests")) {
    Fields fields(item, lock.mistakes());
    conda::Request request;
    request.text = fields.required_text("spec");
    request.category = fields.required_text("category");
    request.selector = fields.text("selector");
    if (fields.find("implied_by") != nullptr) request.implied_by = fields.text("implied_by");
    fields.refuse_others();
    try {
      if (!request.text.empty()) request.spec = conda::MatchSpec::parse(request.text);
    } catch (const core::Error& error) {
      lock.mistakes().add(fields.place("spec"), error.diagnostics().front().what);
    }
    try {
      if (!request.selector.empty()) spec::selector_holds(request.selector, "linux-64");
    } catch (const core::Error& error) {
      lock.mistakes().add(fields.place("selector"), error.diagnostics().front().what);
    }
    requests.push_back(canonical(request));
  }
  return requests;
}

struct ReadPackage {
  LockedPackage package;
  std::map<std::string, std::vector<std::string>> uses;
  const Json* json = nullptr;
};

ReadPackage read_package(const Json& item, Mistakes& mistakes) {
  Fields fields(item, mistakes);
  ReadPackage each;
  each.json = &item;
  each.package.record = read_record(fields, HashRule::required);
  each.package.sha256_computed = fields.flag("sha256_computed");
  const Json* uses = fields.required("platforms", Json::Kind::object);
  if (uses != nullptr && uses->items.empty()) mistakes.add(*uses, "this package is on no platform");
  if (uses != nullptr) {
    for (const Json& use : uses->items) {
      std::vector<std::string> categories = texts_of(use, mistakes);
      std::sort(categories.begin(), categories.end());
      categories.erase(std::unique(categories.begin(), categories.end()), categories.end());
      if (use.kind == Json::Kind::array && categories.empty()) mistakes.add(use, "this package is in no category");
      each.uses.emplace(use.key, std::move(categories));
    }
  }
  fields.refuse_others();
  return each;
}

class LockReader {
 public:
  LockReader(const JsonDocument& document, const std::string& file, JsonSyntax syntax)
      : document_(document), mistakes_(document, file, "lock-invalid"), syntax_(syntax), pip_(mistakes_, syntax) {}

  Lock read() {
    Fields fields(document_.root(), mistakes_);
    for (const char* key : {"format", "version", "needs_envlock"}) fields.find(key);
    lock_.channels = read_channels(fields);
    lock_.options = read_options(fields);
    lock_.variables = read_variables(fields);
    lock_.platforms = read_platforms(fields);
    lock_.requests = read_requests(fields);
    for (const Json& item : fields.elements("packages")) packages_.push_back(read_package(item, mistakes_));
    pip_.read(fields);
    fields.refuse_others();
    link();
    pip_.link(lock_);
    mistakes_.throw_if_any();
    return std::move(lock_);
  }

 private:
  // Sorts, and turns names into indexes; names that lead nowhere are mistakes.
  void link() {
    std::sort(lock_.requests.begin(), lock_.requests.end(), comes_before);
    const auto by_name = [](const LockedPlatform& left, const LockedPlatform& right) {
      return left.platform.name < right.platform.name;
    };
    std::stable_sort(lock_.platforms.begin(), lock_.platforms.end(), by_name);
    for (LockedPlatform& each : lock_.platforms) platforms_.emplace(each.platform.name, &each);
    for (const conda::Channel& each : lock_.channels) channels_.insert(each.base);
    const auto place = [](const ReadPackage& each) {
      const conda::PackageRecord& record = each.package.record;
      return std::tie(record.name, record.channel, record.subdir, record.file_name);
    };
    std::stable_sort(packages_.begin(), packages_.end(),
                     [&](const ReadPackage& left, const ReadPackage& right) { return place(left) < place(right); });
    for (std::size_t i = 0; i < packages_.size(); ++i) {
      if (i > 0 && place(packages_[i]) == place(packages_[i - 1]) && syntax_ == JsonSyntax::strict) {
        mistakes_.add(*packages_[i].json, "`" + shown(packages_[i]) + "` stands twice in `packages`");
      }
      link_package(i);
    }
    for (ReadPackage& each : packages_) lock_.packages.push_back(std::move(each.package));
  }

  void link_package(std::size_t index) {
    const ReadPackage& each = packages_[index];
    const conda::PackageRecord& record = each.package.record;
    if (channels_.count(record.channel) == 0 && !record.channel.empty() && syntax_ == JsonSyntax::strict) {
      mistake(each, "channel", "the channel of `" + shown(each) + "` is not one of `channels`");
    }
    for (const auto& [name, categories] : each.uses) link_platform(index, name, categories);
  }

  void link_platform(std::size_t index, const std::string& name, const std::vector<std::string>& categories) {
    const ReadPackage& each = packages_[index];
    const auto found = platforms_.find(name);
    if (found == platforms_.end()) {
      if (syntax_ == JsonSyntax::merged) return;
      mistake(each, "platforms",
              "`" + shown(each) + "` is for platform `" + core::printable(name) + "`, which is not one of `platforms`");
      return;
    }
    LockedPlatform* const platform = found->second;
    const conda::PackageRecord& record = each.package.record;
    if (record.subdir != "noarch" && record.subdir != platform->platform.subdir) {
      mistake(each, "subdir",
              "`" + shown(each) + "` is of `" + core::printable(record.subdir) + "`, not of platform `" +
                  core::printable(name) + "`");
    }
    if (!seen_.emplace(name, record.name).second && syntax_ == JsonSyntax::strict) {
      mistake(each, "name",
              "platform `" + core::printable(name) + "` has two packages named `" + core::printable(record.name) + "`");
    }
    platform->packages.push_back({index, categories});
  }

  void mistake(const ReadPackage& package, std::string_view key, std::string what) {
    const Json* value = package.json->find(key);
    mistakes_.add(value == nullptr ? *package.json : *value, std::move(what));
  }

  static std::string shown(const ReadPackage& package) { return core::printable(package.package.record.file_name); }

  const JsonDocument& document_;
  Mistakes mistakes_;
  JsonSyntax syntax_;
  PipReader pip_;
  Lock lock_;
  std::vector<ReadPackage> packages_;
  std::set<std::string_view> channels_;
  std::map<std::string_view, LockedPlatform*> platforms_;
  std::set<std::pair<std::string, std::string>> seen_;
};

Lock parse_as(std::string_view text, const std::string& file, JsonSyntax syntax) {
  return with_document(text, file, syntax, "lock-invalid", [&](const JsonDocument& document) {
    require_format(document, file, {kFormatName, kFormatVersion, "lock-invalid"});
    return LockReader(document, file, syntax).read();
  });
}

}  // namespace

Lock parse(std::string_view text, const std::string& file) {
  if (const auto marker = find_conflict_marker(text)) {
    throw core::Error(
        {.code = "lock-conflict-markers",
         .what = "`" + core::printable(file) + "` holds the conflict markers of an unfinished merge",
         .where = span_of(text, file, *marker, *marker + 7),
         .hints = {"run `envlock lock`: it starts from the picks of both sides and writes the lock anew"}});
  }
  return parse_as(text, file, JsonSyntax::strict);
}

Lock read(const std::filesystem::path& file) {
  return parse(core::read_file(file), file.string());
}

std::optional<std::vector<Lock>> parse_conflicted(std::string_view text, const std::string& file) {
  if (!find_conflict_marker(text)) return std::nullopt;
  const auto [ours, theirs] = split_conflict(text, file);
  std::vector<Lock> sides;
  sides.push_back(parse_as(ours, file + " (our side)", JsonSyntax::merged));
  sides.push_back(parse_as(theirs, file + " (their side)", JsonSyntax::merged));
  return sides;
}

}  // namespace envlock::lock
