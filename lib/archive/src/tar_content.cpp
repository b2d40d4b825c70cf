#include "tar_content.h"

#include <optional>
#include <utility>

#include "entry_path.h"
#include "failure.h"

namespace envlock::archive {
namespace {

void check_kind(const TarEntry& entry, const std::string& file) {
  if (entry.kind != TarKind::other) return;
  switch (entry.type) {
    case '3':
    case '4':
      refuse_unsafe(file, entry.path, "it is a device node");
    case '6':
      refuse_unsafe(file, entry.path, "it is a named pipe");
    default:
      refuse_unsafe(file, entry.path, "it is neither a file, nor a folder, nor a link");
  }
}

void check_scope(const std::string& path, Scope scope, const std::string& file) {
  if (scope == Scope::info_only && !is_info(path)) {
    refuse_unsafe(file, path, "the package's info part holds something outside info/");
  }
  // Licenses and recipes are often there; what describes the package must not be, as Part::info would miss it.
  if (scope == Scope::not_description && is_info(path) && folder_of(path) == "info") {
    refuse_unsafe(file, path, "it describes the package, and lies outside the package's info part");
  }
}

Entry entry_of(TarEntry&& raw, std::string path) {
  Entry entry{.path = std::move(path),
              .mode = raw.mode,
              .size = raw.size,
              .link_target = std::move(raw.link),
              .mtime_seconds = raw.mtime_seconds};
  if (raw.kind == TarKind::symlink) entry.kind = EntryKind::symlink;
  if (raw.kind == TarKind::directory) entry.kind = EntryKind::directory;
  return entry;
}

}  // namespace

void hand_over(TarReader& tar, EntryGate& gate, Scope scope, const std::string& file) {
  bool paths_seen = false;
  while (std::optional<TarEntry> raw = tar.next()) {
    std::string path = gate.checked_path(raw->path);
    check_kind(*raw, file);
    if (path.empty()) {
      if (raw->kind == TarKind::directory) continue;
      refuse_unsafe(file, raw->path, "the root of the package must be a folder");
    }
    if (raw->kind != TarKind::directory) check_scope(path, scope, file);
    if (scope == Scope::info_leading && paths_seen && !is_info(path)) break;
    paths_seen = paths_seen || path == "info/paths.json";
    const TarKind kind = raw->kind;
    Entry entry = entry_of(std::move(*raw), std::move(path));
    if (kind == TarKind::hard_link) {
      const std::string target = std::exchange(entry.link_target, {});
      gate.hard_link(std::move(entry), target);
      continue;
    }
    if (!gate.begin(std::move(entry))) continue;
    for (std::string_view bytes = tar.data(); !bytes.empty(); bytes = tar.data()) gate.data(bytes);
    gate.end();
  }
}

void hand_over_owed(TarReader& tar, EntryGate& gate) {
  while (std::optional<TarEntry> raw = tar.next()) {
    if (raw->kind != TarKind::file) continue;
    const auto found = gate.owed().find(gate.checked_path(raw->path));
    if (found == gate.owed().end()) continue;
    std::string content;
    for (std::string_view bytes = tar.data(); !bytes.empty(); bytes = tar.data()) content += bytes;
    for (const Entry& entry : found->second) gate.pay(entry, content);
  }
}

}  // namespace envlock::archive
