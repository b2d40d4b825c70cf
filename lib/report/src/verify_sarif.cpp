#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "envlock/core/json_writer.h"
#include "envlock/core/text.h"
#include "envlock/core/url.h"
#include "envlock/report/verify_report.h"
#include "json_parts.h"
#include "verify_words.h"

namespace envlock::report {
namespace {

using Layout = core::JsonWriter::Layout;

std::string level_of(verify::Weight weight) {
  switch (weight) {
    case verify::Weight::fault:
      return "error";
    case verify::Weight::unknown:
      return "warning";
    case verify::Weight::note:
      break;
  }
  return "note";
}

/// What is reported: the findings, and the weak proofs as one more.
std::vector<verify::Finding> results_of(const VerifyReport& report) {
  std::vector<verify::Finding> results = report.verification->findings;
  core::Diagnostic weak = weak_proof(report);
  if (weak.code.empty()) return results;
  verify::Finding finding;
  finding.weight = report.allow_weak ? verify::Weight::note : verify::Weight::unknown;
  finding.group = verify::Group::packages;
  finding.diagnostic = std::move(weak);
  finding.count = report.verification->weak_packages();
  results.push_back(std::move(finding));
  return results;
}

/// A path as a URI reference: only unreserved characters and "/" stand for themselves.
std::string uri_of(std::string_view path) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string uri;
  for (const char c : path) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                          c == '.' || c == '_' || c == '~' || c == '/';
    if (is_plain) {
      uri += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      uri += '%';
      uri += kDigits[byte >> 4];
      uri += kDigits[byte & 15];
    }
  }
  return uri;
}

void write_message(core::JsonWriter& json, std::string_view key, const std::string& text) {
  json.key(key);
  json.begin_object(Layout::single_line);
  write_text(json, "text", text);
  json.end_object();
}

std::string message_of(const core::Diagnostic& diagnostic) {
  std::string message = diagnostic.what;
  for (const std::string& fact : diagnostic.why) message += "\n" + fact;
  for (const std::string& hint : diagnostic.hints) message += "\nhelp: " + hint;
  return message;
}

void write_rules(core::JsonWriter& json, const std::map<std::string, std::size_t>& rules) {
  json.key("rules");
  json.begin_array();
  for (const auto& [code, index] : rules) {
    json.begin_object(Layout::single_line);
    json.member("id", code);
    json.end_object();
  }
  json.end_array();
}

void write_result(core::JsonWriter& json, const verify::Finding& finding, std::size_t rule) {
  json.begin_object();
  json.member("ruleId", finding.diagnostic.code);
  json.member("ruleIndex", std::uint64_t{rule});
  json.member("level", level_of(finding.weight));
  write_message(json, "message", message_of(finding.diagnostic));
  json.key("locations");
  json.begin_array();
  // A finding without a place of its own is of the prefix: viewers pass over results that are nowhere.
  json.begin_object();
  json.key("physicalLocation");
  json.begin_object();
  json.key("artifactLocation");
  json.begin_object(Layout::single_line);
  json.member("uri", finding.path.empty() ? std::string("conda-meta/history") : uri_of(finding.path));
  json.member("uriBaseId", "PREFIX");
  json.end_object();
  json.end_object();
  json.end_object();
  json.end_array();
  json.key("properties");
  json.begin_object(Layout::single_line);
  json.member("group", name_of(finding.group));
  json.member("package", finding.package);
  json.member("count", std::uint64_t{finding.count});
  json.end_object();
  json.end_object();
}

/// The prefix as a folder's URI.
std::string base_of(const std::string& prefix) {
  if (prefix.empty() || prefix.front() != '/') return {};
  std::string uri = core::file_url(prefix);
  if (uri.back() != '/') uri += '/';
  return uri;
}

}  // namespace

std::string sarif_verify(const VerifyReport& report, const std::string& version) {
  const std::vector<verify::Finding> results = results_of(report);
  std::map<std::string, std::size_t> rules;
  for (const verify::Finding& finding : results) rules[finding.diagnostic.code] = 0;
  std::size_t next = 0;
  for (auto& [code, index] : rules) index = next++;
  core::JsonWriter json;
  json.begin_object();
  json.member("$schema", "https://json.schemastore.org/sarif-2.1.0.json");
  json.member("version", "2.1.0");
  json.key("runs");
  json.begin_array();
  json.begin_object();
  json.key("tool");
  json.begin_object();
  json.key("driver");
  json.begin_object();
  json.member("name", "envlock");
  json.member("version", version);
  write_rules(json, rules);
  json.end_object();
  json.end_object();
  if (const std::string base = base_of(report.prefix); !base.empty()) {
    json.key("originalUriBaseIds");
    json.begin_object();
    json.key("PREFIX");
    json.begin_object(Layout::single_line);
    json.member("uri", base);
    json.end_object();
    json.end_object();
  }
  json.member("columnKind", "unicodeCodePoints");
  json.key("results");
  json.begin_array();
  for (const verify::Finding& finding : results) write_result(json, finding, rules.at(finding.diagnostic.code));
  json.end_array();
  json.end_object();
  json.end_array();
  json.end_object();
  return json.finish();
}

}  // namespace envlock::report
