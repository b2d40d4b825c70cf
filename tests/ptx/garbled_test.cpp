#include "interpreter/error.h"
#include "interpreter/policy.h"
#include "op_harness.h"

using namespace envlock_test;
using envlock::ptx::PtxError;

/// A text that is cut or garbled gives an error with a line, or a module that runs or is found faulty: never a crash.
namespace {

const char* const kSamples[] = {"gemm.ptx", "rows.ptx", "elementwise.ptx"};

/// Loads the text and, where that works, runs every kernel with parameters that point nowhere good.
void try_text(const std::string& text) {
  try {
    Bench bench(text);
    const std::uint64_t words = bench.give(std::vector<std::uint32_t>(4096, 3), "words");
    for (const auto& [name, kernel] : bench.module().kernels) {
      envlock::ptx::Launch launch;
      launch.kernel = &kernel;
      launch.grid = {2, 1, 1};
      launch.block = {70, 1, 1};
      launch.parameters.assign(kernel.parameter_bytes, std::byte{0});
      for (const auto& parameter : kernel.parameters)
        for (std::uint64_t i = 0; i + 4 <= parameter.size; ++i)
          launch.parameters[parameter.offset + i] = static_cast<std::byte>(parameter.size == 8 ? words >> (8 * i)
                                                                           : i == 0            ? 9
                                                                                               : 0);
      launch.most_instructions = 2000;
      bench.device.run(launch, 1);
    }
  } catch (const PtxError& error) {
    REQUIRE(std::string(error.what()).find("line ") == 0);
  }
  try {
    envlock::ptx::check_policy(text);
  } catch (const PtxError&) {
  }
}

}  // namespace

TEST_CASE("a truncated text is an error") {
  for (const char* name : kSamples) {
    const std::string text = read_sample(name);
    for (std::size_t length = 0; length < text.size(); length += 97) try_text(text.substr(0, length));
  }
}

TEST_CASE("garbled texts give errors or findings, never a crash") {
  Random random(11);
  const std::string marks = "%$.,;:{}()[]<>@!|+-=*0123456789abcdefx \n\"_~\0\x80";
  for (int round = 0; round < 600; ++round) {
    std::string text = read_sample(kSamples[random.below(3)]);
    const std::size_t begin = text.find(".visible");
    const auto place = [&] { return begin + random.below(text.size() - begin); };
    for (std::uint64_t change = 0; change <= random.below(6); ++change) {
      switch (random.below(5)) {
        case 0:  // one character
          text[place()] = marks[random.below(marks.size())];
          break;
        case 1:  // a piece is gone
          text.erase(place(), random.below(40));
          break;
        case 2: {  // a piece stands twice, elsewhere
          const std::string piece = text.substr(place(), random.below(80));
          text.insert(place(), piece);
          break;
        }
        case 3: {  // a line is gone
          const std::size_t at = text.rfind('\n', place());
          text.erase(at, text.find('\n', at + 1) - at);
          break;
        }
        default: {  // another number
          const std::size_t at = text.find_first_of("0123456789", place());
          if (at != std::string::npos) text.replace(at, 1, std::to_string(random.next() >> random.below(64)));
        }
      }
    }
    try_text(text);
  }
}

TEST_CASE("what is not supported is named with its line and text") {
  const auto message = [](const std::string& body) -> std::string {
    try {
      Bench bench(
          ".version 6.0\n.target sm_50\n.address_size 64\n.visible .entry k()\n{\n.reg .b32 %t<4>; .reg .f32 %f<4>; "
          ".reg .b64 %u<4>; .reg .pred "
          "%p<2>;\n" +
          body + "\nret;\n}\n");
    } catch (const PtxError& error) {
      return error.what();
    }
    return "no error";
  };
  CHECK(message("dp4a.u32.u32 %t0, %t1, %t2, %t3;") ==
        "line 7: `dp4a.u32.u32` is not supported: dp4a.u32.u32 %t0, %t1, %t2, %t3;");
  CHECK(message("ex2.approx.f32 %f0, %f1;") ==
        "line 7: `ex2.approx.f32` is an approximation: its bits are not fixed: ex2.approx.f32 %f0, %f1;");
  CHECK(message("add.sat.f32 %f0, %f1, %f2;").find("`.sat` is not supported") != std::string::npos);
  CHECK(message("add.s32 %t0, %t1, %t9;").find("`%t9` is not declared") != std::string::npos);
  CHECK(message("add.s32 %t0, %t1, %u1;").find("register `%u1` has another size") != std::string::npos);
  CHECK(message("add.s32 %t0, %t1;").find("takes 3 operands, not 2") != std::string::npos);
  CHECK(message("bra NOWHERE;").find("there is no label `NOWHERE`") != std::string::npos);
  CHECK(message("setp.eq.f32 %t0, %f0, %f1;").find("a predicate and a number are mixed up") != std::string::npos);
  CHECK(message("mov.f32 %f0, 0f3F8000001;").find("a literal has 9 digits") != std::string::npos);
  CHECK(message("mov.u32 %t0, 184467440737095516150;").find("a literal has 21 digits") != std::string::npos);
  CHECK(message("{{{{").find("the text ends inside") != std::string::npos);
  CHECK(message("shfl.down.b32 %t0, %t1, 1, 31;").find("lacks .sync") != std::string::npos);
}
