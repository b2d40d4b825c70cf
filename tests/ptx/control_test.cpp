#include "op_harness.h"

using namespace envlock_test;

namespace {

const std::string kHeader = ".version 6.0\n.target sm_50\n.address_size 64\n";

std::vector<std::uint32_t> run_threads(const std::string& declarations, const std::string& body,
                                       std::uint32_t threads) {
  Bench bench(
      kHeader + declarations +
      ".visible .entry k(.param .u64 po)\n{\n.reg .pred %p<8>; .reg .b32 %t<16>; .reg .b64 %u<4>; .reg .b32 %z;\n"
      "mov.u32 %t0, %tid.x; mov.u32 %z, 0;\n" +
      body +
      "\nSTORE: ld.param.u64 %u0, [po]; mul.wide.u32 %u1, %t0, 4; add.s64 %u2, %u0, %u1; st.global.u32 [%u2], "
      "%z;\nret;\n}\n");
  const std::uint64_t out = bench.give(std::vector<std::uint32_t>(threads, 0xeeeeeeee), "out");
  const auto result = bench.device.run(bench.launch("k", {1, 1, 1}, threads, Parameters().add(out)));
  if (result.finding) FAIL(result.finding->text());
  return bench.take<std::uint32_t>(out, threads);
}

}  // namespace

TEST_CASE("lanes loop as often as each needs and meet again") {
  const auto words =
      run_threads("",
                  "mov.u32 %t1, 0;\n"
                  "LOOP: setp.ge.u32 %p0, %t1, %t0; @%p0 bra OUT; add.s32 %z, %z, %t1; add.s32 %t1, %t1, 1; bra LOOP;\n"
                  "OUT: shfl.sync.idx.b32 %t2, %z, 31, 31, -1; add.s32 %z, %z, %t2;",
                  64);
  for (std::uint32_t i = 0; i < 64; ++i) {
    const std::uint32_t last = i / 32 * 32 + 31;
    CHECK(words[i] == i * (i - 1) / 2 + last * (last - 1) / 2);
  }
}

TEST_CASE("branches nest, jump out of loops, and cold code may lie behind the end") {
  const auto words = run_threads(
      "",
      "rem.u32 %t1, %t0, 5; setp.eq.u32 %p0, %t1, 3; @%p0 bra COLD; mov.u32 %t2, 0;\n"
      "OUTER: mov.u32 %t3, 0;\n"
      "INNER: add.s32 %z, %z, 1; add.s32 %t3, %t3, 1; setp.eq.u32 %p1, %z, 17; @%p1 bra MEET;\n"
      "setp.lt.u32 %p2, %t3, %t1; @%p2 bra INNER; add.s32 %t2, %t2, 1; setp.lt.u32 %p3, %t2, %t0; @%p3 bra OUTER;\n"
      "MEET: vote.sync.ballot.b32 %t4, 1, -1; setp.ne.u32 %p4, %t4, -1; @%p4 bra WRONG; bra.uni STORE;\n"
      "COLD: add.s32 %z, %t0, 1000; bra MEET;\n"
      "WRONG: mov.u32 %z, 77;",
      32);
  for (std::uint32_t i = 0; i < 32; ++i) {
    std::uint32_t want = 0;
    if (i % 5 == 3) {
      want = i + 1000;
    } else {
      bool out = false;
      std::uint32_t outer = 0;
      do {
        std::uint32_t inner = 0;
        do {
          ++want, ++inner;
          out = want == 17;
        } while (!out && inner < i % 5);
        ++outer;
      } while (!out && outer < i);
    }
    CHECK(words[i] == want);
  }
}

TEST_CASE("threads that leave early do not disturb the rest") {
  const auto words =
      run_threads("",
                  "and.b32 %t1, %t0, 3; setp.eq.u32 %p0, %t1, 1; @%p0 ret; mov.u32 %t2, 0;\n"
                  "LOOP: add.s32 %z, %z, %t0; add.s32 %t2, %t2, 1; setp.gt.u32 %p1, %t2, %t1; @%p1 bra STORE; "
                  "setp.eq.u32 %p2, %z, 30; @%p2 exit; bra LOOP;",
                  70);
  for (std::uint32_t i = 0; i < 70; ++i) {
    std::uint32_t want = 0xeeeeeeee;
    if (i % 4 != 1) {
      std::uint32_t sum = 0;
      for (std::uint32_t n = 1;; ++n) {
        sum += i;
        if (n > i % 4) {
          want = sum;
          break;
        }
        if (sum == 30) break;
      }
    }
    CHECK(words[i] == want);
  }
}

TEST_CASE("each shuffle mode clamps as PTX says") {
  const auto source = [](int mode, int lane, int b, int c) {
    const int segment = c >> 8 & 31, clamp = c & 31, last = (lane & segment) | (clamp & ~segment);
    const int from = mode == 0   ? lane - b
                     : mode == 1 ? lane + b
                     : mode == 2 ? lane ^ b
                                 : (lane & segment) | (b & ~segment);
    const bool valid = mode == 0 ? from >= last : from <= last;
    return std::pair(valid ? from : lane, valid);
  };
  const char* names[] = {"up", "down", "bfly", "idx"};
  for (int mode = 0; mode < 4; ++mode)
    for (const int b : {0, 1, 3, 8, 16, 31})
      for (const int c : {31, 0, 0x1807, 0x1000 | 15, 0x1800, 0x1c03, 0x1c00}) {
        const auto words = run_threads("",
                                       "mul.lo.s32 %t1, %t0, 3; shfl.sync." + std::string(names[mode]) +
                                           ".b32 %t2|%p0, %t1, " + std::to_string(b) + ", " + std::to_string(c) +
                                           ", 0xffffffff; selp.u32 %t3, 1000, 0, %p0; add.s32 %z, %t2, %t3;",
                                       32);
        for (int lane = 0; lane < 32; ++lane) {
          const auto [from, valid] = source(mode, lane, b, c);
          INFO(names[mode] << " " << b << " " << c << " lane " << lane);
          CHECK(words[static_cast<std::size_t>(lane)] == static_cast<std::uint32_t>(from * 3 + (valid ? 1000 : 0)));
        }
      }
}

TEST_CASE("votes count the lanes that are there") {
  const auto words =
      run_threads("",
                  "setp.lt.u32 %p0, %t0, 40; vote.sync.ballot.b32 %t1, %p0, -1; vote.sync.all.pred %p1, %p0, -1; "
                  "vote.sync.any.pred %p2, %p0, -1; vote.sync.uni.pred %p3, !%p0, -1;\n"
                  "selp.u32 %t2, 1, 0, %p1; selp.u32 %t3, 2, 0, %p2; selp.u32 %t4, 4, 0, %p3; or.b32 %t5, %t2, %t3; "
                  "or.b32 %t5, %t5, %t4; mad.lo.s32 %z, %t1, 8, %t5;",
                  96);
  for (std::uint32_t i = 0; i < 96; ++i) {
    const std::uint32_t warp = i / 32;
    CHECK(words[i] == (warp == 0 ? 0xfffffff8u | 7 : warp == 1 ? 255 * 8 + 2 : 4));
  }
}

TEST_CASE("functions are called with values, arrays and results, from divergent code too") {
  const std::string functions =
      ".func (.param .b32 r) twice(.param .b32 x) { .reg .b32 %t<2>; .reg .pred %p; ld.param.u32 %t0, [x]; setp.eq.u32 "
      "%p, %t0, 4; "
      "@%p bra SPECIAL; add.s32 %t1, %t0, %t0; st.param.b32 [r], %t1; ret; SPECIAL: st.param.b32 [r], 444; ret; }\n"
      ".func (.param .b32 r) pick(.param .align 4 .b8 s[8], .param .b32 which) { .reg .b32 %t<4>; .reg .b64 %u<4>; "
      "ld.param.u32 %t0, [which]; "
      "mul.wide.u32 %u0, %t0, 4; mov.b64 %u1, s; add.s64 %u2, %u1, %u0; ld.param.u32 %t1, [%u2];\n"
      "{ .param .b32 a; st.param.b32 [a], %t1; .param .b32 b; call.uni (b), twice, (a); ld.param.b32 %t2, [b]; }\n"
      "st.param.b32 [r], %t2; ret; }\n";
  const auto words =
      run_threads(functions,
                  "setp.lt.u32 %p0, %t0, 20; @!%p0 bra STORE; and.b32 %t1, %t0, 1; add.s32 %t2, %t0, 100;\n"
                  "{ .param .align 4 .b8 s[8]; st.param.b32 [s], %t0; st.param.b32 [s+4], %t2; .param .b32 w; "
                  "st.param.b32 [w], %t1;\n"
                  ".param .b32 back; call.uni (back), pick, (s, w); ld.param.b32 %z, [back+0]; }",
                  32);
  for (std::uint32_t i = 0; i < 32; ++i) {
    const std::uint32_t chosen = i % 2 == 0 ? i : i + 100;
    CHECK(words[i] == (i >= 20 ? 0 : chosen == 4 ? 444 : 2 * chosen));
  }
}

TEST_CASE("special registers tell where a thread is") {
  Bench bench(kHeader +
              ".visible .entry k(.param .u64 po) { .reg .b32 %t<32>; .reg .b64 %u<4>; .reg .b32 %z;\n"
              "mov.u32 %t0, %tid.x; mov.u32 %t1, %tid.y; mov.u32 %t2, %tid.z; mov.u32 %t3, %ntid.x; mov.u32 %t4, "
              "%ntid.y; mov.u32 %t5, %ntid.z;\n"
              "mov.u32 %t6, %ctaid.x; mov.u32 %t7, %ctaid.y; mov.u32 %t8, %ctaid.z; mov.u32 %t9, %nctaid.x; mov.u32 "
              "%t10, %nctaid.y; mov.u32 %t11, %smid;\n"
              "mad.lo.s32 %t12, %t8, %t10, %t7; mad.lo.s32 %t12, %t12, %t9, %t6; mad.lo.s32 %t13, %t2, %t4, %t1; "
              "mad.lo.s32 %t13, %t13, %t3, %t0;\n"
              "mul.lo.s32 %t14, %t3, %t4; mul.lo.s32 %t14, %t14, %t5; mad.lo.s32 %t15, %t12, %t14, %t13; ld.param.u64 "
              "%u0, [po]; mul.wide.u32 %u1, %t15, 4; add.s64 %u2, %u0, %u1;\n"
              "mov.u32 %t16, %laneid; mov.u32 %t17, %warpid; shl.b32 %t18, %t17, 5; add.s32 %t18, %t18, %t16; "
              "mad.lo.s32 %z, %t11, 1000, %t18; st.global.u32 [%u2], %z; ret; }\n");
  const std::uint64_t out = bench.reserve(12 * 30 * 4, "out");
  auto launch = bench.launch("k", {2, 3, 2}, 5, Parameters().add(out));
  launch.block = {5, 3, 2};
  launch.sm_count = 7;
  const auto result = bench.device.run(launch);
  if (result.finding) FAIL(result.finding->text());
  const auto words = bench.take<std::uint32_t>(out, 12 * 30);
  for (std::uint32_t i = 0; i < 360; ++i) CHECK(words[i] == i / 30 % 7 * 1000 + i % 30);
}
