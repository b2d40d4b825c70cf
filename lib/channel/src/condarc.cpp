#include "envlock/channel/condarc.h"

#include <array>
#include <cmath>

#include "condarc_files.h"
#include "condarc_settings.h"
#include "envlock/core/file.h"
#include "envlock/core/text.h"
#include "envlock/core/url.h"

namespace envlock::channel {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kLargestFile = 1 << 20;

std::string home_expanded(const std::string& path, const CondarcEnvironment& environment) {
  return path.substr(0, 2) == "~/" ? (environment.home / path.substr(2)).string() : path;
}

/// A file that a setting names; one that is not there is a problem now rather than a riddle of TLS later.
std::string existing_file(Settings& settings, const RawScalar& value, const std::string& key,
                          const CondarcEnvironment& environment) {
  const std::string path = home_expanded(value.text, environment);
  std::error_code error;
  if (!path.empty() && !fs::exists(path, error)) {
    settings.problem(value.where, "`" + key + "` names `" + core::printable(path) + "`, which does not exist");
  }
  return path;
}

void read_channels(Settings& settings, Condarc& out) {
  out.channels = settings.list("channels");
  if (auto channels = settings.list("default_channels"); !channels.empty()) out.default_channels = std::move(channels);
  out.custom_multichannels = settings.lists("custom_multichannels");
  out.mirrored_channels = settings.lists("mirrored_channels");
  out.allowlist_channels = settings.list("allowlist_channels");
  out.denylist_channels = settings.list("denylist_channels");
  for (const auto& [name, value] : settings.scalars("custom_channels")) {
    if (!value.text.empty()) out.custom_channels[name] = value.text;
  }
  const std::optional<RawScalar> alias = settings.scalar("channel_alias");
  if (alias && !core::looks_like_url(alias->text)) {
    settings.problem(alias->where, "`channel_alias` must be an address such as https://conda.anaconda.org");
  } else if (alias) {
    out.channel_alias = alias->text;
  }
}

void read_priority(Settings& settings, Condarc& out) {
  const std::optional<RawScalar> value = settings.scalar("channel_priority");
  if (!value) return;
  const std::string word = core::to_lower(core::trim(value->text));
  if (word == "strict") {
    out.channel_priority = conda::ChannelPriority::strict;
  } else if (word == "flexible" || parse_truth(word) == true) {
    out.channel_priority = conda::ChannelPriority::flexible;
  } else if (word == "disabled" || parse_truth(word) == false) {
    out.channel_priority = conda::ChannelPriority::disabled;
  } else {
    const std::vector<std::string> words{"strict", "flexible", "disabled"};
    const std::optional<std::string> near = core::closest_match(word, words);
    settings.problem(value->where, "`channel_priority` must be `strict`, `flexible` or `disabled`",
                     near ? std::vector<std::string>{"did you mean `" + *near + "`?"} : std::vector<std::string>{});
  }
}

/// The certificates that requests, and so conda, takes from the environment when .condarc says nothing.
std::string ca_bundle_of_environment(const CondarcEnvironment& environment) {
  for (const std::string_view name : {"REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"}) {
    if (const std::optional<std::string> path = environment.variable(name); path && !path->empty()) return *path;
  }
  return {};
}

void read_tls(Settings& settings, const CondarcEnvironment& environment, fetch::NetworkOptions& out) {
  if (const std::optional<RawScalar> verify = settings.scalar("ssl_verify")) {
    const std::string word = core::to_lower(core::trim(verify->text));
    const std::optional<bool> truth = parse_truth(word);
    if (truth || word == "<false>") {
      out.verify_tls = truth.value_or(false);
      if (out.verify_tls) out.ca_bundle = ca_bundle_of_environment(environment);
    } else if (word != "truststore" && word != "<system>") {
      out.ca_bundle = existing_file(settings, *verify, "ssl_verify", environment);
    }
  } else {
    out.ca_bundle = ca_bundle_of_environment(environment);
  }
  if (const std::optional<RawScalar> file = settings.scalar("client_ssl_cert")) {
    out.client_certificate = existing_file(settings, *file, "client_ssl_cert", environment);
  }
  if (const std::optional<RawScalar> file = settings.scalar("client_ssl_cert_key")) {
    out.client_key = existing_file(settings, *file, "client_ssl_cert_key", environment);
  }
}

void read_network(Settings& settings, const CondarcEnvironment& environment, fetch::NetworkOptions& out) {
  out.offline = settings.truth("offline").value_or(out.offline);
  for (const auto& [key, value] : settings.scalars("proxy_servers")) {
    // A proxy of null or "" means none, in spite of the environment's variables.
    out.proxies[core::to_lower(key)] = value.is_null || core::to_lower(value.text) == "none" ? "" : value.text;
  }
  const auto seconds = [&](std::string_view key, int& target) {
    if (const std::optional<double> value = settings.number(key, 1, 3600)) target = static_cast<int>(std::ceil(*value));
  };
  seconds("remote_connect_timeout_secs", out.connect_timeout_seconds);
  seconds("remote_read_timeout_secs", out.stall_timeout_seconds);
  if (const auto retries = settings.number("remote_max_retries", 0, 20)) out.retries = static_cast<int>(*retries);
  if (const auto base = settings.number("remote_backoff_factor", 0, 60)) out.retry_base_seconds = *base;
  read_tls(settings, environment, out);
}

/// Where conda-build leaves its packages, when it has.
std::string find_local_channel(Settings& settings, const CondarcEnvironment& environment) {
  std::vector<fs::path> places;
  for (const std::string_view key : {"bld_path", "croot"}) {
    if (const std::optional<RawScalar> path = settings.scalar(key)) {
      places.emplace_back(home_expanded(path->text, environment));
    }
  }
  if (const auto prefix = environment.variable("CONDA_PREFIX"); prefix && !prefix->empty()) {
    places.push_back(fs::path(*prefix) / "conda-bld");
  }
  if (!environment.home.empty()) places.push_back(environment.home / "conda-bld");
  std::error_code error;
  for (const fs::path& place : places) {
    if (place.is_absolute() && fs::is_directory(place, error)) return place.string();
  }
  return {};
}

}  // namespace

Condarc read_condarc(const CondarcEnvironment& environment, core::Notes& notes) {
  std::vector<core::Diagnostic> problems;
  Settings settings(environment, problems);
  Condarc condarc;
  for (const fs::path& file : find_condarc_files(environment, notes)) {
    try {
      settings.add_file(core::read_file(file, kLargestFile), file.string(), notes);
      condarc.files.push_back(file.string());
    } catch (const core::Error& error) {
      problems.insert(problems.end(), error.diagnostics().begin(), error.diagnostics().end());
    }
  }
  settings.add_variables();
  read_channels(settings, condarc);
  read_priority(settings, condarc);
  read_network(settings, environment, condarc.network);
  condarc.local_channel = find_local_channel(settings, environment);
  if (!problems.empty()) throw core::Error(std::move(problems));
  return condarc;
}

CondarcEnvironment process_environment() {
  CondarcEnvironment environment;
  environment.variable = [](std::string_view name) { return core::environment_variable(name); };
  environment.home = core::environment_variable("HOME").value_or("");
  return environment;
}

}  // namespace envlock::channel
