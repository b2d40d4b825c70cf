// What is wrong with a run, or between two, as diagnostics.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "envlock/core/text.h"
#include "envlock/probe/float_text.h"
#include "envlock/report/probe_report.h"
#include "envlock/report/units.h"
#include "probe_words.h"

namespace envlock::report {
namespace {

using probe::ElementType;
using probe::Mismatch;
using probe::RunDocument;

struct Labels {
  std::string want;
  std::string have;
};

std::string element_text(std::uint32_t bits, ElementType type) {
  if (type == ElementType::u32) return std::to_string(bits);
  return fmt::format("{:<15} {:<16}", probe::hex_float(bits), probe::decimal_float(bits));
}

std::string ulp_words(std::uint64_t ulp) {
  return format_count(ulp) + " ulp";
}

/// The two sides: the first element that differs, where it is known, and the digests.
void add_sides(core::Diagnostic& diagnostic, const Mismatch& mismatch, ElementType type, const Labels& labels) {
  if (mismatch.elements && mismatch.elements->differing > 0) {
    const probe::ElementDifference& elements = *mismatch.elements;
    std::string have = "have " + element_text(elements.have_bits, type) + "  " + labels.have;
    if (type == ElementType::f32) {
      have += "  " + ulp_words(probe::ulp_distance(elements.want_bits, elements.have_bits));
    }
    diagnostic.why.push_back("want " + element_text(elements.want_bits, type) + "  " + labels.want);
    diagnostic.why.push_back(std::move(have));
  }
  const bool labelled = diagnostic.why.empty();
  diagnostic.why.push_back("want sha256 " + core::format(mismatch.want) + (labelled ? "  " + labels.want : ""));
  diagnostic.why.push_back("have sha256 " + core::format(mismatch.have) + (labelled ? "  " + labels.have : ""));
}

/// "step 7 in `fwd.1.mlp.up`, element [0,3,5]".
std::string place_words(const Mismatch& mismatch) {
  std::string words = step_words(mismatch.place.step) + " in `" + mismatch.place.op + "`";
  if (mismatch.elements && mismatch.elements->differing > 0) {
    words += ", element " + index_words(mismatch.elements->first_index);
  }
  return words;
}

/// "the 1,110 digests before it agree: the initial state and steps 0–6, and 33 of step 7".
std::string agreement_words(const RunDocument& document, const Mismatch& mismatch) {
  const probe::Place& place = mismatch.place;
  const std::uint64_t before = digests_before(document, place);
  if (before == 0) return "it is the very first digest";
  const std::uint64_t before_step =
      digests_before(document, {place.part, place.step, document.ops_of(place.step).front().name});
  std::string words =
      before == 1 ? "the digest before it agrees: " : "the " + format_count(before) + " digests before it agree: ";
  words += steps_before_words(place.step);
  if (before == before_step) return words;
  return words + (before_step > 0 ? ", and " : "") + format_count(before - before_step) + " of " +
         step_words(place.step);
}

std::string elements_words(const Mismatch& mismatch) {
  const probe::ElementDifference& elements = *mismatch.elements;
  std::string words = fmt::format("{} of {} elements {}", format_count(elements.differing),
                                  format_count(elements.compared), elements.differing == 1 ? "differs" : "differ");
  if (elements.max_ulp > 0) words += ", by " + ulp_words(elements.max_ulp) + " at most";
  if (elements.compared < elements.total) {
    words += fmt::format("; the dump holds the first {} of {}", format_count(elements.compared),
                         format_count(elements.total));
  }
  return words;
}

void add_elements(core::Diagnostic& diagnostic, const Mismatch& mismatch) {
  if (!mismatch.elements) return;
  diagnostic.why.push_back(elements_words(mismatch));
  if (!mismatch.truth.empty()) diagnostic.why.push_back("held against " + mismatch.truth);
}

/// Agreement, what the tensor is, its elements, NaNs: the facts that every finding of a mismatch states.
void add_facts(core::Diagnostic& diagnostic, const RunDocument& document, const Mismatch& mismatch) {
  diagnostic.why.push_back(agreement_words(document, mismatch));
  diagnostic.why.push_back(mismatch.differing_ops == 1
                               ? "it is the only one that differs, of " + format_count(mismatch.compared_ops)
                               : "it is the first of " + format_count(mismatch.differing_ops) + " that differ, of " +
                                     format_count(mismatch.compared_ops));
  if (const std::string pass = pass_words(mismatch.place.op); !pass.empty()) {
    diagnostic.why.push_back("`" + mismatch.place.op + "`: " + pass);
  }
  add_elements(diagnostic, mismatch);
}

void add_nans(core::Diagnostic& diagnostic, const RunDocument& document) {
  if (document.nans.empty()) return;
  const probe::NanCount& first = document.nans.front();
  diagnostic.why.push_back(fmt::format("{} tensors hold NaNs, first `{}` in {} of part `{}`: {}",
                                       format_count(document.nans.size()), first.place.op, step_words(first.place.step),
                                       first.place.part, format_count(first.count)));
}

ElementType type_of(const RunDocument& document, const Mismatch& mismatch) {
  const probe::OpInfo* op = find_op(document, mismatch.place);
  return op == nullptr ? ElementType::f32 : op->type;
}

std::string detail(const RunDocument& document, std::string_view name) {
  for (const auto& [key, value] : document.facts.details) {
    if (key == name) return value;
  }
  return {};
}

bool on_gpu(const RunDocument& document) {
  return document.facts.device.starts_with("cuda");
}

/// " --device cuda:0", " --size standard": what it takes to run the same again.
std::string same_run_options(const RunDocument& document) {
  std::string options;
  if (on_gpu(document)) options += " --device " + document.facts.device;
  if (document.size != "quick") options += " --size " + document.size;
  return options;
}

std::string repeat_words(const RunDocument& document) {
  if (document.repeat.runs == 0) return "it was not repeated, so a passing fault is not ruled out";
  return document.repeat.runs == 1 ? "a repeat in a fresh process gave the same wrong digests"
                                   : format_count(static_cast<std::uint64_t>(document.repeat.runs)) +
                                         " repeats in fresh processes gave the same wrong digests";
}

core::Diagnostic miscomputed(const RunDocument& document) {
  const Mismatch& mismatch = *document.golden_mismatch;
  core::Diagnostic finding;
  finding.code = "miscomputed";
  finding.what = "the reference part leaves " + document.spec + " at " + place_words(mismatch);
  add_sides(finding, mismatch, type_of(document, mismatch), {"as specified", machine_words(document)});
  add_facts(finding, document, mismatch);
  add_nans(finding, document);
  finding.why.push_back(repeat_words(document));
  finding.why.emplace_back(
      "a compiler, a driver, a build or a steady fault of the hardware does this; an error of envlock's own is not "
      "excluded");
  if (on_gpu(document)) {
    finding.hints.push_back("run once with `CUDA_CACHE_DISABLE=1`: the driver then compiles the kernels anew");
    finding.hints.emplace_back("try another version of the driver: it holds the compiler of the kernels");
  } else if (const std::string isa = detail(document, "isa"); isa != "scalar") {
    finding.hints.push_back("`envlock probe run --isa scalar" + same_run_options(document) +
                            "`: when that is as specified, the " + (isa.empty() ? "vector" : isa) +
                            " kernels are at fault, or what compiled them");
  }
  finding.hints.push_back("run another build of envlock, made by another compiler");
  finding.hints.push_back("`envlock probe run --soak 60" + same_run_options(document) +
                          "` checks the hardware unit by unit");
  return finding;
}

/// "threads 0–1: flush-to-zero, denormals-are-zero", one line for each set of settings.
std::vector<std::string> settings_words(const RunDocument& document) {
  std::map<std::vector<std::string>, std::vector<std::uint64_t>> threads;
  for (std::size_t i = 0; i < document.fp_settings.size(); ++i) {
    if (!document.fp_settings[i].empty()) threads[document.fp_settings[i]].push_back(i);
  }
  std::vector<std::string> lines;
  for (const auto& [settings, numbers] : threads) {
    lines.push_back((numbers.size() == 1 ? "thread " : "threads ") + numbers_words(numbers) + ": " +
                    core::join(settings, ", "));
  }
  return lines;
}

std::vector<std::string> all_settings(const RunDocument& document) {
  std::vector<std::string> all;
  for (const std::vector<std::string>& thread : document.fp_settings) {
    for (const std::string& setting : thread) {
      if (std::find(all.begin(), all.end(), setting) == all.end()) all.push_back(setting);
    }
  }
  return all;
}

std::vector<std::string> failed_canaries(const RunDocument& document) {
  std::vector<std::string> lines;
  for (const probe::Canary& canary : document.canaries) {
    if (canary.ok) continue;
    const std::vector<std::uint64_t> threads(canary.threads.begin(), canary.threads.end());
    lines.push_back(
        "canary `" + canary.name + "` fails" +
        (threads.empty() ? "" : (threads.size() == 1 ? " in thread " : " in threads ") + numbers_words(threads)));
  }
  return lines;
}

core::Diagnostic fp_environment(const RunDocument& document) {
  core::Diagnostic finding;
  finding.code = "fp-environment";
  const std::vector<std::string> settings = all_settings(document);
  finding.what = settings.empty() ? "single operations do not give what IEEE 754 says, in this process"
                                  : "this process has the floating-point unit set to " + list_words(settings);
  if (document.as_found_difference) {
    const Mismatch& mismatch = *document.as_found_difference;
    finding.what += ": " + place_words(mismatch) + " shows it";
    add_sides(finding, mismatch, type_of(document, mismatch), {"part `reference`", "part `as-found`"});
  }
  if (document.golden_compared > 0) {
    finding.why.emplace_back(
        "with IEEE 754's defaults set in every thread, all digests are as specified: the arithmetic is right");
  }
  for (std::string& line : settings_words(document)) finding.why.push_back(std::move(line));
  for (std::string& line : failed_canaries(document)) finding.why.push_back(std::move(line));
  if (document.as_found_difference) {
    add_facts(finding, document, *document.as_found_difference);
  } else {
    finding.why.emplace_back("no tensor of the run shows it: part `as-found` equals `reference`");
  }
  add_nans(finding, document);
  for (const auto& [name, value] : document.facts.environment) {
    if (name.starts_with("LD_")) finding.why.push_back(name + " is " + value);
  }
  finding.hints.emplace_back(
      "`env -i envlock probe run`: when that is as specified, a variable of the environment is the cause, such as "
      "LD_PRELOAD");
  finding.hints.emplace_back(
      "look among the libraries that are loaded for one that was built with -ffast-math or -Ofast: its start-up code "
      "sets these");
  return finding;
}

std::string wrong_words(const RunDocument& document) {
  using Wrong = probe::Repeat::Wrong;
  switch (document.repeat.wrong) {
    case Wrong::this_run:
      return "the golden digests say that this run was wrong and the repeat right";
    case Wrong::repeat:
      return "the golden digests say that the repeat was wrong and this run right";
    case Wrong::both:
      return "by the golden digests both runs were wrong, in different ways";
    case Wrong::neither:
    case Wrong::unknown:
      return "which of the two was wrong cannot be told";
  }
  return {};
}

core::Diagnostic unstable(const RunDocument& document) {
  core::Diagnostic finding;
  finding.code = "unstable";
  const bool by_repeat = document.repeat.difference.has_value();
  // Where golden shows this run to be wrong, that is the plainest way to say what is wrong with it.
  const std::optional<Mismatch>& golden = document.golden_mismatch;
  const Mismatch& shown = golden ? *golden : by_repeat ? *document.repeat.difference : *document.as_found_difference;
  finding.what = "the same computation gave different digests, first at " + place_words(shown);
  add_sides(finding, shown, type_of(document, shown),
            golden      ? Labels{"as specified", "this run"}
            : by_repeat ? Labels{"this run", "its repeat in a fresh process"}
                        : Labels{"part `reference`", "part `as-found`, under the same settings"});
  if (by_repeat) {
    finding.why.push_back(wrong_words(document));
  } else if (golden) {
    finding.why.emplace_back("the golden digests say that part `reference` was wrong");
  } else if (document.golden_compared > 0) {
    finding.why.emplace_back("the golden digests say that part `as-found` was wrong");
  }
  add_facts(finding, document, shown);
  add_nans(finding, document);
  finding.why.emplace_back(
      "a fault of the hardware or a race does this, envlock's own not excluded; no library and no setting explains it");
  finding.hints.push_back("`envlock probe run --soak 60" + same_run_options(document) + "` " +
                          (on_gpu(document) ? "keeps every multiprocessor busy and names those that err"
                                            : "binds a worker to each core and names those that err"));
  finding.hints.emplace_back("do not trust what this machine computes until the cause is known");
  return finding;
}

/// Where two runs part: of the reference part, when that differs.
const probe::PartComparison* parting(const probe::RunComparison& comparison) {
  const probe::PartComparison* found = nullptr;
  for (const probe::PartComparison& part : comparison.parts) {
    if (part.first && (found == nullptr || part.part == "reference")) found = &part;
  }
  return found;
}

std::string dump_option(const probe::Place& place) {
  return "--dump " + (place.step < 0 ? "init" : std::to_string(place.step)) + ":" + place.op;
}

}  // namespace

std::optional<core::Diagnostic> probe_finding(const RunDocument& document) {
  switch (document.verdict) {
    case probe::Verdict::as_specified:
      return std::nullopt;
    case probe::Verdict::fp_environment:
      return fp_environment(document);
    case probe::Verdict::miscomputed:
      return miscomputed(document);
    case probe::Verdict::unstable:
      return unstable(document);
  }
  return std::nullopt;
}

std::optional<core::Diagnostic> probe_finding(const std::vector<std::string>& names,
                                              const std::vector<RunDocument>& documents,
                                              const probe::RunComparison& comparison) {
  const probe::PartComparison* part = parting(comparison);
  if (part == nullptr) return std::nullopt;
  const RunDocument& left = documents.at(0);
  const RunDocument& right = documents.at(1);
  const Mismatch& mismatch = *part->first;
  core::Diagnostic finding;
  finding.code = "trajectories-differ";
  finding.what = "the runs part at " + place_words(mismatch);
  if (part->part != "reference") finding.what += " of part `" + part->part + "`";
  add_sides(finding, mismatch, type_of(left, mismatch), {names.at(0), names.at(1)});
  add_facts(finding, left, mismatch);
  if (const probe::OpInfo* op = find_op(left, mismatch.place); op != nullptr && !part->differing_chunks.empty()) {
    finding.why.push_back(fmt::format("{} of its chunks {}: {}", format_count(part->differing_chunks.size()),
                                      part->differing_chunks.size() == 1 ? "differs" : "differ",
                                      chunks_words(*op, part->differing_chunks)));
  }
  if (part->part != "reference") {
    finding.why.emplace_back("part `reference` agrees: only the settings of the floating-point unit differ");
  }
  finding.why.push_back("by itself " + names[0] + " is `" + std::string(format(left.verdict)) + "`, and " + names[1] +
                        " is `" + std::string(format(right.verdict)) + "`");
  if (!mismatch.elements && part->part == "reference") {
    finding.hints.push_back("to see the elements: `envlock probe run " + dump_option(mismatch.place) +
                            " -o FILE` on both sides, then `envlock diff` again");
  }
  for (std::size_t i = 0; i < 2; ++i) {
    if (documents[i].verdict == probe::Verdict::as_specified) continue;
    finding.hints.push_back("`envlock probe show " + names[i] + "` says what may have caused it there");
  }
  return finding;
}

}  // namespace envlock::report
