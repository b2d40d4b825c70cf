#include "envlock/probe/golden.h"

#include <string>

#include "embedded.h"
#include "envlock/core/diagnostic.h"

namespace envlock::probe {
namespace {

[[noreturn]] void malformed(const Plan& plan, std::size_t line, const std::string& why) {
  throw core::Error({.code = "golden-malformed",
                     .what = "the golden digests of size `" + plan.size.name + "` cannot be used",
                     .where = std::nullopt,
                     .why = {"line " + std::to_string(line) + ": " + why},
                     .hints = {"build envlock again from unchanged sources, or install it again"}});
}

std::string_view take_word(std::string_view& line) {
  const std::size_t end = std::min(line.find(' '), line.size());
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(std::min(end + 1, line.size()));
  return word;
}

/// The lines in the order in which a run makes its digests.
class Reader {
 public:
  explicit Reader(const Plan& plan) : plan_(plan) {
    for (std::size_t i = 0; i < plan.parameters.size(); ++i) initial_.push_back(initial_name(plan, i));
  }

  void line(std::string_view text, std::size_t number) {
    const std::string_view step = take_word(text);
    const std::string_view name = take_word(text);
    if (step == "reference" || step == "document" || name == "root" || name == "chain") return;
    const std::optional<core::Sha256> digest = core::parse_sha256(text);
    if (!digest) malformed(plan_, number, "it does not end in a SHA-256");
    if (golden_.steps.empty() || golden_.steps.back().size() == expected_ops()) golden_.steps.emplace_back();
    const std::size_t index = golden_.steps.size();
    const std::string want_step = index == 1 ? "init" : std::to_string(index - 2);
    const std::string_view want_name = expected_name(golden_.steps.back().size());
    if (step != want_step || name != want_name) {
      malformed(plan_, number, "`" + want_step + " " + std::string(want_name) + "` is expected here");
    }
    golden_.steps.back().push_back(*digest);
  }

  Golden finish(std::size_t lines) {
    if (!golden_.steps.empty() && golden_.steps.back().size() != expected_ops()) {
      malformed(plan_, lines, "the file ends in the middle of a step");
    }
    return std::move(golden_);
  }

 private:
  bool initial() const { return golden_.steps.size() == 1; }
  std::size_t expected_ops() const { return initial() ? initial_.size() : plan_.digested.size(); }
  std::string_view expected_name(std::size_t op) const {
    return initial() ? std::string_view(initial_[op]) : std::string_view(plan_.tensor(plan_.digested[op]).name);
  }

  const Plan& plan_;
  std::vector<std::string> initial_;
  Golden golden_;
};

}  // namespace

Golden parse_golden(std::string_view text, const Plan& plan) {
  Reader reader(plan);
  std::size_t number = 0;
  while (!text.empty()) {
    ++number;
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!line.empty() && line.front() != '#') reader.line(line, number);
  }
  return reader.finish(number);
}

Golden read_golden(const Plan& plan) {
  return parse_golden(embedded_golden(plan.size.name), plan);
}

}  // namespace envlock::probe
