#include "loader_cache.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <optional>

#include "envlock/core/diagnostic.h"
#include "envlock/core/file.h"

namespace envlock::blas {
namespace {

constexpr std::string_view kMagic = "glibc-ld.so.cache1.1";
constexpr std::string_view kOldMagic = "ld.so-1.7.0";
constexpr std::size_t kHeaderSize = 48;
constexpr std::size_t kEntrySize = 24;
constexpr std::size_t kOldHeaderSize = 16;
constexpr std::size_t kOldEntrySize = 12;
constexpr std::uint32_t kMostEntries = 1U << 20;
constexpr std::size_t kLongestText = 4096;
constexpr std::uint32_t kExtensionMagic = 0xEAA42174;
constexpr std::uint32_t kLevelsTag = 1;
constexpr std::uint64_t kHasLevel = std::uint64_t{1} << 62;
#if defined(__aarch64__)
constexpr std::uint32_t kKind = 0x0a03;
#else
constexpr std::uint32_t kKind = 0x0303;
#endif

template <typename Value>
std::optional<Value> value_at(std::string_view bytes, std::uint64_t offset) {
  if (offset > bytes.size() || bytes.size() - offset < sizeof(Value)) return std::nullopt;
  Value value;
  std::memcpy(&value, bytes.data() + offset, sizeof(Value));
  return value;
}

std::optional<std::string> text_at(std::string_view bytes, std::uint64_t offset) {
  if (offset >= bytes.size()) return std::nullopt;
  const std::string_view rest = bytes.substr(offset, kLongestText);
  const std::size_t end = rest.find('\0');
  if (end == std::string_view::npos) return std::nullopt;
  return std::string(rest.substr(0, end));
}

/// The part of the file in today's format; places of texts count from its start.
std::string_view today_part(std::string_view bytes) {
  if (!bytes.starts_with(kOldMagic)) return bytes;
  const auto count = value_at<std::uint32_t>(bytes, 12);
  if (!count || *count > kMostEntries) return {};
  const std::uint64_t end = kOldHeaderSize + std::uint64_t{*count} * kOldEntrySize;
  const std::uint64_t aligned = (end + 7) / 8 * 8;
  return aligned < bytes.size() ? bytes.substr(aligned) : std::string_view();
}

/// The names of levels, by the number that entries give.
std::vector<std::string> levels_of(std::string_view bytes) {
  const auto place = value_at<std::uint32_t>(bytes, 32);
  if (!place || *place == 0) return {};
  if (value_at<std::uint32_t>(bytes, *place) != kExtensionMagic) return {};
  const std::uint32_t sections = std::min(value_at<std::uint32_t>(bytes, std::uint64_t{*place} + 4).value_or(0), 64U);
  for (std::uint64_t index = 0; index < sections; ++index) {
    const std::uint64_t section = *place + 8 + index * 16;
    if (value_at<std::uint32_t>(bytes, section) != kLevelsTag) continue;
    const std::uint64_t offset = value_at<std::uint32_t>(bytes, section + 8).value_or(0);
    const std::uint32_t count = std::min(value_at<std::uint32_t>(bytes, section + 12).value_or(0) / 4, 1024U);
    std::vector<std::string> names;
    for (std::uint64_t level = 0; level < count; ++level) {
      const auto text = value_at<std::uint32_t>(bytes, offset + level * 4);
      names.push_back(text ? text_at(bytes, *text).value_or("?") : "?");
    }
    return names;
  }
  return {};
}

}  // namespace

const std::vector<std::string>& machine_levels() {
  static const std::vector<std::string> levels = [] {
    std::vector<std::string> found;
#if defined(__x86_64__)
    // Not by the levels' own names, which older compilers do not know; what is left out here comes with the rest.
    const bool v2 = __builtin_cpu_supports("popcnt") && __builtin_cpu_supports("ssse3") &&
                    __builtin_cpu_supports("sse4.1") && __builtin_cpu_supports("sse4.2");
    const bool v3 = v2 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
                    __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("fma");
    const bool v4 = v3 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                    __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
                    __builtin_cpu_supports("avx512vl");
    if (v4) found.emplace_back("x86-64-v4");
    if (v3) found.emplace_back("x86-64-v3");
    if (v2) found.emplace_back("x86-64-v2");
#endif
    return found;
  }();
  return levels;
}

std::vector<CachedLibrary> parse_loader_cache(std::string_view bytes) {
  const std::string_view part = today_part(bytes);
  if (!part.starts_with(kMagic)) return {};
  const std::uint32_t count = value_at<std::uint32_t>(part, kMagic.size()).value_or(0);
  if (count > kMostEntries || part.size() < kHeaderSize || count > (part.size() - kHeaderSize) / kEntrySize) return {};
  const std::vector<std::string> levels = levels_of(part);
  std::vector<CachedLibrary> libraries;
  for (std::uint64_t index = 0; index < count; ++index) {
    const std::uint64_t entry = kHeaderSize + index * kEntrySize;
    if (value_at<std::uint32_t>(part, entry) != kKind) continue;
    const auto name = text_at(part, *value_at<std::uint32_t>(part, entry + 4));
    const auto path = text_at(part, *value_at<std::uint32_t>(part, entry + 8));
    const std::uint64_t capability = *value_at<std::uint64_t>(part, entry + 16);
    if (!name || name->empty() || !path || path->empty()) continue;
    std::string level;
    if ((capability & kHasLevel) != 0) {
      const std::uint64_t number = capability & 0xffffffff;
      if (number >= levels.size()) continue;
      level = levels[number];
    } else if (capability != 0) {
      continue;  // the older kind of level, which no distribution of today uses
    }
    libraries.push_back({*name, *path, level});
  }
  return libraries;
}

std::vector<CachedLibrary> read_loader_cache(const std::filesystem::path& path) {
  constexpr std::uint64_t kMostBytes = 64 << 20;
  try {
    return path.empty() ? std::vector<CachedLibrary>() : parse_loader_cache(core::read_file(path, kMostBytes));
  } catch (const core::Error&) {
    return {};  // a system without one has the folders
  }
}

std::string find_cached(const std::vector<CachedLibrary>& cache, std::string_view name) {
  const std::vector<std::string>& levels = machine_levels();
  const CachedLibrary* best = nullptr;
  auto best_rank = levels.end() - levels.begin() + 1;
  for (const CachedLibrary& library : cache) {
    if (library.name != name) continue;
    const auto place = std::find(levels.begin(), levels.end(), library.level);
    if (place == levels.end() && !library.level.empty()) continue;
    const auto rank = place - levels.begin();
    if (rank < best_rank) {
      best = &library;
      best_rank = rank;
    }
  }
  return best == nullptr ? std::string() : best->path;
}

}  // namespace envlock::blas
