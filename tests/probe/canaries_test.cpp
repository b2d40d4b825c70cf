// Every setting of the floating-point unit that the canaries and the list of settings must notice.
#include <cfenv>
#include <map>

#include "envlock/probe/cpu_backend.h"
#include "envlock/probe/machine.h"
#include "fp_environment.h"
#include "support/catch.h"

namespace envlock::probe {
namespace {

/// The names of the canaries that fail in every one of `threads` threads; those that fail in some only under "some: ".
std::vector<std::string> failing(int threads) {
  std::vector<std::string> names;
  for (const Canary& canary : run_canaries(threads)) {
    CHECK(canary.ok == canary.threads.empty());
    if (canary.ok) continue;
    const bool all = canary.threads.size() == static_cast<std::size_t>(threads);
    names.push_back(all ? canary.name : "some: " + canary.name);
  }
  return names;
}

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// What is found while the calling thread, and so every thread that it starts, has this setting.
struct Found {
  std::vector<std::string> canaries;
  std::vector<std::vector<std::string>> settings;
};
Found with_rounding(int mode) {
  const int before = std::fegetround();
  std::fesetround(mode);
  Found found{failing(3), found_fp_settings(3)};
  std::fesetround(before);
  return found;
}
Found with_control(FpControl control) {
  const FpControl before = read_fp_control();
  write_fp_control(control);
  Found found{failing(3), found_fp_settings(3)};
  write_fp_control(before);
  return found;
}

TEST_CASE("all canaries sing in an environment that is in order") {
  const Found found{failing(4), found_fp_settings(4)};
  CHECK(found.canaries.empty());
  CHECK(found.settings == std::vector<std::vector<std::string>>(4));
  CHECK(run_canaries(1).size() >= 6);
}

TEST_CASE("each rounding mode but nearest fails a canary in every thread, and is named") {
  const std::map<int, std::string> modes = {
      {FE_UPWARD, "rounding upward"}, {FE_DOWNWARD, "rounding downward"}, {FE_TOWARDZERO, "rounding toward zero"}};
  for (const auto& [mode, words] : modes) {
    const Found found = with_rounding(mode);
    INFO(words);
    CHECK(contains(found.canaries, "rounding to nearest"));
    CHECK(found.settings == std::vector<std::vector<std::string>>(3, {words}));
  }
  CHECK(failing(2).empty());
}

TEST_CASE("flushing to zero fails the canaries of subnormal numbers, and is named") {
#if defined(__x86_64__)
  const std::uint32_t normal = default_fp_control().bits;
  const Found results = with_control({normal | 1u << 15});
  CHECK(contains(results.canaries, "subnormal results"));
  CHECK_FALSE(contains(results.canaries, "subnormal inputs"));
  CHECK(results.settings == std::vector<std::vector<std::string>>(3, {"flush-to-zero"}));
  const Found inputs = with_control({normal | 1u << 6});
  CHECK(contains(inputs.canaries, "subnormal inputs"));
  CHECK_FALSE(contains(inputs.canaries, "subnormal results"));
  CHECK(inputs.settings == std::vector<std::vector<std::string>>(3, {"denormals-are-zero"}));
  const Found both = with_control({normal | 1u << 15 | 1u << 6});
  CHECK(contains(both.canaries, "subnormal inputs"));
  CHECK(contains(both.canaries, "subnormal results"));
  CHECK(both.settings == std::vector<std::vector<std::string>>(3, {"flush-to-zero", "denormals-are-zero"}));
#elif defined(__aarch64__)
  const Found both = with_control({1u << 24});
  CHECK(contains(both.canaries, "subnormal results"));
  CHECK(both.settings == std::vector<std::vector<std::string>>(3, {"flush-to-zero"}));
#endif
  CHECK(failing(2).empty());
}

TEST_CASE("traps are named, though they change no result") {
#if defined(__x86_64__)
  // Division by zero traps; nothing here divides by zero.
  const Found found = with_control({default_fp_control().bits & ~(1u << 9)});
  CHECK(found.settings == std::vector<std::vector<std::string>>(3, {"exceptions trap"}));
#endif
}

TEST_CASE("a setting that is put right for a while comes back") {
  std::fesetround(FE_UPWARD);
  const FpControl found = read_fp_control();
  {
    const DefaultFpControl guard;
    CHECK(read_fp_control() == default_fp_control());
  }
  CHECK(read_fp_control() == found);
  std::fesetround(FE_TONEAREST);
}

}  // namespace
}  // namespace envlock::probe
