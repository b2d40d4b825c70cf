#include "envlock/torch/torch_result.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "envlock/core/text.h"
#include "envlock/probe/digest_tree.h"
#include "result_node.h"

namespace envlock::torch {
namespace {

constexpr std::string_view kFormat = "envlock-torch-result";
constexpr int kVersion = 1;
constexpr std::size_t kMostSections = 8;
constexpr std::size_t kMostDimensions = 8;
constexpr std::uint64_t kMostElements = std::uint64_t{1} << 40;
constexpr std::size_t kMostOps = 2000;
constexpr std::size_t kMostSteps = 1000;
constexpr std::size_t kMostThreads = 4096;
constexpr std::size_t kMostFindings = 10000;
constexpr std::size_t kMostFiles = 100000;
constexpr int kMostCount = 1 << 30;
constexpr int kTextLength = 4000;

std::vector<int> read_shape(const ResultNode& node) {
  std::vector<int> shape;
  std::uint64_t count = 1;
  node.each(kMostDimensions, [&](const ResultNode& size) {
    shape.push_back(size.integer(1, kMostCount));
    count = std::min(count * static_cast<std::uint64_t>(shape.back()), kMostElements);
  });
  node.expect(!shape.empty() && count < kMostElements, "the dimensions of a tensor that a machine could hold");
  return shape;
}

std::vector<probe::OpInfo> read_ops(const ResultNode& node) {
  std::vector<probe::OpInfo> ops;
  std::set<std::string> names;
  node.each(kMostOps, [&](const ResultNode& each) {
    probe::OpInfo op;
    op.name = each.member("name").name();
    each.expect(names.insert(op.name).second, "an op of another name than those before it");
    const std::string type = each.member("type").text(16);
    each.member("type").expect(type == "f32" || type == "u32", "`f32` or `u32`");
    op.type = type == "f32" ? probe::ElementType::f32 : probe::ElementType::u32;
    op.shape = read_shape(each.member("shape"));
    ops.push_back(std::move(op));
  });
  return ops;
}

std::vector<core::Sha256> read_roots(const ResultNode& node, std::size_t wanted) {
  std::vector<core::Sha256> roots;
  node.each(kMostOps, [&](const ResultNode& root) { roots.push_back(root.digest()); });
  node.expect(roots.size() == wanted, "an array of " + std::to_string(wanted) + " digests, one for each op");
  return roots;
}

/// The loss that is told beside the digests must be the one that was digested.
void check_loss(const ResultNode& step, const std::vector<probe::OpInfo>& ops, const std::vector<core::Sha256>& roots) {
  const std::array<std::uint32_t, 1> word{step.member("loss").bits()};
  for (std::size_t i = 0; i < ops.size(); ++i) {
    if (ops[i].name != "loss" || ops[i].type != probe::ElementType::f32 || ops[i].shape != std::vector<int>{1})
      continue;
    const bool same = probe::leaf_digest(word, ops[i].type, nullptr) == roots[i];
    step.member("loss").expect(same, "the bits of the tensor `loss`");
  }
}

probe::Section read_section(const ResultNode& node) {
  std::vector<probe::OpInfo> initial_ops = read_ops(node.member("initial_ops"));
  node.member("initial_ops").expect(!initial_ops.empty(), "an array of at least one op");
  const std::vector<probe::OpInfo> step_ops = read_ops(node.member("step_ops"));
  const std::vector<core::Sha256> initial = read_roots(node.member("initial"), initial_ops.size());
  probe::SectionBuilder builder(node.member("name").name(), std::move(initial_ops), step_ops);
  builder.add(initial);
  const ResultNode steps = node.member("steps");
  steps.expect(steps.size() == 0 || !step_ops.empty(), "empty where steps have no ops");
  steps.each(kMostSteps, [&](const ResultNode& step) {
    const std::vector<core::Sha256> roots = read_roots(step.member("roots"), step_ops.size());
    check_loss(step, step_ops, roots);
    builder.add(roots, step.member("loss").bits());
  });
  return builder.finish();
}

std::vector<probe::Canary> read_canaries(const ResultNode& node) {
  std::vector<probe::Canary> canaries;
  node.each(kMostThreads, [&](const ResultNode& each) {
    probe::Canary canary{each.member("name").text(80), true, {}};
    each.member("threads").each(
        kMostThreads, [&](const ResultNode& thread) { canary.threads.push_back(thread.integer(0, kMostCount)); });
    canary.ok = canary.threads.empty();
    canaries.push_back(std::move(canary));
  });
  return canaries;
}

std::vector<std::vector<std::string>> read_fp_settings(const ResultNode& node) {
  std::vector<std::vector<std::string>> threads;
  node.each(kMostThreads, [&](const ResultNode& settings) {
    std::vector<std::string>& thread = threads.emplace_back();
    settings.each(kMostSections, [&](const ResultNode& setting) { thread.push_back(setting.text(80)); });
  });
  return threads;
}

probe::WrongResult read_wrong(const ResultNode& node) {
  probe::WrongResult wrong;
  wrong.place = {node.member("section").name(), -1, node.member("op").name()};
  wrong.exact = true;
  node.member("index").each(kMostDimensions,
                            [&](const ResultNode& each) { wrong.index.push_back(each.integer(0, kMostCount)); });
  wrong.want_bits = node.member("want").bits();
  wrong.have_bits = node.member("have").bits();
  wrong.wrong = static_cast<std::uint64_t>(node.member("wrong").integer(1, kMostCount));
  wrong.total = static_cast<std::uint64_t>(node.member("total").integer(1, kMostCount));
  return wrong;
}

/// Facts, each under a name of its own: the pairs of the result, ops that failed, tensors with NaNs.
class Details {
 public:
  void add(const ResultNode& place, std::string name, std::string value) {
    place.expect(names_.insert(name).second, "of another name than those before it");
    all_.emplace_back(std::move(name), std::move(value));
  }
  void add_pairs(const ResultNode& node) {
    node.each(kMostFindings, [&](const ResultNode& pair) {
      std::vector<std::string> texts;
      pair.each(2, [&](const ResultNode& text) { texts.push_back(text.text(kTextLength)); });
      pair.expect(texts.size() == 2, "a name and a value");
      add(pair, texts[0], texts[1]);
    });
  }
  void add_failures(const ResultNode& node) {
    node.each(kMostFindings, [&](const ResultNode& each) {
      const std::string op = each.member("op").text(128);
      const std::string what = each.member("section").name() + (op.empty() ? "" : " " + op);
      add(each, "not computed: " + what, each.member("error").text(400));
    });
  }
  void add_nans(const ResultNode& node) {
    std::map<std::string, std::string> first;
    node.each(kMostFindings, [&](const ResultNode& each) {
      const int step = each.member("step").integer(-1, kMostCount);
      const std::string op = each.member("section").name() + " " + each.member("op").name();
      const std::string count = std::to_string(each.member("count").integer(1, kMostCount));
      first.emplace(op, count + (step < 0 ? "" : ", at first in step " + std::to_string(step)));
    });
    for (auto& [op, count] : first) add(node, "nans: " + op, std::move(count));
  }
  std::vector<std::pair<std::string, std::string>> take() { return std::move(all_); }

 private:
  std::set<std::string> names_;
  std::vector<std::pair<std::string, std::string>> all_;
};

void read_outcome(const ResultNode& root, probe::TierRun& run) {
  const std::string outcome = root.member("outcome").text(16);
  root.member("outcome").expect(outcome == "ran" || outcome == "unusable", "`ran` or `unusable`");
  if (outcome == "ran") {
    root.member("sections").expect(!run.sections.empty(), "an array of at least one section of a run that ran");
    return;
  }
  run.outcome = probe::TierRun::Outcome::unusable;
  run.trouble = root.member("trouble").text(400);
  run.stage = "loading";
}

}  // namespace

probe::TierRun read_torch_result(std::string_view json) {
  const nlohmann::json value = parse_result(json);
  const ResultNode root(value, "");
  root.member("format").expect(root.member("format").text(80) == kFormat, "`" + std::string(kFormat) + "`");
  root.member("version").integer(kVersion, kVersion);
  probe::TierRun run;
  run.spec = probe::kTiersVersion;
  root.member("spec").expect(root.member("spec").text(80) == run.spec, "`" + run.spec + "`");
  run.tier = root.member("tier").name();
  root.member("tier").expect(run.tier == "torch" || run.tier == "numpy", "`torch` or `numpy`");
  run.subject = root.member("subject").name();
  std::set<std::string> names;
  root.member("sections").each(kMostSections, [&](const ResultNode& section) {
    run.sections.push_back(read_section(section));
    section.expect(names.insert(run.sections.back().name).second, "a section of another name than those before it");
  });
  read_outcome(root, run);
  root.member("wrong").each(kMostFindings, [&](const ResultNode& each) { run.wrong.push_back(read_wrong(each)); });
  run.canaries_before = read_canaries(root.member("canaries_before"));
  run.canaries_after = read_canaries(root.member("canaries_after"));
  run.fp_settings = read_fp_settings(root.member("fp_settings"));
  run.threads = root.member("threads").integer(1, kMostCount);
  run.seconds = root.member("import_seconds").seconds() + root.member("seconds").seconds();
  Details details;
  details.add_pairs(root.member("details"));
  details.add_failures(root.member("failures"));
  details.add_nans(root.member("nans"));
  run.details = details.take();
  root.member("mapped").each(kMostFiles, [&](const ResultNode& path) {
    run.mapped.push_back({path.text(kTextLength), true, {}});
  });
  probe::seal(run);
  return run;
}

ProgramOutput read_program_output(std::string_view output) {
  constexpr std::string_view kRunMark = "@run ";
  constexpr std::string_view kStageMark = "@stage ";
  constexpr int kShown = 80;
  ProgramOutput read;
  const auto begin = [&](std::string_view tier, std::string_view subject, std::string_view stage) {
    probe::TierRun& run = read.unfinished.emplace();
    run.tier = core::printable(tier, kShown);
    run.subject = core::printable(subject, kShown);
    run.spec = probe::kTiersVersion;
    run.stage = core::printable(stage, kShown);
  };
  begin("python", "python", "starting");
  for (std::size_t end = output.find('\n'); end != std::string_view::npos; end = output.find('\n')) {
    const std::string_view line = output.substr(0, end);
    output.remove_prefix(end + 1);
    if (line.starts_with(kRunMark)) {
      const std::vector<std::string_view> words = core::split(line.substr(kRunMark.size()), ' ');
      if (words.size() != 2) throw_malformed("a line begins a run without its tier and subject");
      begin(words[0], words[1], "starting");
    } else if (line.starts_with(kStageMark)) {
      if (read.unfinished) read.unfinished->stage = core::printable(line.substr(kStageMark.size()), kShown);
    } else {
      read.runs.push_back(read_torch_result(line));
      read.unfinished.reset();
    }
  }
  return read;
}

}  // namespace envlock::torch
