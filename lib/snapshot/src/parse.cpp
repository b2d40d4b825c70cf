// Reads what format writes, and nothing else: an unknown member, a wrong type, a wrong order is refused.
#include <algorithm>
#include <limits>
#include <tuple>

#include "document.h"
#include "envlock/core/text.h"
#include "json_node.h"

namespace envlock::snapshot {
namespace {

constexpr std::size_t kMostBytes = std::size_t{64} << 20;
constexpr std::uint64_t kMostInt = std::numeric_limits<int>::max();

/// Complains of an element that does not come after the one before.
template <typename Key>
class Ascending {
 public:
  explicit Ascending(bool once) : once_(once) {}
  void check(Key key, const JsonNode& node) {
    const bool fits = !last_ || *last_ < key || (!once_ && *last_ == key);
    if (!fits) node.refuse("after the one before it, in order");
    last_ = std::move(key);
  }

 private:
  bool once_;
  std::optional<Key> last_;
};

template <typename Texts>
void require_ascending(const Texts& texts, const JsonNode& node) {
  if (std::adjacent_find(texts.begin(), texts.end(), std::greater_equal<>()) != texts.end()) {
    node.refuse("sorted, each element once");
  }
}

SnapshotPackage read_conda(const JsonNode& node, const Environment& environment,
                           const std::vector<std::string>& channels) {
  node.allow_only(
      {"name", "version", "build", "channel", "subdir", "file", "sha256", "md5", "root", "depends", "requested"});
  SnapshotPackage package;
  package.name = node.member("name").text();
  package.version = node.optional_text("version");
  package.build = node.optional_text("build");
  if (const auto channel = node.find("channel")) {
    const std::uint64_t index = channel->count();
    if (index >= channels.size()) channel->refuse("the index of an element of `environment.channels`");
    package.channel = channels[static_cast<std::size_t>(index)];
  }
  const auto subdir = node.find("subdir");
  package.subdir = subdir ? subdir->any_text() : environment.subdir;
  const auto file = node.find("file");
  package.file_name = file ? file->any_text() : implied_file_name(package);
  if (const auto digest = node.find("sha256")) package.sha256 = digest->sha256();
  if (const auto digest = node.find("md5")) package.md5 = digest->md5();
  if (const auto digest = node.find("root")) package.root = digest->sha256();
  if (const auto depends = node.find("depends")) package.depends = depends->texts();
  if (const auto requested = node.find("requested")) package.requested = requested->mark();
  return package;
}

SnapshotPackage read_pypi(const JsonNode& node) {
  node.allow_only({"name", "version", "url", "commit", "sha256", "root", "editable", "requested"});
  SnapshotPackage package;
  package.kind = SnapshotPackage::Kind::pypi;
  package.name = node.member("name").text();
  package.version = node.optional_text("version");
  package.channel = node.optional_text("url");
  package.commit = node.optional_text("commit");
  if (const auto digest = node.find("sha256")) package.sha256 = digest->sha256();
  if (const auto digest = node.find("root")) package.root = digest->sha256();
  if (const auto editable = node.find("editable")) package.editable = editable->mark();
  if (const auto requested = node.find("requested")) package.requested = requested->mark();
  return package;
}

FoundLibrary read_library(const JsonNode& node) {
  node.allow_only({"role", "name", "version", "path", "package", "provides"});
  FoundLibrary library;
  library.role = node.member("role").text();
  library.name = node.member("name").text();
  library.version = node.optional_text("version");
  library.path = node.member("path").text();
  library.package = node.optional_text("package");
  if (const auto provides = node.find("provides")) {
    library.provides = provides->texts();
    require_ascending(library.provides, *provides);
  }
  return library;
}

void read_packages(const JsonNode& node, Environment& environment) {
  const JsonNode channel_node = node.member("channels");
  const std::vector<std::string> channels = channel_node.texts();
  require_ascending(channels, channel_node);
  Ascending<std::tuple<std::string, std::string, std::string>> conda(false);
  Ascending<std::tuple<std::string, std::string, std::string>> pypi(false);
  const JsonNode packages = node.member("packages");
  packages.each([&](const JsonNode& element) {
    SnapshotPackage package = read_conda(element, environment, channels);
    conda.check({package.name, package.version, package.build}, element);
    environment.packages.push_back(std::move(package));
  });
  const JsonNode distributions = node.member("distributions");
  distributions.each([&](const JsonNode& element) {
    SnapshotPackage package = read_pypi(element);
    pypi.check({package.name, package.version, package.build}, element);
    environment.packages.push_back(std::move(package));
  });
}

Environment read_environment(const JsonNode& node) {
  node.allow_only({"subdir", "root", "lock", "variables", "channels", "packages", "distributions", "libraries"});
  Environment environment;
  environment.subdir = node.member("subdir").text();
  if (const auto digest = node.find("root")) environment.root = digest->sha256();
  if (const auto digest = node.find("lock")) environment.lock = digest->sha256();
  Ascending<std::string> variables(true);
  const JsonNode variable_node = node.member("variables");
  variable_node.each_member([&](const std::string& name, const JsonNode& value) {
    variables.check(name, value);
    environment.variables[name] = value.any_text();
  });
  read_packages(node, environment);
  Ascending<std::pair<std::string, std::string>> libraries(true);
  const JsonNode library_node = node.member("libraries");
  library_node.each([&](const JsonNode& element) {
    FoundLibrary library = read_library(element);
    libraries.check({library.role, library.path}, element);
    environment.libraries.push_back(std::move(library));
  });
  return environment;
}

Gpu read_gpu(const JsonNode& node) {
  node.allow_only({"uuid", "name", "compute_capability", "multiprocessors", "memory_bytes", "ecc", "mig"});
  Gpu gpu;
  gpu.uuid = node.optional_text("uuid");
  gpu.name = node.optional_text("name");
  gpu.compute_capability = node.optional_text("compute_capability");
  if (const auto count = node.find("multiprocessors")) gpu.multiprocessors = static_cast<int>(count->count(kMostInt));
  gpu.memory_bytes = node.optional_count("memory_bytes");
  if (const auto ecc = node.find("ecc")) gpu.ecc = ecc->flag();
  gpu.mig = node.optional_text("mig");
  if (gpu.mig != "" && gpu.mig != "on" && gpu.mig != "off") {
    const JsonNode mig = node.member("mig");
    mig.refuse("\"on\" or \"off\"");
  }
  return gpu;
}

void read_processor(const JsonNode& node, Machine& machine) {
  machine.cpu = node.optional_text("cpu");
  machine.architecture = node.optional_text("architecture");
  machine.microarchitecture = node.optional_text("microarchitecture");
  const JsonNode isa = node.member("isa");
  machine.isa = isa.texts();
  require_ascending(machine.isa, isa);
  Ascending<std::string> caches(true);
  const JsonNode cache_node = node.member("caches");
  cache_node.each_member([&](const std::string& name, const JsonNode& bytes) {
    caches.check(name, bytes);
    machine.caches.emplace_back(name, bytes.count());
  });
  machine.processors = static_cast<int>(node.member("processors").count(kMostInt));
  if (const auto quota = node.find("cpu_quota_thousandths")) {
    constexpr std::uint64_t kMostThousandths = 1'000'000'000;
    machine.cpu_quota = static_cast<double>(quota->count(kMostThousandths)) / 1000;
  }
}

conda::VirtualPackage read_virtual_package(const JsonNode& node) {
  const std::string& text = node.text();
  try {
    conda::VirtualPackage package = conda::parse_virtual_package(text);
    if (conda::format(package) == text) return package;
  } catch (const core::Error&) {
    // Told below, with the place.
  }
  node.refuse("a virtual package such as `__glibc=2.36=0`");
}

Machine read_machine(const JsonNode& node) {
  node.allow_only({"cpu", "architecture", "microarchitecture", "isa", "caches", "processors", "cpu_quota_thousandths",
                   "memory_bytes", "memory_limit_bytes", "kernel", "distribution", "glibc", "nvidia_driver",
                   "cuda_of_driver", "cuda_toolkit", "gpus", "virtual_packages", "environment"});
  Machine machine;
  read_processor(node, machine);
  machine.memory_bytes = node.member("memory_bytes").count();
  machine.memory_limit_bytes = node.optional_count("memory_limit_bytes");
  machine.kernel = node.optional_text("kernel");
  machine.distribution = node.optional_text("distribution");
  machine.glibc = node.optional_text("glibc");
  machine.nvidia_driver = node.optional_text("nvidia_driver");
  machine.cuda_of_driver = node.optional_text("cuda_of_driver");
  machine.cuda_toolkit = node.optional_text("cuda_toolkit");
  const JsonNode gpus = node.member("gpus");
  gpus.each([&](const JsonNode& element) { machine.gpus.push_back(read_gpu(element)); });
  Ascending<std::string> names(true);
  const JsonNode virtual_packages = node.member("virtual_packages");
  virtual_packages.each([&](const JsonNode& element) {
    machine.virtual_packages.push_back(read_virtual_package(element));
    names.check(machine.virtual_packages.back().name, element);
  });
  Ascending<std::string> variables(true);
  const JsonNode environment = node.member("environment");
  environment.each_member([&](const std::string& name, const JsonNode& value) {
    variables.check(name, value);
    machine.environment.emplace_back(name, value.any_text());
  });
  return machine;
}

void check_header(const JsonNode& root, const JsonSource& source) {
  const auto format = root.find("format");
  if (!format || format->any_text() != kFormatName) {
    throw_invalid(source, 1, "this is not a snapshot: its member `format` is not \"" + std::string(kFormatName) + "\"",
                  {});
  }
  const std::uint64_t version = root.member("version").count();
  if (version == kFormatVersion) return;
  throw core::Error({.code = "snapshot-version",
                     .what = "the snapshot is of version " + std::to_string(version) +
                             ", and this envlock reads version " + std::to_string(kFormatVersion),
                     .where = core::SourceSpan{.file = core::printable(source.file)},
                     .why = {},
                     .hints = {version > kFormatVersion ? "read it with a newer envlock" : "take the snapshot again"}});
}

JsonValue read_tree(const JsonSource& source) {
  if (source.text.size() > kMostBytes) {
    throw_invalid(source, 0, "a snapshot has at most " + std::to_string(kMostBytes >> 20) + " MiB", {});
  }
  try {
    return parse_json_tree(source.text);
  } catch (const JsonTreeError& error) {
    throw_invalid(source, error.line(), error.what(), {});
  }
}

std::string_view without(std::string_view text, std::string_view beginning) {
  text = core::trim(text);
  return text.starts_with(beginning) ? text.substr(beginning.size()) : std::string_view();
}

}  // namespace

Snapshot parse(std::string_view text, const std::string& file) {
  const JsonSource source{text, file};
  const JsonValue tree = read_tree(source);
  const JsonNode root(tree, source);
  check_header(root, source);
  root.allow_only({"format", "version", "environment", "machine", "probe"});
  Snapshot snapshot;
  if (const auto environment = root.find("environment")) snapshot.environment = read_environment(*environment);
  if (const auto machine = root.find("machine")) snapshot.machine = read_machine(*machine);
  // The probe reads its own documents, and computes their digests again.
  if (root.find("probe")) snapshot.computed = probe::read_computed(text, file);
  return snapshot;
}

bool is_snapshot(std::string_view text) {
  const std::string quoted = "\"" + std::string(kFormatName) + "\"";
  const std::string_view value = without(without(without(text.substr(0, 256), "{"), "\"format\""), ":");
  return core::trim(value).starts_with(quoted);
}

}  // namespace envlock::snapshot
