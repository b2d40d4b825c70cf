#include "op_harness.h"

#include <fstream>
#include <sstream>

namespace envlock_test {
namespace {

const std::vector<std::uint64_t> kIntegers = {0,
                                              1,
                                              2,
                                              3,
                                              7,
                                              31,
                                              32,
                                              33,
                                              63,
                                              64,
                                              127,
                                              128,
                                              255,
                                              256,
                                              0x7fff,
                                              0x8000,
                                              0xffff,
                                              0x10000,
                                              0x12345678,
                                              0x7fffffff,
                                              0x80000000,
                                              0xfffffffe,
                                              0xffffffff,
                                              0x100000000,
                                              0x7fffffffffffffff,
                                              0x8000000000000000,
                                              0xfffffffffffffffe,
                                              0xffffffffffffffff};
const std::vector<float> kSingles = {0.0f,
                                     -0.0f,
                                     1.0f,
                                     -1.0f,
                                     0.5f,
                                     1.5f,
                                     -2.5f,
                                     0x1p-149f,
                                     -0x1p-149f,
                                     0x1p-126f,
                                     0x1.fffffcp-127f,
                                     0x1.fffffep127f,
                                     -0x1.fffffep127f,
                                     3.0f,
                                     0x1p31f,
                                     -0x1p31f,
                                     0x1p32f,
                                     0x1p63f,
                                     -0x1p63f,
                                     0x1p64f,
                                     0x1.000002p0f,
                                     8388609.0f,
                                     0x1p-75f,
                                     16777217.0f};
const std::vector<double> kDoubles = {0.0,
                                      -0.0,
                                      1.0,
                                      -1.0,
                                      0.5,
                                      1.5,
                                      -2.5,
                                      0x1p-1074,
                                      -0x1p-1074,
                                      0x1p-1022,
                                      0x1.fffffffffffffp1023,
                                      -0x1.fffffffffffffp1023,
                                      0x1p-149,
                                      0x1p-150,
                                      0x1.8p-150,
                                      0x1p31,
                                      0x1p32,
                                      0x1p63,
                                      0x1p64,
                                      -0x1p63,
                                      2147483647.5,
                                      0x1.fffffefp127,
                                      0x1.000001p0,
                                      0x1.0000010000001p0};

std::vector<std::uint64_t> special_values(OpCase::Values kind, int width) {
  std::vector<std::uint64_t> found;
  if (kind == OpCase::Values::integers) {
    for (const std::uint64_t value : kIntegers) found.push_back(width == 32 ? value & 0xffffffffu : value);
    return found;
  }
  if (width == 32) {
    for (const float value : kSingles) found.push_back(std::bit_cast<std::uint32_t>(value));
    for (const std::uint32_t value : {0x7f800000u, 0xff800000u, 0x7fc00000u, 0xffc00001u, 0x7f800001u, 0x7fffffffu})
      found.push_back(value);
  } else {
    for (const double value : kDoubles) found.push_back(std::bit_cast<std::uint64_t>(value));
    for (const std::uint64_t high : {0x7ff00000u, 0xfff00000u, 0x7ff80000u, 0xfff80001u, 0x7ff00001u})
      found.push_back(high << 32);
  }
  return found;
}

/// Every pair of special values in the first two operands, then random ones.
std::vector<std::vector<std::uint64_t>> make_values(const OpCase& op) {
  std::vector<std::vector<std::uint64_t>> rows;
  Random random(op.body.size() * 977 + op.widths.size());
  const auto special = [&](std::size_t operand) { return special_values(op.values, op.widths[operand]); };
  const auto pick = [&](std::size_t operand) {
    const std::vector<std::uint64_t> values = special(operand);
    return values[random.below(values.size())];
  };
  const auto any = [&](std::size_t operand) {
    if (random.below(4) == 0) return pick(operand);
    return op.widths[operand] == 32 ? random.next() & 0xffffffffu : random.next();
  };
  for (const std::uint64_t first : special(0)) {
    const std::vector<std::uint64_t> seconds = op.widths.size() > 1 ? special(1) : std::vector<std::uint64_t>{0};
    for (const std::uint64_t second : seconds) {
      std::vector<std::uint64_t> row{first};
      if (op.widths.size() > 1) row.push_back(second);
      for (std::size_t i = 2; i < op.widths.size(); ++i) row.push_back(pick(i));
      rows.push_back(row);
    }
  }
  for (int i = 0; i < 2000; ++i) {
    std::vector<std::uint64_t> row;
    for (std::size_t operand = 0; operand < op.widths.size(); ++operand) row.push_back(any(operand));
    rows.push_back(row);
  }
  rows.resize(rows.size() / 256 * 256 + 77, rows.front());  // a last block of two and a half warps
  return rows;
}

}  // namespace

std::uint64_t Random::next() {
  std::uint64_t z = state_ += 0x9e3779b97f4a7c15u;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
  z = (z ^ z >> 27) * 0x94d049bb133111ebu;
  return z ^ z >> 31;
}

std::string op_kernel(const OpCase& op) {
  std::ostringstream text;
  text << ".version 6.0\n.target sm_50\n.address_size 64\n"
          ".visible .entry k(.param .u32 count, .param .u32 only_odd, .param .u64 pz, .param .u64 pa, .param .u64 pb, "
          ".param .u64 pc, .param .u64 pd)\n{\n"
          ".reg .pred %p<8>; .reg .pred %q; .reg .b16 %h<8>; .reg .b32 %t<8>; .reg .b64 %u<8>; .reg .b32 %i<8>; .reg "
          ".b64 "
          "%m<8>;\n";
  const char* names = "abcd";
  for (std::size_t i = 0; i < op.widths.size(); ++i) text << ".reg .b" << op.widths[i] << " %" << names[i] << ";\n";
  text << ".reg .b" << op.result << " %z;\n"
       << "mov.u32 %i0, %tid.x; mov.u32 %i1, %ctaid.x; mov.u32 %i2, %ntid.x; mad.lo.s32 %i3, %i1, %i2, %i0;\n"
          "ld.param.u32 %i4, [count]; setp.ge.u32 %q, %i3, %i4; @%q bra DONE;\n"
          "ld.param.u32 %i5, [only_odd]; and.b32 %i6, %i3, %i5; setp.ne.u32 %q, %i6, %i5; @%q bra DONE;\n";
  for (std::size_t i = 0; i < op.widths.size(); ++i) {
    text << "ld.param.u64 %m0, [p" << names[i] << "]; mul.wide.u32 %m1, %i3, " << op.widths[i] / 8
         << "; add.s64 %m2, %m0, %m1; ld.global.b" << op.widths[i] << " %" << names[i] << ", [%m2];\n";
  }
  text << op.body << "\n"
       << "ld.param.u64 %m0, [pz]; mul.wide.u32 %m1, %i3, " << op.result / 8 << "; add.s64 %m2, %m0, %m1; st.global.b"
       << op.result << " [%m2], %z;\nDONE:\nret;\n}\n";
  return text.str();
}

void check_op(const OpCase& op) {
  INFO(op.body);
  const std::vector<std::vector<std::uint64_t>> rows = make_values(op);
  Bench bench(op_kernel(op));
  std::vector<std::uint64_t> inputs;
  for (std::size_t operand = 0; operand < op.widths.size(); ++operand) {
    std::vector<std::uint64_t> column;
    for (const auto& row : rows) column.push_back(row[operand]);
    if (op.widths[operand] == 32)
      inputs.push_back(bench.give(std::vector<std::uint32_t>(column.begin(), column.end()), "input"));
    else
      inputs.push_back(bench.give(column, "input"));
  }
  for (const std::uint32_t only_odd : {0u, 1u}) {
    INFO("only odd threads: " << only_odd);
    constexpr std::uint64_t kUntouched = 0x5a5a5a5a5a5a5a5a;
    const std::uint64_t mask = op.result == 32 ? 0xffffffffu : ~std::uint64_t{0};
    const std::uint64_t out = op.result == 32
                                  ? bench.give(std::vector<std::uint32_t>(rows.size(), 0x5a5a5a5au), "result")
                                  : bench.give(std::vector<std::uint64_t>(rows.size(), kUntouched), "result");
    Parameters parameters;
    parameters.add(static_cast<std::uint32_t>(rows.size())).add(only_odd).add(out);
    for (std::size_t i = 0; i < 4; ++i) parameters.add(i < inputs.size() ? inputs[i] : std::uint64_t{0});
    const auto blocks = static_cast<std::uint32_t>((rows.size() + 255) / 256);
    const auto result = bench.device.run(bench.launch("k", {blocks, 1, 1}, 256, parameters));
    if (result.finding) FAIL(result.finding->text());
    std::vector<std::uint64_t> have;
    if (op.result == 32)
      for (const std::uint32_t value : bench.take<std::uint32_t>(out, rows.size())) have.push_back(value);
    else
      have = bench.take<std::uint64_t>(out, rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const bool runs = only_odd == 0 || i % 2 == 1;
      const std::uint64_t want = (runs ? op.expected(rows[i].data()) : kUntouched) & mask;
      if (have[i] == want) continue;
      std::ostringstream operands;
      for (const std::uint64_t value : rows[i]) operands << " 0x" << std::hex << value;
      FAIL("operands" << operands.str() << std::hex << " want 0x" << want << " have 0x" << have[i]);
    }
  }
  SUCCEED();
}

std::string read_sample(const std::string& name) {
  std::ifstream file(std::string(ENVLOCK_SOURCE_DIR) + "/tests/ptx/samples/" + name);
  std::stringstream text;
  text << file.rdbuf();
  REQUIRE(!text.str().empty());
  return text.str();
}

std::string replace_once(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  REQUIRE(text.find(from, at + 1) == std::string::npos);
  return text.replace(at, from.size(), to);
}

std::string replace_all(std::string text, const std::string& from, const std::string& to) {
  REQUIRE(text.find(from) != std::string::npos);
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}

}  // namespace envlock_test
