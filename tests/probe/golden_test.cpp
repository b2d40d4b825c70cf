#include "envlock/probe/golden.h"

#include <fstream>
#include <iterator>

#include "envlock/core/diagnostic.h"
#include "support/catch.h"

namespace envlock::probe {
namespace {

std::string golden_text(const std::string& size) {
  std::ifstream file(std::string(ENVLOCK_SOURCE_DIR) + "/fixtures/golden/probe/" + size + ".txt", std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

/// The words of the error that reading such a text gives; "" for none.
std::string refusal(const std::string& text, const Plan& plan) {
  try {
    parse_golden(text, plan);
    return "";
  } catch (const core::Error& error) {
    CHECK(error.diagnostics().front().code == "golden-malformed");
    return error.diagnostics().front().why.front();
  }
}

TEST_CASE("the program carries the golden files: every op of every step of every size") {
  for (const Size& size : all_sizes()) {
    const Plan plan = make_plan(size);
    const Golden golden = read_golden(plan);
    CHECK(golden.steps == parse_golden(golden_text(size.name), plan).steps);
    REQUIRE(golden.steps.size() == 21);
    CHECK(golden.steps.front().size() == plan.parameters.size());
    for (std::size_t i = 1; i < golden.steps.size(); ++i) CHECK(golden.steps[i].size() == plan.digested.size());
  }
}

TEST_CASE("a size that the page does not list has no golden digests") {
  Size size = find_size("quick");
  size.name = "mine";
  CHECK(read_golden(make_plan(size)).steps.empty());
}

TEST_CASE("a golden file that does not fit its plan is refused, by line") {
  const Plan plan = make_plan(find_size("quick"));
  const std::string text = golden_text("quick");
  CHECK(refusal(text, plan) == "");
  CHECK(refusal("# nothing yet\n", plan) == "");

  // Some line of step 7 and the one after it change places.
  std::string swapped = text;
  const std::size_t line = swapped.find("\n7 fwd.1.mlp.up") + 1;
  const std::size_t next = swapped.find('\n', line) + 1;
  const std::size_t after = swapped.find('\n', next) + 1;
  swapped =
      text.substr(0, line) + text.substr(next, after - next) + text.substr(line, next - line) + text.substr(after);
  CHECK(refusal(swapped, plan).find("`7 fwd.1.mlp.up` is expected here") != std::string::npos);

  CHECK(refusal(text.substr(0, after), plan).find("ends in the middle of a step") != std::string::npos);
  CHECK(refusal(text.substr(0, after - 5), plan).find("does not end in a SHA-256") != std::string::npos);
  CHECK(refusal(text.substr(0, line) + "8" + text.substr(line + 1), plan).find("is expected here") !=
        std::string::npos);
  CHECK(refusal(text, make_plan(find_size("standard"))).find("is expected here") != std::string::npos);
}

}  // namespace
}  // namespace envlock::probe
