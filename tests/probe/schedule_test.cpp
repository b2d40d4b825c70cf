#include "envlock/probe/schedule.h"

#include <cmath>
#include <fstream>
#include <iterator>

#include "envlock/kernels/philox.h"
#include "support/catch.h"

namespace envlock::probe {
namespace {

std::string page_corpus() {
  std::ifstream file(std::string(ENVLOCK_SOURCE_DIR) + "/docs/probe-corpus.txt", std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

TEST_CASE("the program carries the text of docs") {
  CHECK(corpus() == page_corpus());
  CHECK(corpus().size() == 32903);
}

TEST_CASE("Philox gives the known answer") {
  const kernels::PhiloxWords words = kernels::philox4x32_10({{0, 0, 0, 0}}, 0, 0);
  CHECK(words.w[0] == 0x6627e8d5);
  CHECK(words.w[1] == 0xe169c58d);
  CHECK(words.w[2] == 0xbc57ac4c);
  CHECK(words.w[3] == 0x9b00dbd8);
}

TEST_CASE("a batch is cut from the text where the random numbers say, and the targets are one byte on") {
  const std::string text = page_corpus();
  for (const Size& size : all_sizes()) {
    Schedule schedule(size);
    for (int step = 0; step < size.steps; ++step) {
      const StepInputs inputs = schedule.next();
      CHECK(inputs.step == step);
      REQUIRE(inputs.tokens.size() == static_cast<std::size_t>(size.N()));
      REQUIRE(inputs.targets.size() == static_cast<std::size_t>(size.N()));
      for (int b = 0; b < size.B; ++b) {
        const auto word = kernels::philox(static_cast<std::uint32_t>(b), static_cast<std::uint32_t>(step), 1).w[0];
        const std::uint64_t offset =
            std::uint64_t{word} * (text.size() - static_cast<std::size_t>(size.T)) / (1ull << 32);
        const auto T = static_cast<std::size_t>(size.T);
        for (std::size_t t = 0; t < T; ++t) {
          const std::size_t at = static_cast<std::size_t>(b) * T + t;
          REQUIRE(inputs.tokens[at] == static_cast<unsigned char>(text[offset + t]));
          REQUIRE(inputs.targets[at] == static_cast<unsigned char>(text[offset + t + 1]));
        }
      }
    }
  }
}

TEST_CASE("the learning rate warms up and follows a cosine, and the corrections undo the bias") {
  Schedule schedule(find_size("quick"));
  double product1 = 1;
  double product2 = 1;
  for (int step = 0; step < 20; ++step) {
    const kernels::AdamWStep adam = schedule.next().adam;
    // The peak is 2^-8; a tenth of it is left at the end. The table is in float32.
    const double peak = 0x1p-8;
    const double cosine = peak * (0.1 + 0.9 * 0.5 * (1 + std::cos(M_PI * (step - 5) / 15.0)));
    const double want = step < 5 ? peak * (step + 1) / 5 : cosine;
    CHECK(adam.learning_rate == Approx(want).epsilon(1e-6));
    product1 *= 0.9;
    product2 *= 0.95;
    CHECK(adam.correction1 == Approx(1 / (1 - product1)).epsilon(1e-5));
    CHECK(adam.correction2 == Approx(1 / (1 - product2)).epsilon(1e-5));
  }
}

}  // namespace
}  // namespace envlock::probe
