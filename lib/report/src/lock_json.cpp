#include <string>
#include <vector>

#include "envlock/core/json_writer.h"
#include "envlock/report/lock_report.h"
#include "json_parts.h"
#include "lock_changes.h"
#include "record_json.h"

namespace envlock::report {
namespace {

using Layout = core::JsonWriter::Layout;

void write_changes(core::JsonWriter& json, std::string_view key, const std::vector<Change>& changes) {
  json.key(key);
  json.begin_array();
  for (const Change& change : changes) {
    if (change.before == nullptr || change.after == nullptr) {
      write_identity(json, change.before != nullptr ? *change.before : *change.after);
      continue;
    }
    json.begin_object();
    json.member("name", change.after->name);
    json.key("before");
    write_identity(json, *change.before);
    json.key("after");
    write_identity(json, *change.after);
    json.end_object();
  }
  json.end_array();
}

void write_distribution(core::JsonWriter& json, const lock::LockedDistribution& distribution) {
  json.begin_object(Layout::single_line);
  json.member("name", distribution.name);
  json.member("version", distribution.version);
  json.member("file", distribution.file);
  json.end_object();
}

void write_changes(core::JsonWriter& json, std::string_view key, const std::vector<DistributionChange>& changes) {
  json.key(key);
  json.begin_array();
  for (const DistributionChange& change : changes) {
    if (change.before == nullptr || change.after == nullptr) {
      write_distribution(json, change.before != nullptr ? *change.before : *change.after);
      continue;
    }
    json.begin_object();
    json.member("name", change.after->name);
    json.key("before");
    write_distribution(json, *change.before);
    json.key("after");
    write_distribution(json, *change.after);
    json.end_object();
  }
  json.end_array();
}

/// The `pip:` half; nothing where neither lock has one.
void write_pypi(core::JsonWriter& json, const PlatformChanges& changes) {
  const std::size_t now = changes.is_gone ? 0 : changes.platform->distributions.size();
  if (now == 0 && changes.distributions_removed.empty()) return;
  json.key("pypi");
  json.begin_object();
  json.member("distributions", static_cast<std::uint64_t>(now));
  json.member("kept", static_cast<std::uint64_t>(changes.distributions_kept));
  write_changes(json, "added", changes.distributions_added);
  write_changes(json, "removed", changes.distributions_removed);
  write_changes(json, "changed", changes.distributions_changed);
  json.end_object();
}

void write_platform(core::JsonWriter& json, const lock::Lock& lock, const PlatformChanges& changes) {
  const conda::Platform& platform = changes.platform->platform;
  json.begin_object();
  json.member("name", platform.name);
  json.member("subdir", platform.subdir);
  json.member("state", changes.is_gone ? "removed" : changes.is_new ? "added" : "kept");
  std::vector<std::string> virtual_packages;
  for (const conda::VirtualPackage& package : platform.virtual_packages) {
    virtual_packages.push_back(conda::format(package));
  }
  json.member("virtual_packages", virtual_packages);
  std::uint64_t bytes = 0;
  std::uint64_t unknown = 0;
  if (!changes.is_gone) {
    for (const lock::PlatformPackage& package : changes.platform->packages) {
      const conda::PackageRecord& record = lock.packages.at(package.package).record;
      bytes += record.size.value_or(0);
      unknown += record.size ? 0U : 1U;
    }
    for (const lock::PlatformDistribution& each : changes.platform->distributions) {
      const std::optional<std::uint64_t> size = lock.distributions.at(each.distribution).size;
      bytes += size.value_or(0);
      unknown += size ? 0U : 1U;
    }
  }
  json.member("packages", static_cast<std::uint64_t>(changes.is_gone ? 0 : changes.platform->packages.size()));
  json.member("download_bytes", bytes);
  json.member("packages_of_unknown_size", unknown);
  json.member("kept", static_cast<std::uint64_t>(changes.kept));
  write_changes(json, "added", changes.added);
  write_changes(json, "removed", changes.removed);
  write_changes(json, "changed", changes.changed);
  write_pypi(json, changes);
  json.end_object();
}

}  // namespace

std::string json_lock(const LockSummary& summary, const std::vector<core::Note>& notes) {
  core::JsonWriter json;
  begin_document(json, "envlock-lock-report");
  write_text(json, "file", summary.file);
  json.member("status", summary.unchanged ? "unchanged" : "written");
  json.key("platforms");
  json.begin_array();
  for (const PlatformChanges& changes : compare_platforms(*summary.lock, summary.previous)) {
    write_platform(json, *summary.lock, changes);
  }
  json.end_array();
  json.key("like");
  json.begin_array();
  for (const LikeSummary& like : summary.like) {
    json.begin_object();
    json.member("platform", like.platform);
    json.member("wanted", static_cast<std::uint64_t>(like.wanted));
    json.member("kept", static_cast<std::uint64_t>(like.kept));
    json.member("missing", like.missing, Layout::multi_line);
    json.member("replaced", like.replaced, Layout::multi_line);
    json.end_object();
  }
  json.end_array();
  write_notes(json, notes);
  json.end_object();
  return json.finish();
}

std::string json_lock_check(const std::string& file, bool fresh, const std::vector<core::Diagnostic>& findings,
                            const std::vector<core::Note>& notes) {
  core::JsonWriter json;
  begin_document(json, "envlock-lock-check");
  write_text(json, "file", file);
  json.member("fresh", fresh);
  write_diagnostics(json, "findings", findings);
  write_notes(json, notes);
  json.end_object();
  return json.finish();
}

}  // namespace envlock::report
