// The order of members is that of docs/formats/snapshot.md. What is empty, absent or false is left out.
#include <algorithm>
#include <cmath>

#include "document.h"
#include "envlock/core/json_writer.h"

namespace envlock::snapshot {
namespace {

using core::JsonWriter;

void text_member(JsonWriter& json, std::string_view key, const std::string& text) {
  if (!text.empty()) json.member(key, text);
}

void count_member(JsonWriter& json, std::string_view key, const std::optional<std::uint64_t>& count) {
  if (count) json.member(key, *count);
}

template <typename Digest>
void digest_member(JsonWriter& json, std::string_view key, const std::optional<Digest>& digest) {
  if (digest) json.member(key, core::format(*digest));
}

void mark_member(JsonWriter& json, std::string_view key, bool flag) {
  if (flag) json.member(key, true);
}

std::vector<std::string> channels_of(const Environment& environment) {
  std::vector<std::string> channels;
  for (const SnapshotPackage& package : environment.packages) {
    if (package.kind == SnapshotPackage::Kind::conda && !package.channel.empty()) channels.push_back(package.channel);
  }
  std::sort(channels.begin(), channels.end());
  channels.erase(std::unique(channels.begin(), channels.end()), channels.end());
  return channels;
}

void write_conda(JsonWriter& json, const SnapshotPackage& package, const std::string& subdir,
                 const std::vector<std::string>& channels) {
  json.begin_object(JsonWriter::Layout::single_line);
  json.member("name", package.name);
  text_member(json, "version", package.version);
  text_member(json, "build", package.build);
  if (!package.channel.empty()) {
    const auto channel = std::lower_bound(channels.begin(), channels.end(), package.channel);
    json.member("channel", static_cast<std::uint64_t>(channel - channels.begin()));
  }
  if (package.subdir != subdir) json.member("subdir", package.subdir);
  if (package.file_name != implied_file_name(package)) json.member("file", package.file_name);
  digest_member(json, "sha256", package.sha256);
  digest_member(json, "md5", package.md5);
  digest_member(json, "root", package.root);
  if (!package.depends.empty()) json.member("depends", package.depends);
  mark_member(json, "requested", package.requested);
  json.end_object();
}

void write_pypi(JsonWriter& json, const SnapshotPackage& package) {
  json.begin_object(JsonWriter::Layout::single_line);
  json.member("name", package.name);
  text_member(json, "version", package.version);
  text_member(json, "url", package.channel);
  text_member(json, "commit", package.commit);
  digest_member(json, "sha256", package.sha256);
  digest_member(json, "root", package.root);
  mark_member(json, "editable", package.editable);
  mark_member(json, "requested", package.requested);
  json.end_object();
}

void write_library(JsonWriter& json, const FoundLibrary& library) {
  json.begin_object(JsonWriter::Layout::single_line);
  json.member("role", library.role);
  json.member("name", library.name);
  text_member(json, "version", library.version);
  json.member("path", library.path);
  text_member(json, "package", library.package);
  if (!library.provides.empty()) json.member("provides", library.provides);
  json.end_object();
}

void write_environment(JsonWriter& json, const Environment& environment) {
  json.begin_object();
  json.member("subdir", environment.subdir);
  digest_member(json, "root", environment.root);
  digest_member(json, "lock", environment.lock);
  json.key("variables");
  json.begin_object();
  for (const auto& [name, value] : environment.variables) json.member(name, value);
  json.end_object();
  const std::vector<std::string> channels = channels_of(environment);
  json.member("channels", channels, JsonWriter::Layout::multi_line);
  json.key("packages");
  json.begin_array();
  for (const SnapshotPackage& package : environment.packages) {
    if (package.kind == SnapshotPackage::Kind::conda) write_conda(json, package, environment.subdir, channels);
  }
  json.end_array();
  json.key("distributions");
  json.begin_array();
  for (const SnapshotPackage& package : environment.packages) {
    if (package.kind == SnapshotPackage::Kind::pypi) write_pypi(json, package);
  }
  json.end_array();
  json.key("libraries");
  json.begin_array();
  for (const FoundLibrary& library : environment.libraries) write_library(json, library);
  json.end_array();
  json.end_object();
}

void write_gpu(JsonWriter& json, const Gpu& gpu) {
  json.begin_object(JsonWriter::Layout::single_line);
  text_member(json, "uuid", gpu.uuid);
  text_member(json, "name", gpu.name);
  text_member(json, "compute_capability", gpu.compute_capability);
  if (gpu.multiprocessors) json.member("multiprocessors", *gpu.multiprocessors);
  count_member(json, "memory_bytes", gpu.memory_bytes);
  if (gpu.ecc) json.member("ecc", *gpu.ecc);
  text_member(json, "mig", gpu.mig);
  json.end_object();
}

void write_processor(JsonWriter& json, const Machine& machine) {
  text_member(json, "cpu", machine.cpu);
  text_member(json, "architecture", machine.architecture);
  text_member(json, "microarchitecture", machine.microarchitecture);
  json.member("isa", machine.isa);
  json.key("caches");
  json.begin_object(JsonWriter::Layout::single_line);
  for (const auto& [name, bytes] : machine.caches) json.member(name, bytes);
  json.end_object();
  json.member("processors", machine.processors);
  if (machine.cpu_quota) {
    json.member("cpu_quota_thousandths", static_cast<std::uint64_t>(std::llround(*machine.cpu_quota * 1000)));
  }
}

void write_machine(JsonWriter& json, const Machine& machine) {
  json.begin_object();
  write_processor(json, machine);
  json.member("memory_bytes", machine.memory_bytes);
  count_member(json, "memory_limit_bytes", machine.memory_limit_bytes);
  text_member(json, "kernel", machine.kernel);
  text_member(json, "distribution", machine.distribution);
  text_member(json, "glibc", machine.glibc);
  text_member(json, "nvidia_driver", machine.nvidia_driver);
  text_member(json, "cuda_of_driver", machine.cuda_of_driver);
  text_member(json, "cuda_toolkit", machine.cuda_toolkit);
  json.key("gpus");
  json.begin_array();
  for (const Gpu& gpu : machine.gpus) write_gpu(json, gpu);
  json.end_array();
  json.key("virtual_packages");
  json.begin_array();
  for (const conda::VirtualPackage& package : machine.virtual_packages) json.value(conda::format(package));
  json.end_array();
  json.key("environment");
  json.begin_object();
  for (const auto& [name, value] : machine.environment) json.member(name, value);
  json.end_object();
  json.end_object();
}

}  // namespace

std::string format(const Snapshot& snapshot) {
  JsonWriter json;
  json.begin_object();
  json.member("format", kFormatName);
  json.member("version", kFormatVersion);
  if (snapshot.environment) {
    json.key("environment");
    write_environment(json, *snapshot.environment);
  }
  if (snapshot.machine) {
    json.key("machine");
    write_machine(json, *snapshot.machine);
  }
  if (snapshot.computed) {
    json.key("probe");
    probe::write(json, *snapshot.computed);
  }
  json.end_object();
  return json.finish();
}

}  // namespace envlock::snapshot
