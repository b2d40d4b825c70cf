#include "envlock/core/file.h"
#include "envlock/core/text.h"
#include "envlock/core/url.h"
#include "reading.h"

#include <iostream>
#include <set>
#include <system_error>

namespace envlock::spec {
namespace {

constexpr std::uint64_t kMaxFileBytes = std::uint64_t{64} << 20;

std::string read_standard_input() {
  std::string bytes;
  char block[65536];
  while (std::cin.read(block, sizeof block) || std::cin.gcount() > 0) {
    bytes.append(block, static_cast<std::size_t>(std::cin.gcount()));
    if (bytes.size() > kMaxFileBytes) {
      throw core::Error({.code = "file-too-large",
                         .what = "standard input holds more than 64 MiB, too much for an environment file",
                         .where = {},
                         .why = {},
                         .hints = {}});
    }
  }
  return bytes;
}

void refuse_url(const std::string& name) {
  if (!core::looks_like_url(name)) return;
  const std::string shown = core::printable(core::without_secrets(name));
  throw core::Error({.code = "environment-file-is-url",
                     .what = "`" + shown + "` is a URL, and environment files are read from disk",
                     .where = {},
                     .why = {"a lock must not depend on what a server answers today"},
                     .hints = {"download it first: `curl -fLo environment.yml URL`"}});
}

// "environment.yml" for "environment.yaml", and the like.
std::vector<std::string> neighbours(const std::filesystem::path& path) {
  std::vector<std::string> hints;
  for (const char* name : {"environment.yml", "environment.yaml", "env.yml", "env.yaml", "conda.yml", "conda.yaml"}) {
    const std::filesystem::path other = path.parent_path() / name;
    std::error_code ignored;
    if (other == path || !std::filesystem::is_regular_file(other, ignored)) continue;
    hints.push_back("there is `" + core::printable(other.string()) + "`");
  }
  return hints;
}

std::string read_bytes(const std::filesystem::path& path) {
  if (path == "-") return read_standard_input();
  refuse_url(path.string());
  try {
    return core::read_file(path, kMaxFileBytes);
  } catch (const core::Error& error) {
    std::vector<core::Diagnostic> diagnostics = error.diagnostics();
    for (core::Diagnostic& diagnostic : diagnostics) {
      if (diagnostic.code != "file-not-found") continue;
      for (std::string& hint : neighbours(path)) diagnostic.hints.push_back(std::move(hint));
    }
    throw core::Error(std::move(diagnostics));
  }
}

void read_text(std::string_view bytes, std::string name, core::Notes& notes, std::vector<core::Diagnostic>& mistakes,
               Spec& spec) {
  const auto text = core::decode_text(bytes);
  if (!text) {
    core::SourceSpan where;
    where.file = std::move(name);
    mistakes.push_back({.code = "not-utf-8",
                        .what = "the file is neither UTF-8 nor UTF-16",
                        .where = std::move(where),
                        .why = {},
                        .hints = {"save it as UTF-8"}});
    return;
  }
  read_environment(Source(std::move(name), *text), notes, mistakes, spec);
}

}  // namespace

Spec read(const std::vector<std::filesystem::path>& files, core::Notes& notes) {
  std::vector<Spec> parts;
  std::vector<core::Diagnostic> mistakes;
  std::set<std::string> seen;
  for (const std::filesystem::path& path : files) {
    const std::string name = path == "-" ? std::string("<stdin>") : path.string();
    if (!seen.insert(path.lexically_normal().string()).second) continue;
    std::string bytes;
    try {
      bytes = read_bytes(path);
    } catch (const core::Error& error) {
      mistakes.insert(mistakes.end(), error.diagnostics().begin(), error.diagnostics().end());
      continue;
    }
    read_text(bytes, core::printable(name, 4096), notes, mistakes, parts.emplace_back());
  }
  Spec merged = merge(std::move(parts), notes, mistakes);
  if (!mistakes.empty()) throw core::Error(std::move(mistakes));
  return merged;
}

Spec parse(std::string_view text, std::string file, core::Notes& notes) {
  std::vector<Spec> parts(1);
  std::vector<core::Diagnostic> mistakes;
  read_text(text, std::move(file), notes, mistakes, parts.front());
  Spec merged = merge(std::move(parts), notes, mistakes);
  if (!mistakes.empty()) throw core::Error(std::move(mistakes));
  return merged;
}

}  // namespace envlock::spec
