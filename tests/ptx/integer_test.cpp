#include <limits>

#include "op_harness.h"

using namespace envlock_test;

namespace {

using u64 = std::uint64_t;
using s64 = std::int64_t;
using u32 = std::uint32_t;
using s32 = std::int32_t;
__extension__ typedef unsigned __int128 u128;
__extension__ typedef __int128 s128;

s32 s(u64 value) {
  return static_cast<s32>(value);
}
s64 sl(u64 value) {
  return static_cast<s64>(value);
}
template <class T>
u32 u(T value) {
  return static_cast<u32>(value);
}

/// Two 32-bit operands, one 32-bit result.
void check32(const std::string& body, const std::function<u64(u32, u32)>& expected) {
  check_op({body, {32, 32}, 32, [&](const u64* x) { return expected(u(x[0]), u(x[1])); }});
}
void check64(const std::string& body, const std::function<u64(u64, u64)>& expected) {
  check_op({body, {64, 64}, 64, [&](const u64* x) { return expected(x[0], x[1]); }});
}

/// A bit by bit reading of the manual's pseudo code.
u64 slow_bfe(u64 a, u32 position, u32 length, int width, bool negative) {
  const u32 p = position & 255, n = length & 255;
  const u32 top = static_cast<u32>(width) - 1;
  u64 sign = 0;
  if (negative && n != 0) sign = a >> std::min(p + n - 1, top) & 1;
  u64 result = 0;
  for (u32 i = 0; i <= top; ++i) result |= (i < n && p + i <= top ? a >> (p + i) & 1 : sign) << i;
  return result;
}

u64 slow_bfi(u64 a, u64 b, u32 position, u32 length, int width) {
  const u32 p = position & 255, n = length & 255;
  for (u32 i = 0; i < n && p + i < static_cast<u32>(width); ++i) {
    const u64 bit = u64{1} << (p + i);
    b = (b & ~bit) | (a >> i & 1) << (p + i);
  }
  return b;
}

u64 slow_prmt(u64 a, u64 b, u64 c) {
  const u64 bytes = (b & 0xffffffffu) << 32 | (a & 0xffffffffu);
  u64 result = 0;
  for (int i = 0; i < 4; ++i) {
    const u64 selector = c >> (4 * i) & 15;
    u64 byte = bytes >> (8 * (selector & 7)) & 255;
    if (selector & 8) byte = byte & 128 ? 255 : 0;
    result |= byte << (8 * i);
  }
  return result;
}

}  // namespace

TEST_CASE("integer sums and products are those of the host") {
  check32("add.s32 %z, %a, %b;", [](u32 a, u32 b) { return a + b; });
  check32("sub.s32 %z, %a, %b;", [](u32 a, u32 b) { return a - b; });
  check64("add.s64 %z, %a, %b;", [](u64 a, u64 b) { return a + b; });
  check64("sub.u64 %z, %a, %b;", [](u64 a, u64 b) { return a - b; });
  check32("mul.lo.s32 %z, %a, %b;", [](u32 a, u32 b) { return a * b; });
  check32("mul.hi.u32 %z, %a, %b;", [](u32 a, u32 b) { return static_cast<u64>(a) * b >> 32; });
  check32("mul.hi.s32 %z, %a, %b;", [](u32 a, u32 b) { return u((static_cast<s64>(s(a)) * s(b)) >> 32); });
  check64("mul.lo.u64 %z, %a, %b;", [](u64 a, u64 b) { return a * b; });
  check64("mul.hi.u64 %z, %a, %b;", [](u64 a, u64 b) { return static_cast<u64>(static_cast<u128>(a) * b >> 64); });
  check64("mul.hi.s64 %z, %a, %b;",
          [](u64 a, u64 b) { return static_cast<u64>((static_cast<s128>(sl(a)) * sl(b)) >> 64); });
  check_op({"mul.wide.u32 %z, %a, %b;", {32, 32}, 64, [](const u64* x) { return x[0] * x[1]; }});
  check_op({"mul.wide.s32 %z, %a, %b;", {32, 32}, 64, [](const u64* x) {
              return static_cast<u64>(static_cast<s64>(s(x[0])) * s(x[1]));
            }});
  check_op({"mad.lo.s32 %z, %a, %b, %c;", {32, 32, 32}, 32, [](const u64* x) { return x[0] * x[1] + x[2]; }});
  check_op({"mad.hi.u32 %z, %a, %b, %c;", {32, 32, 32}, 32, [](const u64* x) { return (x[0] * x[1] >> 32) + x[2]; }});
  check_op({"mad.wide.u32 %z, %a, %b, %c;", {32, 32, 64}, 64, [](const u64* x) { return x[0] * x[1] + x[2]; }});
  check_op({"mad.wide.s32 %z, %a, %b, %c;", {32, 32, 64}, 64, [](const u64* x) {
              return static_cast<u64>(static_cast<s64>(s(x[0])) * s(x[1])) + x[2];
            }});
  check_op({"mad.lo.u64 %z, %a, %b, %c;", {64, 64, 64}, 64, [](const u64* x) { return x[0] * x[1] + x[2]; }});
  check_op({"mad.hi.s64 %z, %a, %b, %c;", {64, 64, 64}, 64, [](const u64* x) {
              return static_cast<u64>((static_cast<s128>(sl(x[0])) * sl(x[1])) >> 64) + x[2];
            }});
  check_op({"sad.s32 %z, %a, %b, %c;", {32, 32, 32}, 32, [](const u64* x) {
              return (s(x[0]) < s(x[1]) ? x[1] - x[0] : x[0] - x[1]) + x[2];
            }});
}

TEST_CASE("integer quotients are those of the host, the two that overflow included") {
  // A divisor of zero is a finding of its own; here it is made one.
  const std::string nonzero32 = "setp.eq.u32 %p0, %b, 0; selp.b32 %t0, 1, %b, %p0; ";
  const std::string nonzero64 = "setp.eq.u64 %p0, %b, 0; selp.b64 %u0, 1, %b, %p0; ";
  const auto d32 = [](u32 b) { return b == 0 ? 1 : b; };
  const auto d64 = [](u64 b) { return b == 0 ? 1 : b; };
  check32(nonzero32 + "div.u32 %z, %a, %t0;", [&](u32 a, u32 b) { return a / d32(b); });
  check32(nonzero32 + "rem.u32 %z, %a, %t0;", [&](u32 a, u32 b) { return a % d32(b); });
  check32(nonzero32 + "div.s32 %z, %a, %t0;",
          [&](u32 a, u32 b) { return static_cast<u64>(static_cast<s64>(s(a)) / s(d32(b))); });
  check32(nonzero32 + "rem.s32 %z, %a, %t0;",
          [&](u32 a, u32 b) { return static_cast<u64>(static_cast<s64>(s(a)) % s(d32(b))); });
  check64(nonzero64 + "div.u64 %z, %a, %u0;", [&](u64 a, u64 b) { return a / d64(b); });
  check64(nonzero64 + "rem.u64 %z, %a, %u0;", [&](u64 a, u64 b) { return a % d64(b); });
  check64(nonzero64 + "div.s64 %z, %a, %u0;",
          [&](u64 a, u64 b) { return static_cast<u64>(static_cast<s128>(sl(a)) / sl(d64(b))); });
  check64(nonzero64 + "rem.s64 %z, %a, %u0;",
          [&](u64 a, u64 b) { return static_cast<u64>(static_cast<s128>(sl(a)) % sl(d64(b))); });
}

TEST_CASE("minima, signs and logic") {
  check32("min.s32 %z, %a, %b;", [](u32 a, u32 b) { return s(a) < s(b) ? a : b; });
  check32("max.s32 %z, %a, %b;", [](u32 a, u32 b) { return s(a) < s(b) ? b : a; });
  check32("min.u32 %z, %a, %b;", [](u32 a, u32 b) { return std::min(a, b); });
  check32("max.u32 %z, %a, %b;", [](u32 a, u32 b) { return std::max(a, b); });
  check64("min.s64 %z, %a, %b;", [](u64 a, u64 b) { return sl(a) < sl(b) ? a : b; });
  check64("max.u64 %z, %a, %b;", [](u64 a, u64 b) { return std::max(a, b); });
  check32("neg.s32 %z, %a;", [](u32 a, u32) { return 0u - a; });
  check32("abs.s32 %z, %a;", [](u32 a, u32) { return s(a) < 0 ? 0u - a : a; });
  check64("neg.s64 %z, %a;", [](u64 a, u64) { return 0 - a; });
  check64("abs.s64 %z, %a;", [](u64 a, u64) { return sl(a) < 0 ? 0 - a : a; });
  check32("and.b32 %z, %a, %b;", [](u32 a, u32 b) { return a & b; });
  check32("or.b32 %z, %a, %b;", [](u32 a, u32 b) { return a | b; });
  check32("xor.b32 %z, %a, %b;", [](u32 a, u32 b) { return a ^ b; });
  check32("not.b32 %z, %a;", [](u32 a, u32) { return ~a; });
  check32("cnot.b32 %z, %a;", [](u32 a, u32) { return a == 0 ? 1 : 0; });
  check64("and.b64 %z, %a, %b;", [](u64 a, u64 b) { return a & b; });
  check64("xor.b64 %z, %a, %b;", [](u64 a, u64 b) { return a ^ b; });
  check64("not.b64 %z, %a;", [](u64 a, u64) { return ~a; });
  check_op({"lop3.b32 %z, %a, %b, %c, 0x96;", {32, 32, 32}, 32, [](const u64* x) { return x[0] ^ x[1] ^ x[2]; }});
  check_op({"lop3.b32 %z, %a, %b, %c, 0xCA;", {32, 32, 32}, 32, [](const u64* x) {
              return (x[0] & x[1]) | (~x[0] & x[2]);
            }});
}

TEST_CASE("shifts clamp their amount, funnel shifts wrap or clamp it") {
  check32("shl.b32 %z, %a, %b;", [](u32 a, u32 b) { return b > 31 ? 0 : a << b; });
  check32("shr.u32 %z, %a, %b;", [](u32 a, u32 b) { return b > 31 ? 0 : a >> b; });
  check32("shr.s32 %z, %a, %b;", [](u32 a, u32 b) { return u(s(a) >> (b > 31 ? 31 : b)); });
  check_op({"shl.b64 %z, %a, %b;", {64, 32}, 64, [](const u64* x) { return x[1] > 63 ? 0 : x[0] << x[1]; }});
  check_op({"shr.u64 %z, %a, %b;", {64, 32}, 64, [](const u64* x) { return x[1] > 63 ? 0 : x[0] >> x[1]; }});
  check_op({"shr.s64 %z, %a, %b;", {64, 32}, 64, [](const u64* x) {
              return static_cast<u64>(sl(x[0]) >> (x[1] > 63 ? 63 : x[1]));
            }});
  const auto funnel = [](const u64* x, bool left, bool wrap) {
    const u64 whole = x[1] << 32 | x[0];
    const u64 by = wrap ? x[2] & 31 : std::min<u64>(x[2], 32);
    return left ? (by == 32 ? x[0] : whole << by >> 32) : whole >> by;
  };
  check_op({"shf.l.wrap.b32 %z, %a, %b, %c;", {32, 32, 32}, 32, [&](const u64* x) { return funnel(x, true, true); }});
  check_op({"shf.r.wrap.b32 %z, %a, %b, %c;", {32, 32, 32}, 32, [&](const u64* x) { return funnel(x, false, true); }});
  check_op({"shf.l.clamp.b32 %z, %a, %b, %c;", {32, 32, 32}, 32, [&](const u64* x) { return funnel(x, true, false); }});
  check_op(
      {"shf.r.clamp.b32 %z, %a, %b, %c;", {32, 32, 32}, 32, [&](const u64* x) { return funnel(x, false, false); }});
}

TEST_CASE("bit counts, fields and permutations") {
  check32("popc.b32 %z, %a;", [](u32 a, u32) { return static_cast<u64>(std::popcount(a)); });
  check32("clz.b32 %z, %a;", [](u32 a, u32) { return static_cast<u64>(std::countl_zero(a)); });
  check32("bfind.u32 %z, %a;", [](u32 a, u32) { return a == 0 ? ~0u : 31u - u(std::countl_zero(a)); });
  check32("bfind.shiftamt.u32 %z, %a;", [](u32 a, u32) { return a == 0 ? ~0u : u(std::countl_zero(a)); });
  check32("bfind.s32 %z, %a;", [](u32 a, u32) {
    const u32 rest = s(a) < 0 ? ~a : a;
    return rest == 0 ? ~0u : 31u - u(std::countl_zero(rest));
  });
  check32("brev.b32 %z, %a;", [](u32 a, u32) {
    u64 result = 0;
    for (int i = 0; i < 32; ++i) result |= (a >> i & 1ull) << (31 - i);
    return result;
  });
  check_op({"popc.b64 %z, %a;", {64}, 32, [](const u64* x) { return static_cast<u64>(std::popcount(x[0])); }});
  check_op({"clz.b64 %z, %a;", {64}, 32, [](const u64* x) { return static_cast<u64>(std::countl_zero(x[0])); }});
  check_op({"brev.b64 %z, %a;", {64}, 64, [](const u64* x) {
              u64 result = 0;
              for (int i = 0; i < 64; ++i) result |= (x[0] >> i & 1) << (63 - i);
              return result;
            }});
  check_op({"bfe.u32 %z, %a, %b, %c;", {32, 32, 32}, 32, [](const u64* x) {
              return slow_bfe(x[0], u(x[1]), u(x[2]), 32, false);
            }});
  check_op({"bfe.s32 %z, %a, %b, %c;", {32, 32, 32}, 32, [](const u64* x) {
              return slow_bfe(x[0], u(x[1]), u(x[2]), 32, true);
            }});
  check_op({"bfe.u64 %z, %a, %b, %c;", {64, 32, 32}, 64, [](const u64* x) {
              return slow_bfe(x[0], u(x[1]), u(x[2]), 64, false);
            }});
  check_op({"bfe.s64 %z, %a, %b, %c;", {64, 32, 32}, 64, [](const u64* x) {
              return slow_bfe(x[0], u(x[1]), u(x[2]), 64, true);
            }});
  check_op({"bfi.b32 %z, %a, %b, %c, %d;", {32, 32, 32, 32}, 32, [](const u64* x) {
              return slow_bfi(x[0], x[1], u(x[2]), u(x[3]), 32);
            }});
  check_op({"bfi.b64 %z, %a, %b, %c, %d;", {64, 64, 32, 32}, 64, [](const u64* x) {
              return slow_bfi(x[0], x[1], u(x[2]), u(x[3]), 64);
            }});
  check_op({"prmt.b32 %z, %a, %b, %c;", {32, 32, 32}, 32, [](const u64* x) { return slow_prmt(x[0], x[1], x[2]); }});
}

TEST_CASE("16-bit values wrap at 16 bits") {
  const std::string in = "cvt.u16.u32 %h0, %a; cvt.u16.u32 %h1, %b; ", out = " cvt.u32.u16 %z, %h2;";
  const auto low = [](u32 value) { return value & 0xffff; };
  const auto neg = [](u32 value) { return static_cast<s32>(static_cast<std::int16_t>(value)); };
  check32(in + "add.s16 %h2, %h0, %h1;" + out, [&](u32 a, u32 b) { return low(a + b); });
  check32(in + "sub.s16 %h2, %h0, %h1;" + out, [&](u32 a, u32 b) { return low(a - b); });
  check32(in + "mul.lo.s16 %h2, %h0, %h1;" + out, [&](u32 a, u32 b) { return low(a * b); });
  check32(in + "mul.hi.u16 %h2, %h0, %h1;" + out, [&](u32 a, u32 b) { return low(low(a) * low(b) >> 16); });
  check32(in + "mul.hi.s16 %h2, %h0, %h1;" + out, [&](u32 a, u32 b) { return low(u(neg(a) * neg(b)) >> 16); });
  check32(in + "mul.wide.s16 %z, %h0, %h1;", [&](u32 a, u32 b) { return u(neg(a) * neg(b)); });
  check32(in + "mul.wide.u16 %z, %h0, %h1;", [&](u32 a, u32 b) { return low(a) * low(b); });
  check32(in + "shl.b16 %h2, %h0, %b;" + out, [&](u32 a, u32 b) { return b > 15 ? 0 : low(a << b); });
  check32(in + "shr.u16 %h2, %h0, %b;" + out, [&](u32 a, u32 b) { return b > 31 ? 0 : low(a) >> b; });
  check32(in + "shr.s16 %h2, %h0, %b;" + out, [&](u32 a, u32 b) { return low(u(neg(a) >> (b > 15 ? 15 : b))); });
  check32(in + "not.b16 %h2, %h0;" + out, [&](u32 a, u32) { return low(~a); });
  check32(in + "neg.s16 %h2, %h0;" + out, [&](u32 a, u32) { return low(0u - a); });
  check32(in + "min.s16 %h2, %h0, %h1;" + out, [&](u32 a, u32 b) { return low(neg(a) < neg(b) ? a : b); });
  check32(in + "max.u16 %h2, %h0, %h1;" + out, [&](u32 a, u32 b) { return std::max(low(a), low(b)); });
  check32(in + "setp.lt.s16 %p0, %h0, %h1; selp.u32 %z, 1, 0, %p0;",
          [&](u32 a, u32 b) { return neg(a) < neg(b) ? 1 : 0; });
  check32(in + "setp.gt.u16 %p0, %h0, %h1; selp.u32 %z, 1, 0, %p0;",
          [&](u32 a, u32 b) { return low(a) > low(b) ? 1 : 0; });
  check32(in + "mov.b32 %z, {%h0, %h1};", [&](u32 a, u32 b) { return low(a) | low(b) << 16; });
  check32("mov.b32 {%h0, %h1}, %a; cvt.u32.u16 %t0, %h0; cvt.s32.s16 %t1, %h1; sub.s32 %z, %t0, %t1;",
          [&](u32 a, u32) { return low(a) - u(neg(a >> 16)); });
}

TEST_CASE("integers compare as signed or unsigned, with either result and a third predicate") {
  const auto flag = [](const std::string& comparison) {
    return "setp." + comparison + " %p0, %a, %b; selp.u32 %z, 1, 0, %p0;";
  };
  check32(flag("eq.s32"), [](u32 a, u32 b) { return a == b; });
  check32(flag("ne.u32"), [](u32 a, u32 b) { return a != b; });
  check32(flag("lt.s32"), [](u32 a, u32 b) { return s(a) < s(b); });
  check32(flag("le.s32"), [](u32 a, u32 b) { return s(a) <= s(b); });
  check32(flag("gt.s32"), [](u32 a, u32 b) { return s(a) > s(b); });
  check32(flag("ge.s32"), [](u32 a, u32 b) { return s(a) >= s(b); });
  check32(flag("lt.u32"), [](u32 a, u32 b) { return a < b; });
  check32(flag("hs.u32"), [](u32 a, u32 b) { return a >= b; });
  check32(flag("ls.u32"), [](u32 a, u32 b) { return a <= b; });
  check_op({"setp.lt.s64 %p0, %a, %b; selp.u32 %z, 1, 0, %p0;", {64, 64}, 32, [](const u64* x) -> u64 {
              return sl(x[0]) < sl(x[1]);
            }});
  check_op({"setp.ge.u64 %p0, %a, %b; selp.u32 %z, 1, 0, %p0;", {64, 64}, 32, [](const u64* x) -> u64 {
              return x[0] >= x[1];
            }});
  check_op({"setp.eq.b64 %p0, %a, %b; selp.u64 %z, %a, 7, %p0;", {64, 64}, 64, [](const u64* x) -> u64 {
              return x[0] == x[1] ? x[0] : 7;
            }});
  check_op(
      {"setp.gt.s32 %p3, %c, 0; setp.lt.and.s32 %p0|%p1, %a, %b, %p3; selp.u32 %t0, 1, 0, %p0; selp.u32 %t1, 2, 0, "
       "%p1; or.b32 %z, %t0, %t1;",
       {32, 32, 32},
       32,
       [](const u64* x) -> u64 {
         const bool third = s(x[2]) > 0, less = s(x[0]) < s(x[1]);
         return (less && third ? 1 : 0) | (!less && third ? 2 : 0);
       }});
  check_op({"setp.gt.s32 %p3, %c, 0; setp.eq.xor.u32 %p0, %a, %b, !%p3; selp.u32 %z, 1, 0, %p0;",
            {32, 32, 32},
            32,
            [](const u64* x) -> u64 { return (x[0] == x[1]) != !(s(x[2]) > 0); }});
  check32("set.lt.u32.s32 %z, %a, %b;", [](u32 a, u32 b) { return s(a) < s(b) ? 0xffffffffu : 0u; });
  check_op({"slct.b32.s32 %z, %a, %b, %c;", {32, 32, 32}, 32, [](const u64* x) { return s(x[2]) >= 0 ? x[0] : x[1]; }});
  check32(
      "setp.lt.s32 %p0, %a, 0; setp.lt.s32 %p1, %b, 0; and.pred %p2, %p0, %p1; or.pred %p3, %p0, %p1; xor.pred %p4, "
      "%p2, "
      "%p3; not.pred %p5, %p4; mov.pred %p6, %p5; selp.u32 %z, 1, 0, %p6;",
      [](u32 a, u32 b) { return (s(a) < 0) == (s(b) < 0); });
}

TEST_CASE("halves of 64 bits are packed low half first") {
  check_op({"mov.b64 %z, {%a, %b};", {32, 32}, 64, [](const u64* x) { return x[0] | x[1] << 32; }});
  check_op(
      {"mov.b64 {%t0, %t1}, %a; sub.s32 %z, %t0, %t1;", {64}, 32, [](const u64* x) { return x[0] - (x[0] >> 32); }});
  check_op({"mov.b64 {_, %z}, %a;", {64}, 32, [](const u64* x) { return x[0] >> 32; }});
}
