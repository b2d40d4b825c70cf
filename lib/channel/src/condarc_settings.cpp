#include "condarc_settings.h"

#include <algorithm>
#include <array>

#include "envlock/core/text.h"
#include "envlock/core/url.h"

namespace envlock::channel {

struct Settings::Setting {
  std::string_view key;
  std::string_view alias;  ///< another spelling that conda takes
  Kind kind;
};

const Settings::Setting* Settings::find(std::string_view key) {
  static constexpr std::array<Setting, 20> kSettings{{
      {"allowlist_channels", "whitelist_channels", Kind::list},
      {"bld_path", "", Kind::scalar},
      {"channel_alias", "", Kind::scalar},
      {"channel_priority", "", Kind::scalar},
      {"channels", "channel", Kind::list},
      {"client_ssl_cert", "client_cert", Kind::scalar},
      {"client_ssl_cert_key", "client_cert_key", Kind::scalar},
      {"croot", "", Kind::scalar},
      {"custom_channels", "", Kind::map_of_scalars},
      {"custom_multichannels", "", Kind::map_of_lists},
      {"default_channels", "", Kind::list},
      {"denylist_channels", "", Kind::list},
      {"mirrored_channels", "", Kind::map_of_lists},
      {"offline", "", Kind::scalar},
      {"proxy_servers", "", Kind::map_of_scalars},
      {"remote_backoff_factor", "", Kind::scalar},
      {"remote_connect_timeout_secs", "", Kind::scalar},
      {"remote_max_retries", "", Kind::scalar},
      {"remote_read_timeout_secs", "", Kind::scalar},
      {"ssl_verify", "verify_ssl", Kind::scalar},
  }};
  for (const Setting& setting : kSettings) {
    if (setting.key == key || (!setting.alias.empty() && setting.alias == key)) return &setting;
  }
  return nullptr;
}

namespace {

/// Settings of conda that would bear on a lock and that are not heeded: whoever wrote them is told.
constexpr std::array<std::string_view, 9> kNotHeeded{
    "channel_settings",          "disallow",        "disallowed_packages", "migrated_channel_aliases",
    "override_virtual_packages", "pinned_packages", "track_features",      "use_only_tar_bz2",
    "virtual_packages"};

bool is_not_heeded(std::string_view key) {
  return std::find(kNotHeeded.begin(), kNotHeeded.end(), key) != kNotHeeded.end();
}

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return out;
}

/// core::expand_variables takes a plain function; this is how it finds the environment that a test hands in.
thread_local const CondarcEnvironment* t_environment = nullptr;

std::optional<std::string> look_up(std::string_view name) {
  return t_environment->variable(name);
}

}  // namespace

Interest Settings::interest(std::string_view key) {
  if (find(key) != nullptr) return Interest::value;
  return is_not_heeded(key) ? Interest::presence : Interest::none;
}

void Settings::problem(const core::SourceSpan& where, std::string what, std::vector<std::string> hints) {
  core::Diagnostic diagnostic;
  diagnostic.code = "condarc-invalid";
  diagnostic.what = std::move(what);
  diagnostic.where = where;
  diagnostic.hints = std::move(hints);
  problems_.push_back(std::move(diagnostic));
}

void Settings::add_file(std::string_view bytes, const std::string& file, core::Notes& notes) {
  RawSource source = parse_condarc(bytes, file, &Settings::interest, problems_);
  for (const auto& [key, value] : source) {
    if (!is_not_heeded(key)) continue;
    core::Diagnostic diagnostic;
    diagnostic.code = "condarc-ignored";
    diagnostic.what = "`" + key + "` of .condarc is not heeded";
    diagnostic.where = value.where;
    diagnostic.hints = {"what a lock depends on stands in environment.yml, envlock.toml and on the command line"};
    notes.note(std::move(diagnostic));
  }
  take(std::move(source));
}

void Settings::take(RawSource source) {
  for (auto& [key, value] : source) {
    const Setting* setting = find(key);
    if (setting == nullptr || !check(key, value, setting->kind)) continue;
    values_[std::string(setting->key)].push_back(std::move(value));
  }
}

/// False: the value does not count; with a problem unless it is null, which says nothing.
bool Settings::check(const std::string& key, const RawValue& value, Kind kind) {
  const bool is_scalar = std::holds_alternative<RawScalar>(value.value);
  const bool is_null = is_scalar && std::get<RawScalar>(value.value).is_null;
  if (is_null) return false;
  if (kind == Kind::scalar) {
    if (!is_scalar) problem(value.where, "`" + key + "` must be a single value");
    return is_scalar;
  }
  if (kind == Kind::list) {
    const bool is_list = std::holds_alternative<RawList>(value.value);
    if (!is_list) problem(value.where, "`" + key + "` must be a list", {"write each item on its own line after `- `"});
    return is_list;
  }
  const auto* members = std::get_if<std::map<std::string, RawValue>>(&value.value);
  if (members == nullptr) {
    problem(value.where, "`" + key + "` must be a map", {"write each member on its own line as `name: value`"});
    return false;
  }
  for (const auto& [name, member] : *members) {
    const bool fits = kind == Kind::map_of_lists ? std::holds_alternative<RawList>(member.value)
                                                 : std::holds_alternative<RawScalar>(member.value);
    if (fits) continue;
    problem(member.where, "`" + core::printable(name) + "` in `" + key + "` must be " +
                              (kind == Kind::map_of_lists ? "a list" : "a single text"));
    return false;
  }
  return true;
}

/// CONDA_CHANNELS, CONDA_OFFLINE and so on, above all files. Lists are parted by commas; maps have no form as a
/// variable.
void Settings::add_variables() {
  for (const std::string_view key : {"allowlist_channels",
                                     "bld_path",
                                     "channel_alias",
                                     "channel_priority",
                                     "channel",
                                     "channels",
                                     "client_cert",
                                     "client_ssl_cert",
                                     "client_cert_key",
                                     "client_ssl_cert_key",
                                     "croot",
                                     "default_channels",
                                     "denylist_channels",
                                     "offline",
                                     "remote_backoff_factor",
                                     "remote_connect_timeout_secs",
                                     "remote_max_retries",
                                     "remote_read_timeout_secs",
                                     "ssl_verify",
                                     "verify_ssl",
                                     "whitelist_channels"}) {
    const std::string name = "CONDA_" + upper(key);
    const std::optional<std::string> text = environment_.variable(name);
    if (!text || text->empty()) continue;
    RawValue value;
    value.where.file = name;
    value.where.text = core::printable(core::without_secrets(*text));
    RawScalar whole;
    whole.where = value.where;
    whole.text = *text;
    value.value = whole;
    const Setting* setting = find(key);
    if (setting->kind == Kind::list) {
      RawList list;
      for (const std::string_view part : core::split(*text, ',')) {
        RawScalar item = whole;
        item.text = std::string(core::trim(part));
        if (!item.text.empty()) list.items.push_back(std::move(item));
      }
      value.value = std::move(list);
    }
    values_[std::string(setting->key)].push_back(std::move(value));
  }
}

std::string Settings::expand(const std::string& text) const {
  t_environment = &environment_;
  std::string expanded = core::expand_variables(text, &look_up);
  t_environment = nullptr;
  return expanded;
}

const std::vector<RawValue>* Settings::sources(std::string_view key) const {
  const auto found = values_.find(key);
  return found == values_.end() ? nullptr : &found->second;
}

std::vector<std::string> Settings::texts(const std::vector<RawScalar>& items) const {
  std::vector<std::string> out;
  for (const RawScalar& item : items) {
    if (std::string text = expand(item.text); !text.empty()) out.push_back(std::move(text));
  }
  return out;
}

std::optional<RawScalar> Settings::scalar(std::string_view key) {
  const std::vector<RawValue>* all = sources(key);
  if (all == nullptr) return std::nullopt;
  RawScalar value = merge_scalars(*all);
  value.text = expand(value.text);
  return value;
}

std::vector<std::string> Settings::list(std::string_view key) {
  const std::vector<RawValue>* all = sources(key);
  return all == nullptr ? std::vector<std::string>() : texts(merge_lists(*all));
}

std::map<std::string, RawScalar> Settings::scalars(std::string_view key) {
  std::map<std::string, RawScalar> out;
  const std::vector<RawValue>* all = sources(key);
  if (all == nullptr) return out;
  for (const auto& [name, value] : merge_maps(*all)) {
    RawScalar member = std::get<RawScalar>(value.value);
    member.text = expand(member.text);
    out.emplace(name, std::move(member));
  }
  return out;
}

std::map<std::string, std::vector<std::string>> Settings::lists(std::string_view key) {
  std::map<std::string, std::vector<std::string>> out;
  const std::vector<RawValue>* all = sources(key);
  if (all == nullptr) return out;
  for (const auto& [name, value] : merge_maps(*all)) out.emplace(name, texts(std::get<RawList>(value.value).items));
  return out;
}

std::optional<bool> parse_truth(std::string_view text) {
  const std::string word = core::to_lower(core::trim(text));
  if (word == "true" || word == "yes" || word == "on" || word == "1" || word == "y") return true;
  if (word == "false" || word == "no" || word == "off" || word == "0" || word == "n") return false;
  return std::nullopt;
}

std::optional<bool> Settings::truth(std::string_view key) {
  const std::optional<RawScalar> value = scalar(key);
  if (!value) return std::nullopt;
  const std::optional<bool> parsed = parse_truth(value->text);
  if (!parsed) problem(value->where, "`" + std::string(key) + "` must be `true` or `false`");
  return parsed;
}

std::optional<double> Settings::number(std::string_view key, double least, double most) {
  const std::optional<RawScalar> value = scalar(key);
  if (!value) return std::nullopt;
  // strtod would follow the locale; a plain decimal number is all that makes sense here.
  const std::string text(core::trim(value->text));
  double number = 0;
  double unit = 1;
  bool valid = !text.empty() && text.size() <= 12 && text.front() != '.';
  bool fraction = false;
  for (const char c : text) {
    if (c == '.' && !fraction) {
      fraction = true;
    } else if (c >= '0' && c <= '9') {
      if (fraction) unit /= 10;
      number = fraction ? number + unit * (c - '0') : number * 10 + (c - '0');
    } else {
      valid = false;
    }
  }
  if (!valid) {
    problem(value->where, "`" + std::string(key) + "` must be a number that is not negative");
    return std::nullopt;
  }
  return std::clamp(number, least, most);
}

}  // namespace envlock::channel
