#include "cpu_facts.h"

#include <algorithm>
#include <fstream>
#include <map>
#include <optional>
#include <system_error>

#include "envlock/core/text.h"
#include "envlock/snapshot/machine.h"

namespace envlock::snapshot {
namespace {

namespace fs = std::filesystem;

// As /proc/cpuinfo spells them: what decides between the kernels of BLAS libraries, oneDNN, NumPy and libm.
constexpr std::string_view kX86 =
    "amx_bf16 amx_complex amx_fp16 amx_int8 amx_tile avx avx10 avx2 avx512_4fmaps avx512_4vnniw avx512_bf16 "
    "avx512_bitalg avx512_fp16 avx512_vbmi2 avx512_vnni avx512_vp2intersect avx512_vpopcntdq avx512bw avx512cd "
    "avx512dq "
    "avx512er avx512f avx512ifma avx512pf avx512vbmi avx512vl avx_ifma avx_ne_convert avx_vnni avx_vnni_int16 "
    "avx_vnni_int8 bmi2 f16c fma fma4 gfni sse4_1 sse4_2 ssse3 xop";
constexpr std::string_view kArm =
    "asimd asimddp asimdfhm asimdhp asimdrdm bf16 ebf16 fcma fp8fma fphp i8mm sme sme2 sve sve2 sve2p1 svebf16 "
    "svef32mm "
    "svef64mm svei8mm";

// The value of the first line "key : value".
std::string_view field(std::string_view cpu_info, std::string_view key) {
  for (const std::string_view line : core::split(cpu_info, '\n')) {
    const std::size_t colon = line.find(':');
    if (colon != std::string_view::npos && core::trim(line.substr(0, colon)) == key) {
      return core::trim(line.substr(colon + 1));
    }
  }
  return {};
}

/// "48K" in bytes.
std::optional<std::uint64_t> size_of(const std::string& text) {
  std::uint64_t number = 0;
  std::size_t at = 0;
  for (; at < text.size() && text[at] >= '0' && text[at] <= '9' && at < 9; ++at) {
    number = number * 10 + static_cast<std::uint64_t>(text[at] - '0');
  }
  const std::string unit = text.substr(at);
  if (at == 0 || (unit != "" && unit != "K" && unit != "M" && unit != "G")) return std::nullopt;
  return number << (unit == "K" ? 10 : unit == "M" ? 20 : unit == "G" ? 30 : 0);
}

std::string word_of(const fs::path& file) {
  std::ifstream stream(file);
  std::string word;
  stream >> word;
  return word;
}

/// "cpu12" and "index3" are; "cpufreq" is not.
bool is_numbered(const fs::path& path, std::string_view name) {
  const std::string file = path.filename().string();
  return file.size() > name.size() && file.starts_with(name) &&
         file.find_first_not_of("0123456789", name.size()) == std::string::npos;
}

std::vector<fs::path> numbered(const fs::path& folder, std::string_view name) {
  std::vector<fs::path> all;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    if (is_numbered(entry->path(), name)) all.push_back(entry->path());
  }
  return all;
}

}  // namespace

std::string processor_vendor(std::string_view cpu_info) {
  const std::string_view vendor = field(cpu_info, "vendor_id");
  return std::string(vendor.empty() ? field(cpu_info, "CPU implementer") : vendor);
}

std::string processor_model(std::string_view cpu_info) {
  for (const char* key : {"model name", "Model", "cpu", "cpu model"}) {
    if (const std::string_view name = field(cpu_info, key); !name.empty()) return core::printable(name);
  }
  const std::string_view implementer = field(cpu_info, "CPU implementer");
  if (implementer.empty()) return {};
  return core::printable("ARM implementer " + std::string(implementer) + " part " +
                         std::string(field(cpu_info, "CPU part")));
}

std::vector<std::string> instruction_sets(std::string_view cpu_info) {
  std::vector<std::string> found;
  const auto take = [&](const char* key, std::string_view names) {
    const std::vector<std::string_view> known = core::split(names, ' ');
    for (const std::string_view word : core::split(field(cpu_info, key), ' ')) {
      if (std::find(known.begin(), known.end(), word) != known.end()) found.emplace_back(word);
    }
  };
  take("flags", kX86);
  take("Features", kArm);
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

std::vector<std::pair<std::string, std::uint64_t>> cache_sizes(const fs::path& cpus) {
  std::map<std::string, std::uint64_t> largest;
  for (const fs::path& cpu : numbered(cpus, "cpu")) {
    for (const fs::path& index : numbered(cpu / "cache", "index")) {
      const std::string level = word_of(index / "level");
      const std::string type = word_of(index / "type");
      const std::optional<std::uint64_t> size = size_of(word_of(index / "size"));
      if (!size || level.size() != 1 || level[0] < '1' || level[0] > '9') continue;
      const std::string name = "L" + level + (type == "Data" ? "d" : type == "Instruction" ? "i" : "");
      largest[name] = std::max(largest[name], *size);
    }
  }
  return {largest.begin(), largest.end()};
}

}  // namespace envlock::snapshot
