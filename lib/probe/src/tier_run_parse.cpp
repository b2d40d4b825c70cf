#include <algorithm>
#include <array>
#include <limits>
#include <set>

#include "document_reading.h"
#include "documents.h"
#include "envlock/core/diagnostic.h"
#include "envlock/core/text.h"
#include "envlock/probe/digest_tree.h"
#include "envlock/probe/tier_run.h"
#include "tier_run_names.h"

namespace envlock::probe {
namespace {

constexpr std::int64_t kMostInt = std::numeric_limits<int>::max();
constexpr std::size_t kMostSections = 64;

class Reader {
 public:
  Reader(const JsonNode& root, std::string_view file) : root_(root), file_(file) {}

  TierRun read() {
    check_format(root_, file_, kTierFormat, kTierVersion);
    check_spec(root_, file_, kTiersVersion);
    TierRun run;
    run.spec = kTiersVersion;
    run.tier = read_name(root_.member("tier"));
    run.subject = read_name(root_.member("subject"));
    run.outcome = read_outcome(root_.member("outcome"));
    if (const auto trouble = root_.find("trouble")) run.trouble = trouble->text();
    if (const auto stage = root_.find("stage")) run.stage = stage->text();
    run.root = root_.member("root").digest();
    read_findings(run);
    read_facts(run);
    each(root_.member("sections"), [&](const JsonNode& node) { run.sections.push_back(read_section(node)); });
    check(run);
    return run;
  }

 private:
  template <typename Use>
  static void each(const JsonNode& array, const Use& use) {
    array.array();
    for (std::size_t i = 0; i < array.size(); ++i) use(array.at(i));
  }

  static TierRun::Outcome read_outcome(const JsonNode& node) {
    using enum TierRun::Outcome;
    for (const TierRun::Outcome outcome : {ran, crashed, hung, unusable}) {
      if (node.text() == format(outcome)) return outcome;
    }
    node.refuse("`ran`, `crashed`, `hung` or `unusable`");
  }

  static WrongResult read_wrong(const JsonNode& node) {
    WrongResult wrong;
    wrong.place = read_place(node);
    wrong.exact = node.member("exact").flag();
    wrong.index = read_integers(node.member("index"), 0);
    wrong.want_bits = read_float(node.member("want"));
    wrong.have_bits = read_float(node.member("have"));
    wrong.wrong = node.member("wrong").count();
    wrong.total = node.member("total").count();
    return wrong;
  }

  void read_findings(TierRun& run) const {
    each(root_.member("orders"), [&](const JsonNode& node) { run.orders.push_back(read_order(node)); });
    each(root_.member("wrong"), [&](const JsonNode& node) { run.wrong.push_back(read_wrong(node)); });
    each(root_.member("variations"), [&](const JsonNode& node) {
      run.variations.push_back({read_place(node), static_cast<int>(node.member("distinct").integer(0, kMostInt)),
                                static_cast<int>(node.member("tried").integer(0, kMostInt))});
    });
    run.canaries_before = read_canaries(root_.member("canaries_before"));
    run.canaries_after = read_canaries(root_.member("canaries_after"));
    run.fp_settings = read_fp_settings(root_.member("fp_settings"));
    const JsonNode repeat = root_.member("repeat");
    run.repeats = static_cast<int>(repeat.member("runs").integer(0, kMostInt));
    if (const auto difference = repeat.find("difference")) run.repeat_difference = read_mismatch(*difference);
  }

  void read_facts(TierRun& run) const {
    const JsonNode facts = root_.member("facts");
    run.threads = static_cast<int>(facts.member("threads").integer(0, kMostInt));
    run.seconds = read_double(facts.member("seconds"));
    run.details = read_texts(facts.member("details"));
    run.environment = read_texts(facts.member("environment"));
    each(facts.member("mapped"), [&](const JsonNode& node) {
      run.mapped.push_back({node.member("path").text(), node.member("outside").flag(), node.member("sha256").digest()});
    });
  }

  static std::vector<OpInfo> read_maybe_ops(const JsonNode& node) {
    node.array();
    return node.size() == 0 ? std::vector<OpInfo>() : read_ops(node);
  }

  static Section read_section(const JsonNode& node) {
    Section section;
    section.name = read_name(node.member("name"));
    section.initial_ops = read_ops(node.member("initial_ops"));
    section.step_ops = read_maybe_ops(node.member("step_ops"));
    section.record.name = section.name;
    section.record.root = node.member("root").digest();
    const JsonNode steps = node.member("steps");
    steps.array();
    if (steps.size() == 0 || (section.step_ops.empty() && steps.size() > 1)) {
      steps.refuse("an array of the initial state, and of steps where there are ops of a step");
    }
    for (std::size_t i = 0; i < steps.size(); ++i) {
      const int number = static_cast<int>(i) - 1;
      section.record.steps.push_back(read_step(steps.at(i), number, section.ops_of(number)));
    }
    return section;
  }

  [[noreturn]] void edited(const std::string& what, const core::Sha256& want, const core::Sha256& have) const {
    throw core::Error(
        {.code = "probe-run-edited",
         .what = what,
         .where = core::SourceSpan{.file = std::string(file_)},
         .why = {"want " + core::format(want) + "  as computed from the rest of the document",
                 "have " + core::format(have) + "  as the document says"},
         .hints = {"the document was changed after it was written: take the original, or run the probe again"}});
  }

  void check_section(const Section& section) const {
    const std::string of = " of section `" + section.name + "`";
    core::Sha256 chain;
    std::vector<core::Sha256> roots;
    for (std::size_t i = 0; i < section.record.steps.size(); ++i) {
      const StepRecord& step = section.record.steps[i];
      const std::string number = i == 0 ? "the initial state" : "step " + std::to_string(i - 1);
      if (const core::Sha256 want = tree_root(step.ops); want != step.root) {
        edited("the root of " + number + of + " is not that of its digests", want, step.root);
      }
      chain = chain_digest(chain, step.root);
      if (chain != step.chain) edited("the chain is broken at " + number + of, chain, step.chain);
      if (i > 0) check_loss(section, step, number + of);
      roots.push_back(step.root);
    }
    if (const core::Sha256 want = tree_root(std::move(roots)); want != section.record.root) {
      edited("the root" + of + " was changed", want, section.record.root);
    }
  }

  void check_loss(const Section& section, const StepRecord& step, const std::string& where) const {
    const std::array<std::uint32_t, 1> word{step.loss_bits};
    for (std::size_t i = 0; i < section.step_ops.size(); ++i) {
      const OpInfo& op = section.step_ops[i];
      if (op.name != "loss" || op.type != ElementType::f32 || op.shape != std::vector<int>{1}) continue;
      const core::Sha256 want = op_digest(op.name, op.type, op.shape, leaf_digest(word, op.type, nullptr));
      if (want != step.ops[i]) edited("the loss of " + where + " is not the one that was digested", want, step.ops[i]);
    }
  }

  void check(const TierRun& run) const {
    std::set<std::string_view> names;
    if (run.sections.size() > kMostSections) root_.member("sections").refuse("an array of at most 64 sections");
    for (const Section& section : run.sections) {
      if (!names.insert(section.name).second) {
        root_.member("sections").refuse("an array in which no section stands twice");
      }
      check_section(section);
    }
    TierRun sealed;
    sealed.tier = run.tier;
    sealed.sections = run.sections;
    seal(sealed);
    if (sealed.root != run.root) edited("the root of the document was changed", sealed.root, run.root);
    if (const JsonNode verdict = root_.member("verdict"); verdict.text() != format(judge(run))) {
      verdict.refuse("`" + std::string(format(judge(run))) + "`, as the findings say");
    }
  }

  const JsonNode& root_;
  std::string_view file_;
};

}  // namespace

TierRun read_tier(const JsonNode& node, std::string_view file) {
  return Reader(node, file).read();
}

TierRun parse_tier_run(std::string_view text, std::string_view name) {
  const JsonValue tree = read_document_tree(text, name);
  const JsonNode root(tree, name);
  return read_tier(root, name);
}

}  // namespace envlock::probe
