#include "envlock/snapshot/run_record.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <regex>

#include "envlock/core/json_writer.h"
#include "envlock/core/text.h"
#include "envlock/core/url.h"

namespace envlock::snapshot {
namespace {

using Json = nlohmann::json;

constexpr const char* kFormat = "envlock-run-record";
constexpr int kVersion = 1;

[[noreturn]] void refuse(const std::string& file, const std::string& why) {
  throw core::Error({.code = "run-record-invalid",
                     .what = "`" + core::printable(file) + "` is not a record of `envlock run`",
                     .where = std::nullopt,
                     .why = {why},
                     .hints = {}});
}

core::Sha256 digest(const Json& value, const std::string& file) {
  const std::optional<core::Sha256> parsed = core::parse_sha256(value.get<std::string>());
  if (!parsed) refuse(file, "a digest in it is not one");
  return *parsed;
}

std::string text(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found == object.end() ? std::string() : found->get<std::string>();
}

RunRecord read(const Json& json, const std::string& file) {
  RunRecord record;
  record.command = json.at("command").get<std::vector<std::string>>();
  record.exit_code = json.at("exit_code").get<int>();
  record.started = core::parse_time(json.at("started").get<std::string>()).value_or(0);
  record.milliseconds = json.at("milliseconds").get<std::uint64_t>();
  if (const auto lock = json.find("lock"); lock != json.end()) record.lock = digest(*lock, file);
  if (const auto root = json.find("root"); root != json.end()) record.root = digest(*root, file);
  record.verified = json.at("verified").get<std::string>();
  if (const auto git = json.find("git"); git != json.end()) {
    record.git_commit = git->at("commit").get<std::string>();
    record.git_dirty = git->at("dirty").get<bool>();
  }
  const Json& machine = json.at("machine");
  record.cpu = text(machine, "cpu");
  record.microarchitecture = text(machine, "microarchitecture");
  record.kernel = text(machine, "kernel");
  record.glibc = text(machine, "glibc");
  record.nvidia_driver = text(machine, "nvidia_driver");
  record.gpus = machine.at("gpus").get<std::vector<std::string>>();
  for (const auto& [name, value] : machine.at("environment").items()) {
    record.environment.emplace_back(name, value.get<std::string>());
  }
  for (const Json& output : json.at("outputs")) {
    record.outputs.push_back({output.at("path").get<std::string>(), digest(output.at("sha256"), file),
                              output.at("size").get<std::uint64_t>()});
  }
  return record;
}

}  // namespace

std::string format(const RunRecord& record) {
  core::JsonWriter json;
  json.begin_object();
  json.member("format", kFormat);
  json.member("version", kVersion);
  json.member("command", record.command);
  json.member("exit_code", record.exit_code);
  json.member("started", core::format_time(record.started));
  json.member("milliseconds", record.milliseconds);
  if (record.lock) json.member("lock", core::format(*record.lock));
  if (record.root) json.member("root", core::format(*record.root));
  json.member("verified", record.verified);
  if (!record.git_commit.empty()) {
    json.key("git");
    json.begin_object(core::JsonWriter::Layout::single_line);
    json.member("commit", record.git_commit);
    json.member("dirty", record.git_dirty);
    json.end_object();
  }
  json.key("machine");
  json.begin_object();
  const auto fact = [&json](const char* name, const std::string& value) {
    if (!value.empty()) json.member(name, value);
  };
  fact("cpu", record.cpu);
  fact("microarchitecture", record.microarchitecture);
  fact("kernel", record.kernel);
  fact("glibc", record.glibc);
  fact("nvidia_driver", record.nvidia_driver);
  json.member("gpus", record.gpus);
  json.key("environment");
  json.begin_object();
  for (const auto& [name, value] : record.environment) json.member(name, value);
  json.end_object();
  json.end_object();
  json.key("outputs");
  json.begin_array();
  for (const RunOutput& output : record.outputs) {
    json.begin_object(core::JsonWriter::Layout::single_line);
    json.member("path", output.path);
    json.member("sha256", core::format(output.sha256));
    json.member("size", output.size);
    json.end_object();
  }
  json.end_array();
  json.end_object();
  return json.finish();
}

RunRecord parse_run_record(std::string_view text, const std::string& file) {
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) refuse(file, "it is not a JSON object");
  try {
    if (json.value("format", "") != kFormat) refuse(file, "its `format` is not `" + std::string(kFormat) + "`");
    if (json.at("version").get<int>() != kVersion) refuse(file, "its version is not " + std::to_string(kVersion));
    return read(json, file);
  } catch (const Json::exception&) {
    refuse(file, "a member is missing or of another type");
  }
}

bool is_secret_name(std::string_view name) {
  std::string words = "-";
  for (const char letter : core::to_lower(name)) {
    const bool alphanumeric = (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9');
    words += alphanumeric ? letter : '-';
  }
  words += '-';
  constexpr std::array<const char*, 10> kNames{"-token-",      "-secret-",     "-password-", "-passwd-",
                                               "-apikey-",     "-api-key-",    "-auth-",     "-access-key-",
                                               "-credential-", "-private-key-"};
  return std::any_of(kNames.begin(), kNames.end(),
                     [&](const char* secret) { return words.find(secret) != words.npos; });
}

namespace {

/// "HF_TOKEN=abc" within a word, as in the text of `sh -c`: the value, up to the next blank, is masked.
std::string mask_assignments(const std::string& word) {
  static const std::regex kAssignment(R"(([A-Za-z0-9_-]+)=(\S+))");
  std::string masked;
  auto last = word.cbegin();
  for (std::sregex_iterator match(word.begin(), word.end(), kAssignment), end; match != end; ++match) {
    if (!is_secret_name((*match)[1].str())) continue;
    masked.append(last, (*match)[2].first);
    masked += "***";
    last = (*match)[2].second;
  }
  return masked.append(last, word.cend());
}

/// What is a secret by its looks, whatever stands before it: tokens of well-known services, and "Bearer ...".
std::string mask_tokens(const std::string& word) {
  static const std::regex kToken(
      R"((\b(?:hf_|sk-|ghp_|gho_|ghs_|github_pat_|glpat-|xox[abp]-|AKIA|eyJ)[A-Za-z0-9_.-]{8,}))");
  static const std::regex kHeader(R"(\b(Bearer|Basic) +[^\s'"]+)");
  return std::regex_replace(std::regex_replace(word, kToken, "***"), kHeader, "$1 ***");
}

}  // namespace

std::vector<std::string> without_secrets(const std::vector<std::string>& words) {
  std::vector<std::string> masked;
  bool next_is_secret = false;
  for (const std::string& word : words) {
    if (next_is_secret && !word.starts_with("-")) {
      masked.push_back("***");
      next_is_secret = false;
      continue;
    }
    masked.push_back(mask_tokens(mask_assignments(core::without_secrets(word))));
    next_is_secret = word.starts_with("-") && word.find('=') == std::string::npos && is_secret_name(word);
  }
  return masked;
}

}  // namespace envlock::snapshot
