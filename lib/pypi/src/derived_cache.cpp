#include "derived_cache.h"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstring>
#include <system_error>

#include "envlock/core/diagnostic.h"
#include "envlock/core/digest.h"
namespace envlock::pypi {
namespace {

constexpr std::string_view kMagic = "elpypi01";
constexpr std::size_t kHeader = 16;  // magic and checksum

/// Tells a damaged file from a whole one, in a fraction of the time that a SHA-256 takes. It stops no forger: what is
/// read is checked again by whoever reads it.
std::uint64_t checksum(std::string_view key, std::string_view bytes) {
  constexpr std::uint64_t kFactor = 0x9e3779b97f4a7c15;
  std::uint64_t lanes[4] = {key.size() + 1, bytes.size() + 2, 3, 4};
  const auto mix = [&](std::size_t lane, std::uint64_t word) {
    lanes[lane] = (lanes[lane] ^ word) * kFactor;
    lanes[lane] ^= lanes[lane] >> 29;
  };
  const auto take = [&](std::string_view text) {
    std::size_t lane = 0;
    while (!text.empty()) {
      std::uint64_t word = 0;
      const std::size_t count = std::min(text.size(), sizeof word);
      std::memcpy(&word, text.data(), count);
      mix(lane, word);
      lane = (lane + 1) % 4;
      text.remove_prefix(count);
    }
  };
  take(key);
  take(bytes);
  for (std::size_t lane = 1; lane < 4; ++lane) mix(0, lanes[lane]);
  return lanes[0];
}

bool write_all(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(file, bytes.data(), bytes.size());
    if (count <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

/// Renamed into place and never synced: after a power cut the checksum tells.
bool put(const std::filesystem::path& path, std::string_view header, std::string_view bytes) {
  static std::atomic<unsigned> number{0};
  const std::filesystem::path draft =
      path.parent_path() / (".draft-" + std::to_string(getpid()) + "-" + std::to_string(number++));
  const int file = open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (file < 0) return false;
  const bool written = write_all(file, header) && write_all(file, bytes);
  close(file);
  std::error_code error;
  if (written) std::filesystem::rename(draft, path, error);
  if (written && !error) return true;
  std::filesystem::remove(draft, error);
  return false;
}

}  // namespace

std::filesystem::path DerivedCache::path_of(const std::string& kind, const std::string& key) const {
  const std::string hex = core::format(core::sha256(key));
  return folder_ / "pypi-v1" / kind / hex.substr(0, 2) / hex.substr(0, 40);
}

std::optional<DerivedCache::Found> DerivedCache::read(const std::string& kind, const std::string& key) const {
  if (folder_.empty()) return std::nullopt;
  try {
    core::MappedFile file(path_of(kind, key));
    std::string_view bytes = file.bytes();
    if (bytes.size() < kHeader || bytes.substr(0, kMagic.size()) != kMagic) return std::nullopt;
    std::uint64_t stated = 0;
    std::memcpy(&stated, bytes.data() + kMagic.size(), sizeof stated);
    bytes.remove_prefix(kHeader);
    if (stated != checksum(key, bytes)) return std::nullopt;
    return Found{std::move(file), bytes};
  } catch (const core::Error&) {
    return std::nullopt;
  }
}

void DerivedCache::write(const std::string& kind, const std::string& key, std::string_view bytes) const {
  if (folder_.empty()) return;
  const std::filesystem::path path = path_of(kind, key);
  std::error_code error;
  std::filesystem::create_directories(path.parent_path(), error);
  if (error) return;
  const std::uint64_t sum = checksum(key, bytes);
  std::string header(kMagic);
  header.append(reinterpret_cast<const char*>(&sum), sizeof sum);
  (void)put(path, header, bytes);
}

}  // namespace envlock::pypi
