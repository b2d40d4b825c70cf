#include "interpreter/rows.h"

#include <cstring>
#include <memory>

#include "interpreter/trace.h"
#include "op_harness.h"

using namespace envlock_test;
using namespace envlock::ptx;

namespace {

std::vector<const RowKernels*> available() {
  std::vector<const RowKernels*> found{&rows_generic()};
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2"))
    found.push_back(&rows_avx2());
  if (__builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
      __builtin_cpu_supports("avx512cd"))
    found.push_back(&rows_avx512());
#endif
  return found;
}

struct alignas(64) Row {
  std::uint64_t words[kLanes];
};

/// Bits that are likely to matter, as 32-bit pairs or 64-bit values, ints and floats alike.
std::uint64_t tricky(Random& random) {
  constexpr std::uint64_t kTricky[] = {
      0,          1,          0x80000000, 0x7f800000, 0x7fc00000,         0xff800001,         0x00800000,
      0x007fffff, 0x4f000000, 0x5f800000, 0xffffffff, 0x7ff0000000000000, 0x7ff8000000000001, 0x8000000000000000};
  switch (random.below(4)) {
    case 0:
      return kTricky[random.below(std::size(kTricky))];
    case 1:
      return kTricky[random.below(std::size(kTricky))] | kTricky[random.below(std::size(kTricky))] << 32;
    case 2:
      return random.next() & 0x3f;
    default:
      return random.next();
  }
}

}  // namespace

TEST_CASE("every instruction set gives the same bits for every operation") {
  const auto sets = available();
  if (sets.size() == 1) WARN("skipped: this processor has only the generic row functions");
  Random random(3);
  for (std::size_t op = 0; op < static_cast<std::size_t>(RowOp::count); ++op)
    for (int round = 0; round < 50; ++round) {
      Row in[4];
      for (Row& row : in)
        for (std::uint64_t& word : row.words) word = tricky(random);
      Row first{};
      for (const RowKernels* set : sets) {
        Row out{};
        set->functions[op](
            {out.words, in[0].words, in[1].words, in[2].words, in[3].words, static_cast<std::uint32_t>(1 + round % 3)});
        if (set == sets.front()) first = out;
        INFO("operation " << op << " of " << set->name);
        REQUIRE(std::memcmp(&first, &out, sizeof out) == 0);
      }
    }
}

TEST_CASE("an operation may write the row it reads") {
  Random random(4);
  for (const RowKernels* set : available()) {
    Row a{}, b{}, out{};
    for (std::uint64_t& word : a.words) word = random.next();
    for (std::uint64_t& word : b.words) word = random.next();
    const auto add = set->functions[static_cast<std::size_t>(RowOp::add_b64)];
    add({out.words, a.words, b.words, nullptr, nullptr, 0});
    add({a.words, a.words, b.words, nullptr, nullptr, 0});
    CHECK(std::memcmp(&a, &out, sizeof a) == 0);
  }
}

TEST_CASE("masks and addresses of a row") {
  for (const RowKernels* set : available()) {
    std::uint32_t row[kLanes] = {};
    row[0] = row[5] = row[31] = ~0u;
    CHECK(set->mask(row) == 0x80000021u);
    std::uint64_t base[kLanes], addresses[kLanes];
    for (std::uint64_t i = 0; i < kLanes; ++i) base[i] = 1000 + 8 * i;
    AddressFacts facts = set->addresses(addresses, base, 16, 8, kLanes);
    CHECK((facts.contiguous && !facts.uniform && facts.low == 1016 && facts.high == 1264 && addresses[3] == 1040));
    base[31] = 0;
    facts = set->addresses(addresses, base, 16, 8, 31);
    CHECK((facts.contiguous && facts.high == 1256));
    facts = set->addresses(addresses, base, 16, 8, kLanes);
    CHECK((!facts.contiguous && facts.low == 16));
  }
}

TEST_CASE("race records of a row are those of its lanes one by one") {
  Random random(5);
  for (const RowKernels* set : available())
    for (int round = 0; round < 3000; ++round) {
      TraceClock clock;
      clock.launch_start = 10 << kTraceTimeShift;
      clock.block_start = (10 + random.below(3)) << kTraceTimeShift;
      clock.now = clock.block_start + (random.below(3) << kTraceTimeShift);
      const int per_lane = 1 << random.below(3), lanes = static_cast<int>(1 + random.below(32));
      std::uint64_t writes[128], reads[128], slow_writes[128], slow_reads[128];
      // Half of the rounds know only older launches; no record is newer than now.
      const std::uint64_t newest = random.below(2) == 0 ? 9 : clock.now >> kTraceTimeShift;
      for (int i = 0; i < 128; ++i) {
        const std::uint64_t written = random.below(30) == 0 ? random.below(newest + 1) : random.below(10);
        writes[i] = written << kTraceTimeShift | random.below(64);
        reads[i] = random.below(newest + 1) << kTraceTimeShift | random.below(4) << 10 | random.below(64);
      }
      std::memcpy(slow_writes, writes, sizeof writes);
      std::memcpy(slow_reads, reads, sizeof reads);
      const bool write = random.below(2) == 0;
      const std::uint64_t thread = 32 * random.below(2);
      const bool fast =
          (write ? set->trace_write : set->trace_read)(writes, reads, lanes * per_lane, per_lane, thread, clock);
      bool slow = false;
      for (int i = 0; i < lanes * per_lane; ++i)
        slow = trace_touch(slow_writes[i], slow_reads[i], write ? Touch::write : Touch::read,
                           thread + static_cast<std::uint64_t>(i / per_lane), false, clock) ||
               slow;
      REQUIRE(fast == slow);
      if (slow) continue;
      REQUIRE(std::memcmp(writes, slow_writes, sizeof writes) == 0);
      REQUIRE(std::memcmp(reads, slow_reads, sizeof reads) == 0);
    }
}
