#include "envlock/report/probe_report.h"

#include <algorithm>
#include <string>
#include <vector>

#include "envlock/probe/compare.h"
#include "envlock/probe/run.h"
#include "support/catch.h"
#include "support/golden.h"
#include "support/probe_runs.h"

using envlock::probe::Mismatch;
using envlock::probe::RunComparison;
using envlock::probe::RunDocument;
using envlock::report::Style;
using envlock_test::compare_with_golden;
using envlock_test::flip;
using envlock_test::hold_against;
using envlock_test::make_run;

namespace {

constexpr Style kPlain{.color = false, .width = 100};
const envlock::probe::Place kUp{"reference", 3, "fwd.0.mlp.up"};

/// As specified, and equal in a fresh process.
RunDocument good_run() {
  RunDocument document = make_run({.steps = 6, .change = {}, .kept = {kUp}});
  hold_against(document, document);
  document.repeat.runs = 1;
  return document;
}

/// One bit is wrong in step 3, the losses of the last two steps by a little, in both parts.
RunDocument wrong_run() {
  const auto change = [](const envlock::probe::Place& place, std::vector<std::uint32_t>& words) {
    flip(3, "fwd.0.mlp.up", 1100, 2)(place, words);
    if (place.op == "loss" && place.step >= 4) words[0] += place.step == 4 ? 1 : 6;
    if (place.op == "param.wte" && place.step >= 3) words[5] ^= 1;
  };
  RunDocument document = make_run({.steps = 6, .change = change, .kept = {kUp}});
  hold_against(document, good_run());
  document.golden_mismatch->elements =
      envlock::probe::compare_elements(good_run().dumps[0].words, document.dumps[0].words, document.step_ops[3]);
  document.golden_mismatch->truth = "the same tensor computed again here by the scalar kernels";
  document.repeat.runs = 1;
  document.facts.details[0].second = "avx512";
  return document;
}

/// Something flushes subnormal numbers to zero.
RunDocument flushing_run() {
  const auto change = [](const envlock::probe::Place& place, std::vector<std::uint32_t>& words) {
    if (place.part == "as-found" && place.op == "lane.ftz") words.assign(words.size(), 0);
  };
  RunDocument document = make_run({.steps = 6, .change = change, .kept = {}});
  hold_against(document, good_run());
  document.fp_settings = {{"flush-to-zero"}, {"flush-to-zero"}};
  document.canaries[0] = {"subnormal results", false, {0, 1}};
  document.facts.environment = {{"LD_PRELOAD", "libfast.so"}};
  document.verdict = judge(document);
  return document;
}

/// The repeat did not have the bit that this run has wrong.
RunDocument unstable_run() {
  RunDocument document = wrong_run();
  envlock::probe::attach_repeat(document, good_run());
  return document;
}

std::string html_of(const std::vector<RunDocument>& documents) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < documents.size(); ++i) names.push_back("node-" + std::to_string(i + 1) + ".json");
  return envlock::report::html_probe(names, documents);
}

/// Elements that are opened and not closed, or the other way round; empty when all is well.
std::string unbalanced(const std::string& html) {
  const std::vector<std::string> empty_elements = {"meta", "br", "!doctype"};
  std::vector<std::string> open;
  for (std::size_t at = html.find('<'); at != std::string::npos; at = html.find('<', at + 1)) {
    const std::size_t end = html.find('>', at);
    if (end == std::string::npos) return "an open <";
    const bool closes = html[at + 1] == '/';
    const std::size_t begin = at + (closes ? 2 : 1);
    const std::string name = html.substr(begin, html.find_first_of(" />\n", begin) - begin);
    if (html[end - 1] == '/' || std::find(empty_elements.begin(), empty_elements.end(), name) != empty_elements.end()) {
      continue;
    }
    if (!closes) {
      open.push_back(name);
    } else if (open.empty() || open.back() != name) {
      return "</" + name + "> closes " + (open.empty() ? "nothing" : "<" + open.back() + ">");
    } else {
      open.pop_back();
    }
  }
  return open.empty() ? "" : "<" + open.back() + "> is never closed";
}

}  // namespace

TEST_CASE("a run is told as its findings are") {
  CHECK(compare_with_golden("report/probe-run.txt", envlock::report::text_probe_run(good_run(), kPlain)) == "");
  CHECK(compare_with_golden("report/probe-miscomputed.txt", envlock::report::text_probe_run(wrong_run(), kPlain)) ==
        "");
  CHECK(compare_with_golden("report/probe-fp-environment.txt",
                            envlock::report::text_probe_run(flushing_run(), kPlain)) == "");
  CHECK(compare_with_golden("report/probe-unstable.txt", envlock::report::text_probe_run(unstable_run(), kPlain)) ==
        "");
}

TEST_CASE("two runs are told by where they part") {
  const auto told = [](const RunDocument& left, const RunDocument& right) {
    return envlock::report::text_probe_comparison({"here.json", "there.json"}, {left, right},
                                                  envlock::probe::compare(left, right), kPlain);
  };
  CHECK(compare_with_golden("report/probe-diff.txt", told(good_run(), wrong_run())) == "");
  CHECK(compare_with_golden("report/probe-diff-as-found.txt", told(good_run(), flushing_run())) == "");
  CHECK(compare_with_golden("report/probe-diff-equal.txt", told(good_run(), good_run())) == "");
  CHECK(compare_with_golden("report/probe-diff-shorter.txt", told(good_run(), make_run({.steps = 2}))) == "");
}

TEST_CASE("several runs are told by their groups") {
  const std::vector<std::string> names = {"node-1.json", "node-2.json", "node-3.json", "node-4.json"};
  const auto told = [&](const std::vector<RunDocument>& documents) {
    return envlock::report::text_probe_groups(
        {names.begin(), names.begin() + static_cast<std::ptrdiff_t>(documents.size())}, documents,
        envlock::probe::group(documents), kPlain);
  };
  CHECK(compare_with_golden("report/probe-groups.txt",
                            told({good_run(), wrong_run(), good_run(), make_run({.steps = 2})})) == "");
  CHECK(compare_with_golden("report/probe-groups-equal.txt", told({good_run(), good_run(), good_run()})) == "");
  CHECK(told({wrong_run(), good_run(), flushing_run()}).find("none is the odd one out") != std::string::npos);
  const std::string wrong_majority = told({wrong_run(), wrong_run(), good_run()});
  CHECK(wrong_majority.find("the odd one out is node-3.json\nbut group 2 is as specified, and group 1 is not\n") !=
        std::string::npos);
  RunDocument other = good_run();
  other.size = "other";
  envlock_test::seal(other);
  CHECK(told({good_run(), good_run(), other}).find("computed something else: another size") != std::string::npos);
}

TEST_CASE("the answer of diff as JSON is one documented document") {
  const RunDocument good = good_run();
  const RunDocument wrong = wrong_run();
  CHECK(compare_with_golden("report/probe-diff.json",
                            envlock::report::json_probe_comparison({"here.json", "there.json"}, {good, wrong},
                                                                   envlock::probe::compare(good, wrong), {})) == "");
  const std::vector<RunDocument> documents = {good, wrong, good};
  CHECK(compare_with_golden("report/probe-groups.json",
                            envlock::report::json_probe_groups({"node-1.json", "node-2.json", "node-3.json"}, documents,
                                                               envlock::probe::group(documents), {})) == "");
}

TEST_CASE("a finding is absent where there is nothing to find") {
  const RunDocument good = good_run();
  CHECK_FALSE(envlock::report::probe_finding(good).has_value());
  CHECK_FALSE(
      envlock::report::probe_finding({"a", "b"}, {good, good}, envlock::probe::compare(good, good)).has_value());
  CHECK(envlock::report::probe_finding(wrong_run())->code == "miscomputed");
  CHECK(envlock::report::probe_finding(flushing_run())->code == "fp-environment");
  CHECK(envlock::report::probe_finding(unstable_run())->code == "unstable");
}

TEST_CASE("a finding names the device that can be asked again") {
  RunDocument document = wrong_run();
  document.facts.device = "cuda:1";
  document.size = "gpu";
  const envlock::core::Diagnostic finding = *envlock::report::probe_finding(document);
  const std::string drawn = envlock::report::text(finding, envlock::report::Kind::error, kPlain);
  CHECK(drawn.find("envlock probe run --soak 60 --device cuda:1 --size gpu") != std::string::npos);
  CHECK(drawn.find("driver") != std::string::npos);
  CHECK(drawn.find("--isa") == std::string::npos);
}

TEST_CASE("a run without golden digests is not called as specified") {
  const std::string text = envlock::report::text_probe_run(make_run(), kPlain);
  CHECK(text.find("as specified") == std::string::npos);
  CHECK(text.find("no digests are listed for size `invented`") != std::string::npos);
}

TEST_CASE("losses that are no numbers leave a gap") {
  for (const std::uint32_t odd : {0x7fc00000u, 0x7f800000u}) {
    const RunDocument some = make_run({.change = [&](const auto& place, auto& words) {
      if (place.op == "loss" && place.step == 2) words[0] = odd;
    }});
    CHECK(envlock::report::text_probe_run(some, kPlain).find("5.5000 ┤") != std::string::npos);
    const std::string page = html_of({some, make_run()});
    CHECK(unbalanced(page) == "");
    for (const char* no_place : {"\"nan", " nan", "\"inf", " inf", "\"-inf", " -inf"})
      CHECK(page.find(no_place) == std::string::npos);
    const RunDocument all = make_run({.change = [&](const auto& place, auto& words) {
      if (place.op == "loss") words[0] = odd;
    }});
    CHECK(envlock::report::text_probe_run(all, kPlain).find("no loss is a finite number") != std::string::npos);
    CHECK(unbalanced(html_of({all})) == "");
  }
}

TEST_CASE("runs of no step, of one and of very many are drawn") {
  for (const int steps : {0, 1, 2, 61, 1000}) {
    INFO("steps " << steps);
    const RunDocument left = make_run({.steps = steps});
    const RunDocument right = make_run({.steps = steps, .change = [](const auto& place, auto& words) {
                                          if (place.step % 7 == 6) words[0] ^= 1;
                                        }});
    const std::string text =
        envlock::report::text_probe_run(left, kPlain) +
        envlock::report::text_probe_comparison({"a", "b"}, {left, right}, envlock::probe::compare(left, right), kPlain);
    CHECK(text.size() < 12'000);
    CHECK(unbalanced(html_of({left, right})) == "");
  }
}

TEST_CASE("colors are absent unless asked for") {
  const std::vector<RunDocument> documents = {good_run(), wrong_run(), good_run()};
  const auto told = [&](const Style& style) {
    return envlock::report::text_probe_run(documents[1], style) +
           envlock::report::text_probe_comparison({"a", "b"}, documents,
                                                  envlock::probe::compare(documents[0], documents[1]), style) +
           envlock::report::text_probe_groups({"a", "b", "c"}, documents, envlock::probe::group(documents), style);
  };
  const std::string plain = told(kPlain);
  CHECK(plain.find('\x1b') == std::string::npos);
  std::string colored = told({.color = true, .width = 100});
  CHECK(colored.find('\x1b') != std::string::npos);
  std::string stripped;
  for (std::size_t i = 0; i < colored.size(); ++i) {
    if (colored[i] == '\x1b') {
      i = colored.find('m', i);
    } else {
      stripped += colored[i];
    }
  }
  CHECK(stripped == plain);
}

TEST_CASE("the page is one file that loads nothing and runs nothing") {
  const std::string page = html_of({good_run(), wrong_run(), good_run(), flushing_run(), make_run({.steps = 2})});
  CHECK(unbalanced(page) == "");
  for (const char* word : {"<script", "http://", "https://", "url(", "@import", "<link", "<img", "src=", "href="}) {
    INFO(word);
    CHECK(page.find(word) == std::string::npos);
  }
  CHECK(page.find("prefers-color-scheme: dark") != std::string::npos);
  CHECK(compare_with_golden("report/probe.html", html_of({good_run(), wrong_run()})) == "");
  CHECK(unbalanced(html_of({})) == "");
}

TEST_CASE("the page names what differs to whoever points at it") {
  const std::string page = html_of({good_run(), wrong_run()});
  CHECK(page.find("<title>fwd.0.mlp.up differs in step 3</title>") != std::string::npos);
  CHECK(page.find("<title>param.wte differs in steps 3–5</title>") != std::string::npos);
  CHECK(page.find("<title>the first that differs: step 3, fwd.0.mlp.up</title>") != std::string::npos);
  CHECK(page.find("step 5: 6 ulp</title>") != std::string::npos);
}

TEST_CASE("nothing that a document holds becomes markup or a control character") {
  RunDocument hostile = wrong_run();
  const std::string attack = "<script>alert('\"&')</script>\x1b[31m\n\x01";
  hostile.facts.device_name = attack;
  hostile.facts.device = attack;
  hostile.facts.details.emplace_back(attack, attack);
  hostile.facts.environment.emplace_back(attack, attack);
  hostile.facts.envlock_version = attack;
  hostile.canaries[0] = {attack, false, {0}};
  hostile.fp_settings[0] = {attack};
  hostile.golden_mismatch->truth = attack;
  const std::vector<std::string> names = {attack, "b"};
  const std::vector<RunDocument> documents = {hostile, good_run()};
  const std::string page = envlock::report::html_probe(names, documents);
  CHECK(page.find("<script") == std::string::npos);
  CHECK(unbalanced(page) == "");
  const RunComparison comparison = envlock::probe::compare(documents[0], documents[1]);
  const std::string text =
      page + envlock::report::text_probe_run(hostile, kPlain) +
      envlock::report::text_probe_comparison(names, documents, comparison, kPlain) +
      envlock::report::text_probe_groups(names, documents, envlock::probe::group(documents), kPlain);
  CHECK(std::none_of(text.begin(), text.end(),
                     [](char letter) { return static_cast<unsigned char>(letter) < 0x20 && letter != '\n'; }));
}
