#include "probe_args.h"

#include <algorithm>
#include <charconv>

#include "envlock/core/diagnostic.h"
#include "envlock/core/text.h"

namespace envlock::tools {
namespace {

[[noreturn]] void not_a_place(const std::string& text, const std::string& form) {
  throw core::Error({.code = "invalid-argument",
                     .what = "`" + core::printable(text) + "` does not name a tensor of a step",
                     .where = std::nullopt,
                     .why = {},
                     .hints = {"write " + form + ", as in `7:fwd.1.mlp.up`, or `init:init.wte`"}});
}

std::optional<int> parse_number(std::string_view text, int highest) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 0 || number > highest) return std::nullopt;
  return number;
}

constexpr const char* kPlaceForm = "STEP:OP";
constexpr const char* kDrillForm = "STEP:OP[:ELEMENT[:BIT]]";

probe::Place make_place(const std::string& text, std::string_view step, std::string_view op, const char* form) {
  const std::optional<int> number = step == "init" ? std::optional<int>(-1) : parse_number(step, 1000000);
  if (!number || op.empty()) not_a_place(text, form);
  return {.part = "reference", .step = *number, .op = std::string(op)};
}

}  // namespace

probe::Place parse_place(const std::string& text) {
  const std::vector<std::string_view> words = core::split(text, ':');
  if (words.size() != 2) not_a_place(text, kPlaceForm);
  return make_place(text, words[0], words[1], kPlaceForm);
}

std::optional<Drill> parse_drill(const ProbeArgs& args, const probe::Plan& plan) {
  const std::string& text = args.drill;
  if (text.empty()) return std::nullopt;
  const std::vector<std::string_view> words = core::split(text, ':');
  if (words.size() < 2 || words.size() > 4) not_a_place(text, kDrillForm);
  Drill drill{make_place(text, words[0], words[1], kDrillForm), 0, 0};
  const int steps = args.steps > 0 ? args.steps : plan.size.steps;
  if (drill.place.step >= steps) {
    throw core::Error({.code = "unknown-op",
                       .what = "this run has no step " + std::to_string(drill.place.step) + " to drill",
                       .where = std::nullopt,
                       .why = {"it has steps 0 to " + std::to_string(steps - 1)},
                       .hints = {}});
  }
  std::vector<std::string> names;
  std::size_t count = 0;
  for (std::size_t i = 0; drill.place.step < 0 && i < plan.parameters.size(); ++i) {
    names.push_back(probe::initial_name(plan, i));
    if (names.back() == drill.place.op) count = plan.tensor(plan.parameters[i].value).count;
  }
  for (std::size_t i = 0; drill.place.step >= 0 && i < plan.digested.size(); ++i) {
    const probe::Tensor& tensor = plan.tensor(plan.digested[i]);
    names.push_back(tensor.name);
    if (tensor.name == drill.place.op) count = tensor.count;
  }
  if (count == 0) {
    const std::optional<std::string> meant = core::closest_match(drill.place.op, names);
    throw core::Error({.code = "unknown-op",
                       .what = "the probe has no tensor `" + core::printable(drill.place.op) + "`",
                       .where = std::nullopt,
                       .why = {},
                       .hints = {meant ? "did you mean `" + *meant + "`?" : "docs/probe-spec.md lists the tensors"}});
  }
  if (words.size() > 2) {
    const std::optional<int> element = parse_number(words[2], static_cast<int>(count) - 1);
    if (!element) not_a_place(text, kDrillForm);
    drill.element = static_cast<std::size_t>(*element);
  }
  if (words.size() > 3) {
    const std::optional<int> bit = parse_number(words[3], 31);
    if (!bit) not_a_place(text, kDrillForm);
    drill.bit = *bit;
  }
  return drill;
}

probe::Disturb disturbance(const Drill& drill, const probe::Plan& plan) {
  return [drill, &plan](int step, probe::TensorId tensor, std::span<std::uint32_t> words) {
    if (step != drill.place.step) return;
    const std::string& name = plan.tensor(tensor).name;
    // The parameters enter the digest of the initial state under names of their own.
    const std::string digested = step < 0 ? "init." + name.substr(name.find('.') + 1) : name;
    if (digested == drill.place.op) words[drill.element] ^= 1u << drill.bit;
  };
}

}  // namespace envlock::tools
