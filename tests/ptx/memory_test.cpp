#include "op_harness.h"

using namespace envlock_test;

namespace {

const std::string kHeader = ".version 6.0\n.target sm_50\n.address_size 64\n";

/// Runs one block of `threads` on a kernel `k(out)`, whose threads fill one 32-bit word each.
std::vector<std::uint32_t> run_words(const std::string& text, std::uint32_t threads, std::uint32_t dynamic_shared = 0) {
  Bench bench(kHeader + text);
  const std::uint64_t out = bench.reserve(threads * 4, "out");
  auto launch = bench.launch("k", {1, 1, 1}, threads, Parameters().add(out));
  launch.dynamic_shared = dynamic_shared;
  const auto result = bench.device.run(launch);
  if (result.finding) FAIL(result.finding->text());
  return bench.take<std::uint32_t>(out, threads);
}

/// The usual beginning: %t0 is the thread, %out its word's address; `body` fills %z.
std::string kernel(const std::string& declarations, const std::string& body) {
  return declarations +
         ".visible .entry k(.param .u64 po)\n{\n.reg .pred %p<8>; .reg .b16 %h<8>; .reg .b32 %t<16>; .reg .b64 %u<16>; "
         ".reg .f32 %f<8>; .reg .b32 %z; .reg .b64 %out;\n"
         "mov.u32 %t0, %tid.x; ld.param.u64 %u0, [po]; mul.wide.u32 %u1, %t0, 4; add.s64 %out, %u0, %u1;\n" +
         body + "\nst.global.u32 [%out], %z;\nret;\n}\n";
}

}  // namespace

TEST_CASE("vectors of two and four elements go through global and shared memory") {
  const auto words = run_words(
      kernel(".shared .align 16 .b8 tile[2048];\n",
             "mov.u64 %u2, tile; mul.wide.u32 %u3, %t0, 16; add.s64 %u4, %u2, %u3;\n"
             "add.s32 %t1, %t0, 1; add.s32 %t2, %t0, 2; add.s32 %t3, %t0, 3;\n"
             "st.shared.v4.u32 [%u4], {%t0, %t1, %t2, %t3};\n"
             "ld.shared.v2.u32 {%t4, %t5}, [%u4+8]; ld.shared.v4.f32 {%f0, %f1, %f2, %f3}, [%u4];\n"
             "mov.b32 %t6, %f1; mul.lo.s32 %t7, %t4, 1000; mad.lo.s32 %t8, %t5, 100, %t7; add.s32 %z, %t8, %t6;"),
      100);
  for (std::uint32_t i = 0; i < 100; ++i) CHECK(words[i] == (i + 2) * 1000 + (i + 3) * 100 + i + 1);
}

TEST_CASE("bytes and halves are extended by their type and stored cut") {
  const auto words = run_words(
      kernel(".shared .align 4 .b8 tile[256];\n",
             "mov.u32 %t1, tile; add.s32 %t2, %t1, %t0; add.s32 %t3, %t0, 0x1F0; st.shared.u8 [%t2], %t3; bar.sync 0;\n"
             "ld.shared.u8 %t4, [%t2]; ld.shared.s8 %t5, [%t2]; ld.shared.u8 %h0, [%t2]; ld.shared.s8 %h1, [%t2];\n"
             "cvt.u32.u16 %t6, %h0; cvt.u32.u16 %t7, %h1; add.s32 %t8, %t4, %t5; add.s32 %t9, %t6, %t7; mad.lo.s32 %z, "
             "%t8, 65536, %t9;"),
      64);
  for (std::uint32_t i = 0; i < 64; ++i) {
    const std::uint32_t byte = (i + 0x1f0) & 0xff;
    const auto extended = static_cast<std::uint32_t>(static_cast<std::int8_t>(byte));
    CHECK(words[i] == (byte + extended) * 65536 + byte + (extended & 0xffff));
  }
}

TEST_CASE("initial values of global and constant arrays are there, addresses inside them too") {
  const auto words = run_words(
      kernel(
          ".const .align 4 .u32 table[4] = {10, 20, 0x1E, -1};\n.global .align 4 .f32 real[2] = {0f3F800000, 2.5};\n"
          ".global .align 8 .u64 where[1] = {table+4};\n.global .align 4 .u32 empty[3];\n"
          ".const .align 4 .b8 raw[8] = {1, 0, 0, 0, 2};\n",
          "ld.const.u32 %t1, [table+8]; ld.const.u32 %t2, [table+12]; ld.global.f32 %f0, [real+4]; mov.b32 %t3, %f0;\n"
          "ld.global.u64 %u2, [where]; ld.u32 %t4, [%u2]; ld.global.u32 %t5, [empty+8]; ld.const.u32 %t6, [raw+4];\n"
          "mov.u64 %u3, table; and.b32 %t7, %t0, 1; mul.wide.u32 %u4, %t7, 4; add.s64 %u5, %u3, %u4; ld.const.u32 %t8, "
          "[%u5];\n"
          "add.s32 %z, %t1, %t2; add.s32 %z, %z, %t3; add.s32 %z, %z, %t4; add.s32 %z, %z, %t5; add.s32 %z, %z, %t6; "
          "add.s32 %z, %z, %t8;"),
      40);
  for (std::uint32_t i = 0; i < 40; ++i) CHECK(words[i] == 30u - 1 + 0x40200000u + 20 + 0 + 2 + (i % 2 == 0 ? 10 : 20));
}

TEST_CASE("generic addresses find shared, local and global memory, mixed in one access too") {
  const auto words =
      run_words(kernel(".global .align 4 .u32 everywhere[64];\n",
                       ".local .align 8 .b8 own[8]; .shared .align 4 .b8 ours[256];\n"
                       "mov.u64 %u2, ours; cvta.shared.u64 %u2, %u2; mul.wide.u32 %u3, %t0, 4; add.s64 %u2, %u2, %u3;\n"
                       "mov.u64 %u4, own; cvta.local.u64 %u4, %u4; mov.u64 %u5, everywhere; cvta.global.u64 %u5, %u5; "
                       "add.s64 %u5, %u5, %u3;\n"
                       "rem.u32 %t1, %t0, 3; setp.eq.s32 %p0, %t1, 0; setp.eq.s32 %p1, %t1, 1;\n"
                       "selp.b64 %u6, %u2, %u4, %p0; selp.b64 %u6, %u5, %u6, %p1;\n"
                       "mul.lo.s32 %t2, %t0, 7; st.u32 [%u6], %t2; ld.u32 %t3, [%u6];\n"
                       "mov.u32 %t4, 0; @%p0 cvta.to.shared.u64 %u7, %u2; @%p0 ld.shared.u32 %t4, [%u7];\n"
                       "@%p1 ld.global.u32 %t4, [%u5]; add.s32 %z, %t3, %t4;"),
                64);
  for (std::uint32_t i = 0; i < 64; ++i) CHECK(words[i] == i * 7 * (i % 3 == 2 ? 1 : 2));
}

TEST_CASE("dynamic shared memory lies behind the static variables") {
  const auto words = run_words(
      kernel(".extern .shared .align 16 .b8 dyn[];\n.shared .align 4 .b8 fixed[128];\n",
             "mov.u32 %t1, dyn; shl.b32 %t2, %t0, 2; add.s32 %t3, %t1, %t2; st.shared.u32 [%t3], %t0;\n"
             "mov.u32 %t4, fixed; add.s32 %t5, %t4, %t2; st.shared.u32 [%t5], 5; bar.sync 0;\n"
             "xor.b32 %t6, %t2, 4; add.s32 %t7, %t1, %t6; ld.shared.u32 %t8, [%t7]; ld.shared.u32 %t9, [%t5];\n"
             "add.s32 %z, %t8, %t9;"),
      32, 128);
  for (std::uint32_t i = 0; i < 32; ++i) CHECK(words[i] == (i ^ 1) + 5);
}

TEST_CASE("parameters of every size arrive, also through an address") {
  Bench bench(
      kHeader +
      ".visible .entry k(.param .u64 po, .param .u8 pa, .param .s16 pb, .param .f64 pc, .param .align 4 .b8 pd[12])\n"
      "{ .reg .b32 %t<8>; .reg .b64 %u<8>; .reg .f64 %d<4>; .reg .f32 %f<4>; .reg .b16 %h<2>;\n"
      "ld.param.u64 %u0, [po]; ld.param.u8 %t0, [pa]; ld.param.s16 %t1, [pb]; ld.param.f64 %d0, [pc]; ld.param.u32 "
      "%t2, [pd+8];\n"
      "mov.u64 %u1, pd; ld.param.u32 %t3, [%u1+4]; cvt.rn.f32.f64 %f0, %d0;\n"
      "st.global.u32 [%u0], %t0; st.global.u32 [%u0+4], %t1; st.global.f32 [%u0+8], %f0; st.global.u32 [%u0+12], %t2; "
      "st.global.u32 [%u0+16], %t3; ret; }\n");
  const std::uint64_t out = bench.reserve(20, "out");
  Parameters parameters;
  parameters.add(out).add(std::uint8_t{200}).add(std::int16_t{-5}).add(1.5).add(1u).add(22u).add(333u);
  const auto result = bench.device.run(bench.launch("k", {1, 1, 1}, 1, parameters));
  if (result.finding) FAIL(result.finding->text());
  CHECK(bench.take<std::uint32_t>(out, 5) ==
        std::vector<std::uint32_t>{200, static_cast<std::uint32_t>(-5), 0x3fc00000, 333, 22});
}

TEST_CASE("integer atomics add up over all blocks and do not count as races") {
  Bench bench(
      kHeader +
      ".visible .entry k(.param .u64 po) { .reg .b32 %t<8>; .reg .b64 %u<4>; ld.param.u64 %u0, [po]; mov.u32 %t0, "
      "%tid.x;\n"
      "atom.global.add.u32 %t1, [%u0], %t0; red.global.max.s32 [%u0+4], %t0; atom.global.cas.b32 %t2, [%u0+8], 0, 9;\n"
      "red.global.inc.u32 [%u0+12], 2; atom.global.exch.b32 %t3, [%u0+16], 6; red.global.add.u64 [%u0+24], "
      "0x100000000; ret; }\n");
  const std::uint64_t out = bench.give(std::vector<std::uint32_t>(8, 0), "out");
  const auto result = bench.device.run(bench.launch("k", {3, 1, 1}, 100, Parameters().add(out)));
  if (result.finding) FAIL(result.finding->text());
  CHECK(bench.take<std::uint32_t>(out, 8) == std::vector<std::uint32_t>{3 * 4950, 99, 9, 0, 6, 0, 0, 300});
}
