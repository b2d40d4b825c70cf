#include "op_harness.h"
#include "samples_host.h"

using namespace envlock_test;
using envlock::ptx::Finding;

/// Each check finds what it is for, in a kernel that is clean without the mutation.
namespace {

constexpr std::uint64_t kOrders = 20;

struct Case {
  std::string ptx;
  std::function<envlock::ptx::Launch(Bench&)> launch;
  bool check_undefined = true;
};

/// The finding must be there in every order of blocks, and the same for every number of host threads. Where warps may
/// come in another order there are two ways to see one mistake: `kinds` lists them.
Finding must_find(const Case& made, const std::string& kinds) {
  Finding found;
  for (std::uint64_t seed = 1; seed <= kOrders; ++seed) {
    std::string text;
    for (const unsigned threads : {1u, 2u, 5u}) {
      INFO("seed " << seed << ", threads " << threads);
      Bench bench(made.ptx);
      auto launch = made.launch(bench);
      launch.seed = seed;
      launch.check_undefined = made.check_undefined;
      const auto result = bench.device.run(launch, threads);
      REQUIRE(result.finding);
      INFO(result.finding->text());
      REQUIRE(("|" + kinds + "|").find("|" + result.finding->kind + "|") != std::string::npos);
      if (text.empty()) text = result.finding->text();
      REQUIRE(result.finding->text() == text);
      found = *result.finding;
    }
  }
  return found;
}

void must_be_clean(const Case& made) {
  for (std::uint64_t seed = 1; seed <= kOrders; ++seed) {
    Bench bench(made.ptx);
    auto launch = made.launch(bench);
    launch.seed = seed;
    const auto result = bench.device.run(launch, static_cast<unsigned>(1 + seed % 3));
    if (result.finding) FAIL(result.finding->text());
  }
}

envlock::ptx::Launch gemm_launch(Bench& bench) {
  return Gemm(70, 130, 37).prepare(bench).launch;
}

envlock::ptx::Launch block_sum_launch(Bench& bench) {
  const std::uint64_t in = bench.give(random_floats(1000, 3), "x"), out = bench.reserve(4 * 4, "sums");
  return bench.launch("block_sum", {4, 1, 1}, 256, Parameters().add(in).add(out).add(1000));
}

envlock::ptx::Launch row_sum_launch(Bench& bench) {
  const std::uint64_t in = bench.give(random_floats(8 * 50, 3), "x"), out = bench.reserve(8 * 4, "sums");
  return bench.launch("row_sum", {2, 1, 1}, 128, Parameters().add(in).add(out).add(8).add(50));
}

/// The text from the line that holds `name` on, and what is before it.
std::pair<std::string, std::string> split_at(const std::string& text, const std::string& name) {
  const std::size_t at = text.find(name);
  REQUIRE(at != std::string::npos);
  return {text.substr(0, at), text.substr(at)};
}

/// Replaces occurrence `which` (from 0) of `from` behind the line that holds `name`.
std::string replace_nth(const std::string& text, const std::string& name, int which, const std::string& from,
                        const std::string& to) {
  auto [before, rest] = split_at(text, name);
  std::size_t at = rest.find(from);
  for (int i = 0; i < which && at != std::string::npos; ++i) at = rest.find(from, at + 1);
  REQUIRE(at != std::string::npos);
  return before + rest.replace(at, from.size(), to);
}

const std::string kHeader = ".version 6.0\n.target sm_50\n.address_size 64\n";

Case words_kernel(const std::string& body, std::uint32_t blocks, std::uint32_t threads, std::uint64_t words) {
  const std::string text =
      kHeader +
      ".visible .entry k(.param .u64 po, .param .u64 pi)\n{\n.reg .pred %p<8>; .reg .b32 %t<16>; .reg .b64 "
      "%u<16>; .shared .align 4 .b8 tile[1024]; .shared .align 4 .b8 other[64];\n"
      "mov.u32 %t0, %tid.x; mov.u32 %t1, %ctaid.x; mov.u32 %t2, %ntid.x; mad.lo.s32 %t3, %t1, %t2, %t0;\n"
      "ld.param.u64 %u0, [po]; ld.param.u64 %u1, [pi]; mul.wide.u32 %u2, %t3, 4; add.s64 %u3, %u0, %u2; add.s64 %u4, "
      "%u1, %u2;\n"
      "mul.wide.u32 %u5, %t0, 4; mov.u64 %u6, tile; add.s64 %u7, %u6, %u5;\n" +
      body + "\nEND: ret;\n}\n";
  return {text, [=](Bench& bench) {
            const std::uint64_t out = bench.reserve(words * 4, "out");
            std::vector<std::uint32_t> values(words);
            for (std::size_t i = 0; i < words; ++i) values[i] = static_cast<std::uint32_t>(i);
            return bench.launch("k", {blocks, 1, 1}, threads, Parameters().add(out).add(bench.give(values, "in")));
          }};
}

}  // namespace

TEST_CASE("the samples are clean") {
  must_be_clean({read_sample("gemm.ptx"), gemm_launch});
  must_be_clean({read_sample("rows.ptx"), block_sum_launch});
  must_be_clean({read_sample("rows.ptx"), row_sum_launch});
}

TEST_CASE("a missing barrier is a race, or a read of what nobody wrote yet") {
  const std::string gemm = read_sample("gemm.ptx");
  for (const int which : {0, 1}) {
    const Finding found =
        must_find({replace_nth(gemm, ".entry gemm(", which, "bar.sync \t0;", ""), gemm_launch}, "race|uninitialised");
    CHECK(found.what.find("_tile") != std::string::npos);
  }
  const std::string rows = read_sample("rows.ptx");
  for (const int which : {0, 1, 4, 7})
    must_find({replace_nth(rows, ".entry block_sum(", which, "bar.sync \t0;", ""), block_sum_launch},
              "race|uninitialised");
}

TEST_CASE("an index out of bounds by one names the allocation") {
  const Case past = words_kernel("st.global.u32 [%u3+4], %t3;", 2, 32, 64);
  const Finding found = must_find(past, "out-of-bounds");
  CHECK(found.what.find("0 bytes past the end of out (256 bytes)") != std::string::npos);
  CHECK(found.thread == 31);
  CHECK(found.block == 1);
  must_find(words_kernel("ld.global.u32 %t4, [%u4+-4];", 1, 32, 32), "out-of-bounds");
  must_be_clean(words_kernel("st.global.u32 [%u3], %t3;", 2, 32, 64));
  const Finding shared = must_find(words_kernel("st.shared.u32 [%u7+4], %t3;", 1, 256, 256), "out-of-bounds");
  CHECK(shared.what.find("0 bytes past the end of shared `tile` (1024 bytes)") != std::string::npos);
  must_find(words_kernel("mov.u32 %t4, other; add.s32 %t4, %t4, 64; st.shared.u32 [%t4], %t3;", 1, 1, 1),
            "out-of-bounds");
  must_find(words_kernel("mov.u64 %u8, 0; ld.global.u32 %t4, [%u8];", 1, 32, 32), "out-of-bounds");
}

TEST_CASE("an off-by-one tail is out of bounds") {
  // `i >= count` becomes `i > count`.
  const std::string text =
      replace_nth(read_sample("elementwise.ptx"), ".entry exponential(", 0, "setp.ge.s32", "setp.gt.s32");
  const Case tail{text, [](Bench& bench) {
                    const std::uint64_t in = bench.give(random_floats(200, 3), "x"), out = bench.reserve(800, "y");
                    return bench.launch("exponential", {1, 1, 1}, 256, Parameters().add(in).add(out).add(200));
                  }};
  const Finding found = must_find(tail, "out-of-bounds");
  CHECK(found.what.find("0 bytes past the end of x (800 bytes)") != std::string::npos);
  CHECK(found.thread == 200);
}

TEST_CASE("a misaligned access is found") {
  must_find(words_kernel("ld.global.u32 %t4, [%u4+2];", 1, 32, 40), "misaligned");
  must_find(words_kernel("ld.global.v2.u32 {%t4, %t5}, [%u4];", 1, 32, 40), "misaligned");
}

TEST_CASE("memory nobody wrote is not to be read") {
  const Finding global = must_find(words_kernel("ld.global.u32 %t4, [%u3];", 1, 32, 32), "uninitialised");
  CHECK(global.what.find("byte 0 of out (128 bytes)") != std::string::npos);
  must_find(words_kernel("ld.shared.u32 %t4, [%u7];", 1, 32, 32), "uninitialised");
  // Shared memory does not keep what another block left there.
  must_find(
      words_kernel("setp.ne.u32 %p0, %t1, 0; @%p0 bra READ; st.shared.u32 [%u7], 1; READ: ld.shared.u32 %t4, [%u7];", 2,
                   32, 64),
      "uninitialised");
  must_find(words_kernel("setp.lt.u32 %p0, %t0, 31; @%p0 st.global.u32 [%u3], 1; ld.global.u32 %t4, [%u3];", 1, 32, 32),
            "uninitialised");
  must_be_clean(words_kernel("st.global.u32 [%u3], 1; ld.global.u32 %t4, [%u3];", 1, 32, 32));
  must_find(words_kernel(".local .align 4 .b8 own[8]; mov.u64 %u8, own; ld.local.u32 %t4, [%u8+4];", 1, 32, 32),
            "uninitialised");
}

TEST_CASE("a shared word written too late is read uninitialised") {
  const std::string text =
      replace_nth(read_sample("rows.ptx"), ".entry block_sum(", 0, "st.shared.f32", "// st.shared.f32");
  must_find({text, block_sum_launch}, "uninitialised");
}

TEST_CASE("registers nobody wrote are not to be read") {
  const Finding found =
      must_find(words_kernel("setp.lt.u32 %p0, %t0, 5; @%p0 mov.u32 %t4, 1; st.global.u32 [%u3], %t4;", 1, 32, 32),
                "undefined-register");
  CHECK(found.what.find("`%t4`") != std::string::npos);
  CHECK(found.thread == 5);
  must_find(words_kernel("@%p3 st.global.u32 [%u3], 1;", 1, 32, 32), "undefined-register");
  // Moving an undefined value is no use of it: compilers do so. Using the copy is.
  must_be_clean(words_kernel("mov.u32 %t5, %t4; mov.u32 %t6, %t5;", 1, 32, 32));
  must_find(words_kernel("mov.u32 %t5, %t4; mov.u32 %t6, %t5; add.s32 %t7, %t6, 1;", 1, 32, 32), "undefined-register");
  must_be_clean(
      words_kernel("setp.lt.u32 %p0, %t0, 5; @%p0 mov.u32 %t4, 1; @%p0 st.global.u32 [%u3], %t4;", 1, 32, 32));
}

TEST_CASE("a barrier in divergent code is found") {
  must_find(words_kernel("setp.lt.u32 %p0, %t0, 7; @%p0 bra END; bar.sync 0;", 1, 32, 32), "divergent-barrier");
  must_find(words_kernel("setp.lt.u32 %p0, %t0, 32; @%p0 bra END; bar.sync 0;", 1, 64, 64), "divergent-barrier");
  must_find(words_kernel("setp.lt.u32 %p0, %t0, 7; @%p0 bar.sync 0;", 1, 32, 32), "divergent-barrier");
  // A warp that was at this barrier once, and left before the second time.
  must_find(
      words_kernel("mov.u32 %t4, 0; LOOP: bar.sync 0; setp.lt.u32 %p0, %t0, 32; @%p0 bra END; add.s32 %t4, %t4, 1; "
                   "setp.lt.u32 %p1, %t4, 3; @%p1 bra LOOP;",
                   1, 64, 64),
      "divergent-barrier");
  // Two warps at two different barriers.
  must_find(words_kernel("setp.lt.u32 %p0, %t0, 32; @%p0 bra A; bar.sync 0; bra END; A: bar.sync 0;", 1, 64, 64),
            "divergent-barrier");
  must_find({replace_nth(read_sample("rows.ptx"), ".entry block_sum(", 0, "bar.sync \t0;", "@%p1 bar.sync 0;"),
             block_sum_launch},
            "divergent-barrier");
}

TEST_CASE("blocks of one launch must not share what one of them writes") {
  const Finding found = must_find(words_kernel("st.global.u32 [%u0], 1;", 4, 1, 4), "race-between-blocks");
  CHECK(found.what.find("out") != std::string::npos);
  // One block writes what the next one reads.
  must_find(words_kernel("st.global.u32 [%u4], 1; setp.eq.u32 %p0, %t1, 3; @%p0 bra END; ld.global.u32 %t4, [%u4+128];",
                         4, 32, 128),
            "race-between-blocks");
  must_find({replace_once(read_sample("gemm.ptx"), "mov.u32 \t%r61, %ctaid.y;", "mov.u32 %r61, 0;"), gemm_launch},
            "race-between-blocks");
  // Bytes of one word are no common ground.
  must_be_clean(words_kernel(
      "cvt.u64.u32 %u8, %t3; add.s64 %u9, %u0, %u8; st.global.u8 [%u9], %t3; ld.global.u8 %t4, [%u9];", 4, 1, 4));
}

TEST_CASE("threads of a block must not share what one of them writes, unless a barrier lies between") {
  must_find(words_kernel("st.shared.u32 [%u6], %t0;", 1, 2, 2), "race");
  must_find(words_kernel("st.shared.u32 [%u7], %t0; xor.b32 %t4, %t0, 1; mul.wide.u32 %u8, %t4, 4; add.s64 %u9, %u6, "
                         "%u8; ld.shared.u32 %t5, [%u9];",
                         1, 64, 64),
            "race");
  must_be_clean(
      words_kernel("st.shared.u32 [%u7], %t0; xor.b32 %t4, %t0, 1; mul.wide.u32 %u8, %t4, 4; add.s64 %u9, %u6, %u8; "
                   "bar.sync 0; ld.shared.u32 %t5, [%u9];",
                   1, 64, 64));
  must_find(words_kernel("st.global.u32 [%u3], %t0; xor.b32 %t4, %t0, 32; mul.wide.u32 %u8, %t4, 4; add.s64 %u9, %u0, "
                         "%u8; st.global.u32 [%u9], %t0;",
                         1, 64, 64),
            "race");
  // Read by many, then written by one.
  must_find(
      words_kernel("ld.global.u32 %t4, [%u1]; setp.eq.u32 %p0, %t0, 0; @%p0 st.global.u32 [%u1], %t4;", 1, 64, 64),
      "race");
  must_be_clean(words_kernel(
      "ld.global.u32 %t4, [%u1]; bar.sync 0; setp.eq.u32 %p0, %t0, 0; @%p0 st.global.u32 [%u1], %t4;", 1, 64, 64));
  // Bytes and words overlap.
  must_find(
      words_kernel("st.shared.u32 [%u7], %t0; cvt.u64.u32 %u8, %t0; add.s64 %u9, %u6, %u8; ld.shared.u8 %t4, [%u9];", 1,
                   32, 32),
      "race");
}

TEST_CASE("what a launch wrote is not to be read through the read-only cache") {
  must_find(words_kernel("st.global.u32 [%u3], 1; bar.sync 0; ld.global.nc.u32 %t4, [%u3];", 1, 32, 32),
            "read-only-load");
  must_be_clean(words_kernel("ld.global.nc.u32 %t4, [%u4]; st.global.u32 [%u3], %t4;", 2, 32, 64));
}

TEST_CASE("atomics are ordered against each other, not against plain accesses") {
  must_be_clean(words_kernel("red.global.add.u32 [%u1], 1;", 3, 40, 120));
  must_find(words_kernel("red.global.add.u32 [%u1], 1; ld.global.u32 %t4, [%u1];", 1, 2, 2), "race");
  must_find(words_kernel("setp.eq.u32 %p0, %t0, 0; @%p0 st.global.u32 [%u1], 1; red.global.add.u32 [%u1], 1;", 1, 2, 2),
            "race");
}

TEST_CASE("an exchange between lanes needs exactly the lanes its mask names") {
  must_find(words_kernel("setp.lt.u32 %p0, %t0, 7; @%p0 bra END; shfl.sync.idx.b32 %t4, %t0, 0, 31, -1;", 1, 32, 32),
            "mask");
  must_find(words_kernel("shfl.sync.idx.b32 %t4, %t0, 0, 31, 15;", 1, 32, 32), "mask");
  must_find(words_kernel("setp.lt.u32 %p0, %t0, 7; @%p0 bra END; vote.sync.any.pred %p1, %p0, -1;", 1, 32, 32), "mask");
  must_find(words_kernel("setp.lt.u32 %p0, %t0, 7; @%p0 bra END; bar.warp.sync -1;", 1, 32, 32), "mask");
  must_find(
      words_kernel("setp.lt.u32 %p0, %t0, 16; @!%p0 bra END; shfl.sync.idx.b32 %t4, %t0, 20, 31, 65535;", 1, 32, 32),
      "inactive-lane");
  must_be_clean(
      words_kernel("setp.lt.u32 %p0, %t0, 16; @!%p0 bra END; shfl.sync.idx.b32 %t4, %t0, 3, 31, 65535;", 1, 32, 32));
}

TEST_CASE("division by zero, endless loops and traps are found") {
  must_find(words_kernel("div.u32 %t4, 7, %t0;", 1, 32, 32), "division-by-zero");
  must_be_clean(words_kernel("setp.eq.u32 %p0, %t0, 0; @%p0 bra END; div.u32 %t4, 7, %t0;", 1, 32, 32));
  must_find(words_kernel("setp.eq.u32 %p0, %t0, 9; @%p0 trap;", 1, 32, 32), "trap");
  Case endless = words_kernel("LOOP: bra LOOP;", 1, 32, 32);
  const auto launch = endless.launch;
  endless.launch = [=](Bench& bench) {
    auto made = launch(bench);
    made.most_instructions = 1000;
    return made;
  };
  must_find(endless, "endless");
}

TEST_CASE("a launch that starts over finds memory as it was") {
  // What the first attempt stored would be divided by in the second.
  const Finding found = must_find(
      words_kernel("ld.global.u32 %t4, [%u4]; add.s32 %t4, %t4, 1; div.u32 %t5, 7, %t4; st.global.u32 [%u4], -1; "
                   "setp.eq.u32 %p0, %t1, 11; @%p0 trap;",
                   16, 32, 512),
      "trap");
  CHECK(found.block == 11);
}

TEST_CASE("freed and constant memory are not to be touched") {
  Bench bench(
      kHeader +
      ".const .align 4 .u32 table[2] = {1, 2};\n.visible .entry k(.param .u64 po) { .reg .b32 %t<4>; .reg .b64 %u<4>; "
      "ld.param.u64 %u0, [po]; ld.global.u32 %t0, [%u0]; ret; }\n"
      ".visible .entry w() { .reg .b64 %u<4>; mov.u64 %u0, table; st.u32 [%u0], 5; ret; }\n");
  const std::uint64_t gone = bench.give(std::vector<std::uint32_t>(4, 7), "x");
  REQUIRE(bench.device.memory().free(gone));
  auto result = bench.device.run(bench.launch("k", {1, 1, 1}, 1, Parameters().add(gone)));
  REQUIRE(result.finding);
  CHECK(result.finding->kind == "use-after-free");
  CHECK(result.finding->what.find("freed x (16 bytes)") != std::string::npos);
  result = bench.device.run(bench.launch("w", {1, 1, 1}, 1, Parameters()));
  REQUIRE(result.finding);
  CHECK(result.finding->kind == "constant-write");
}

TEST_CASE("a reversed k loop and an unfused fma change bits") {
  const Gemm gemm(64, 64, 16);
  const auto differs = [&](const std::string& text) {
    Bench bench(text);
    const auto run = gemm.prepare(bench);
    const auto result = bench.device.run(run.launch);
    if (result.finding) FAIL(result.finding->text());
    return bench.take<float>(run.out, gemm.c.size()) != gemm.c;
  };
  const std::string text = read_sample("gemm.ptx");
  CHECK_FALSE(differs(text));
  CHECK(differs(read_sample("gemm_reversed.ptx")));
  // One of the sixteen products of a step.
  const std::size_t at = text.find("fma.rn.f32");
  const std::string line = text.substr(at, text.find(';', at) - at);
  const std::string operands = line.substr(line.find('%'));
  const std::size_t first = operands.find(','), second = operands.find(',', first + 1),
                    third = operands.find(',', second + 1);
  const std::string d = operands.substr(0, first), a = operands.substr(first + 1, second - first - 1),
                    b = operands.substr(second + 1, third - second - 1), c = operands.substr(third + 1);
  std::string unfused = text;
  unfused.replace(
      at, line.size(),
      "{ .reg .f32 %product; mul.rn.f32 %product, " + a + "," + b + "; add.rn.f32 " + d + ", %product," + c + "; }");
  CHECK(differs(unfused));
}
