#include "interpreter/policy.h"
#include "op_harness.h"

using namespace envlock_test;

namespace {

std::vector<envlock::ptx::PolicyBreach> breaches(const std::string& body) {
  return envlock::ptx::check_policy(
      ".version 7.0\n.target sm_80\n.address_size 64\n.visible .entry k(.param .u64 p)\n{\n.reg .pred %p<4>; .reg "
      ".b16 %h<4>; .reg .b32 %t<4>; .reg .f32 %f<4>; .reg .f64 %d<4>; .reg .b64 %u<4>;\n" +
      body + "\nret;\n}\n");
}

}  // namespace

TEST_CASE("what has no fixed bits is refused, with its line") {
  for (const std::string line : {"ex2.approx.f32 %f0, %f1;",
                                 "ex2.approx.ftz.f32 %f0, %f1;",
                                 "lg2.approx.f32 %f0, %f1;",
                                 "sin.approx.f32 %f0, %f1;",
                                 "cos.approx.f32 %f0, %f1;",
                                 "tanh.approx.f32 %f0, %f1;",
                                 "rcp.rn.f32 %f0, %f1;",
                                 "rsqrt.approx.f32 %f0, %f1;",
                                 "div.approx.f32 %f0, %f1, %f2;",
                                 "div.full.f32 %f0, %f1, %f2;",
                                 "sqrt.approx.f32 %f0, %f1;",
                                 "add.f32 %f0, %f1, %f2;",
                                 "sub.f32 %f0, %f1, %f2;",
                                 "mul.f32 %f0, %f1, %f2;",
                                 "mul.f64 %d0, %d1, %d2;",
                                 "mad.f32 %f0, %f1, %f2, %f3;",
                                 "add.rn.ftz.f32 %f0, %f1, %f2;",
                                 "fma.rn.sat.f32 %f0, %f1, %f2, %f3;",
                                 "fma.rz.f32 %f0, %f1, %f2, %f3;",
                                 "add.rp.f64 %d0, %d1, %d2;",
                                 "setp.lt.ftz.f32 %p0, %f0, %f1;",
                                 "cvt.rz.f32.f64 %f0, %d0;",
                                 "cvt.rz.f32.s32 %f0, %t0;",
                                 "cvt.rm.f64.u64 %d0, %u0;",
                                 "cvt.sat.f32.f32 %f0, %f1;",
                                 "cvt.ftz.f64.f32 %d0, %f0;",
                                 "atom.global.add.f32 %f0, [%u0], %f1;",
                                 "red.global.add.f64 [%u0], %d1;",
                                 "red.shared.add.f32 [%u0], %f1;",
                                 "membar.gl;",
                                 "fence.sc.gpu;",
                                 "ld.volatile.global.u32 %t0, [%u0];",
                                 "st.release.gpu.global.u32 [%u0], %t0;",
                                 "ld.relaxed.gpu.global.u32 %t0, [%u0];",
                                 "shfl.down.b32 %t0, %t1, 1, 31;",
                                 "shfl.sync.down.b32 %t0, %t1, 1, 31, 15;",
                                 "shfl.sync.down.b32 %t0, %t1, 1, 31, %t2;",
                                 "vote.sync.any.pred %p0, %p1, 1;",
                                 "vote.all.pred %p0, %p1;",
                                 "bar.warp.sync 3;",
                                 "activemask.b32 %t0;",
                                 "mov.u32 %t0, %clock;",
                                 "mov.u64 %u0, %globaltimer;"}) {
    INFO(line);
    const auto found = breaches("mov.u32 %t3, 5;\n" + line + "\nadd.s32 %t3, %t3, 1;");
    REQUIRE(found.size() == 1);
    CHECK(found[0].line == 8);
    CHECK(found[0].source == line);
    CHECK_FALSE(found[0].why.empty());
  }
}

TEST_CASE("what has fixed bits is allowed") {
  for (const std::string line : {"add.rn.f32 %f0, %f1, %f2;",
                                 "sub.rn.f64 %d0, %d1, %d2;",
                                 "fma.rn.f32 %f0, %f1, %f2, %f3;",
                                 "div.rn.f32 %f0, %f1, %f2;",
                                 "sqrt.rn.f64 %d0, %d1;",
                                 "neg.f32 %f0, %f1;",
                                 "min.f32 %f0, %f1, %f2;",
                                 "cvt.rn.f32.f64 %f0, %d0;",
                                 "cvt.f64.f32 %d0, %f0;",
                                 "cvt.rn.f32.s32 %f0, %t0;",
                                 "cvt.rzi.s32.f32 %t0, %f0;",
                                 "cvt.rni.f32.f32 %f0, %f1;",
                                 "cvt.sat.u8.s32 %t0, %t1;",
                                 "atom.global.add.u32 %t0, [%u0], 1;",
                                 "shfl.sync.down.b32 %t0, %t1, 1, 31, -1;",
                                 "shfl.sync.bfly.b32 %t0, %t1, 1, 31, 0xffffffff;",
                                 "mov.u32 %t2, -1; shfl.sync.idx.b32 %t0|%p1, %t1, 1, 31, %t2;",
                                 "vote.sync.ballot.b32 %t0, %p1, -1;",
                                 "bar.sync 0;",
                                 "ld.global.nc.f32 %f0, [%u0];"}) {
    INFO(line);
    for (const auto& breach : breaches(line)) FAIL(breach.text());
  }
}

TEST_CASE("a mask in a register must be set to all lanes and nothing else") {
  CHECK(breaches("mov.u32 %t2, -1; mov.u32 %t2, 3; shfl.sync.idx.b32 %t0, %t1, 1, 31, %t2;").size() == 1);
  CHECK(breaches("mov.u32 %t2, -1; add.s32 %t2, %t2, 0; shfl.sync.idx.b32 %t0, %t1, 1, 31, %t2;").size() == 1);
}

TEST_CASE("all breaches of a text are told at once, and the samples have none") {
  CHECK(breaches("add.f32 %f0, %f1, %f2;\nmul.f32 %f0, %f1, %f2;\nex2.approx.f32 %f0, %f1;").size() == 3);
  for (const char* name : {"gemm.ptx", "rows.ptx", "elementwise.ptx", "hash.ptx"})
    for (const auto& breach : envlock::ptx::check_policy(read_sample(name))) FAIL(breach.text());
}

TEST_CASE("a sample with an ex2.approx in it is refused") {
  const std::string text = replace_once(read_sample("elementwise.ptx"), "sqrt.rn.f32", "ex2.approx.f32");
  const auto found = envlock::ptx::check_policy(text);
  REQUIRE(found.size() == 1);
  CHECK(found[0].source.find("ex2.approx.f32") == 0);
}
