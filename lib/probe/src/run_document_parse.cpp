#include <limits>
#include <set>

#include "document_reading.h"
#include "documents.h"
#include "envlock/core/text.h"
#include "envlock/probe/run_document.h"
#include "json_node.h"
#include "run_document_check.h"
#include "run_document_names.h"

namespace envlock::probe {
namespace {

constexpr std::int64_t kMostInt = std::numeric_limits<int>::max();

/// Reads the members; whether they fit each other is check_run_document's to say.
class Reader {
 public:
  explicit Reader(const JsonNode& root, std::string_view file) : root_(root), file_(file) {}

  RunDocument read() {
    check_header();
    RunDocument document;
    document.spec = root_.member("spec").text();
    document.size = read_name(root_.member("size"));
    document.root = root_.member("root").digest();
    document.verdict = read_verdict(root_.member("verdict"));
    const JsonNode golden = root_.member("golden");
    document.golden_compared = golden.member("compared_ops").count();
    if (const auto found = golden.find("mismatch")) document.golden_mismatch = read_mismatch(*found);
    if (const auto found = root_.find("as_found_difference")) document.as_found_difference = read_mismatch(*found);
    document.fp_settings = read_fp_settings(root_.member("fp_settings"));
    document.canaries = read_canaries(root_.member("canaries"));
    read_nans(document);
    read_repeat(document);
    read_facts(document.facts);
    const JsonNode ops = root_.member("ops");
    document.initial_ops = read_ops(ops.member("initial"));
    document.step_ops = read_ops(ops.member("step"));
    read_parts(document);
    read_leaves(document);
    read_dumps(document);
    return document;
  }

 private:
  static Verdict read_verdict(const JsonNode& node) {
    if (const auto verdict = parse_verdict(node.text())) return *verdict;
    node.refuse("`as-specified`, `fp-environment`, `miscomputed` or `unstable`");
  }

  void check_header() {
    check_format(root_, file_, kRunFormat, kRunVersion);
    check_spec(root_, file_, kSpecVersion);
  }

  void read_nans(RunDocument& document) const {
    const JsonNode nans = root_.member("nans");
    nans.array();
    for (std::size_t i = 0; i < nans.size(); ++i) {
      const JsonNode node = nans.at(i);
      document.nans.push_back({read_place(node), node.member("count").count()});
    }
  }

  void read_repeat(RunDocument& document) const {
    const JsonNode node = root_.member("repeat");
    document.repeat.runs = static_cast<int>(node.member("runs").integer(0, kMostInt));
    const JsonNode wrong = node.member("wrong");
    const auto known = parse_wrong(wrong.text());
    if (!known) wrong.refuse("`neither`, `this-run`, `repeat`, `both` or `unknown`");
    document.repeat.wrong = *known;
    if (const auto found = node.find("difference")) document.repeat.difference = read_mismatch(*found);
  }

  void read_facts(Facts& facts) const {
    const JsonNode node = root_.member("facts");
    facts.envlock_version = node.member("envlock_version").text();
    facts.device = node.member("device").text();
    facts.device_name = node.member("device_name").text();
    facts.details = read_texts(node.member("details"));
    facts.threads = static_cast<int>(node.member("threads").integer(0, kMostInt));
    facts.seconds = read_double(node.member("seconds"));
    facts.environment = read_texts(node.member("environment"));
  }

  void read_parts(RunDocument& document) const {
    const JsonNode parts = root_.member("parts");
    parts.array();
    const auto steps = static_cast<std::size_t>(root_.member("steps").integer(0, kMostInt));
    std::set<std::string_view> names;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const JsonNode node = parts.at(i);
      const JsonNode part_name = node.member("name");
      PartRecord& part = document.parts.emplace_back();
      part.name = read_name(part_name);
      if (!names.insert(part_name.text()).second) part_name.refuse("another name than that of the parts before it");
      part.root = node.member("root").digest();
      const JsonNode records = node.member("steps");
      records.array();
      if (records.size() != steps + 1) {
        records.refuse("an array of the initial state and " + std::to_string(steps) + " steps, as `steps` says");
      }
      for (std::size_t j = 0; j < records.size(); ++j) {
        part.steps.push_back(
            read_step(records.at(j), static_cast<int>(j) - 1, document.ops_of(static_cast<int>(j) - 1)));
      }
    }
    if (document.parts.empty()) parts.refuse("an array of at least one part");
  }

  void read_leaves(RunDocument& document) const {
    const JsonNode all = root_.member("leaves");
    all.array();
    for (std::size_t i = 0; i < all.size(); ++i) {
      const JsonNode node = all.at(i);
      document.leaves.push_back({read_place(node), read_digests(node.member("digests"))});
    }
  }

  void read_dumps(RunDocument& document) const {
    const JsonNode all = root_.member("dumps");
    all.array();
    for (std::size_t i = 0; i < all.size(); ++i) {
      const JsonNode node = all.at(i);
      Dump& dump = document.dumps.emplace_back(Dump{read_place(node), {}});
      const JsonNode lines = node.member("words");
      lines.array();
      for (std::size_t j = 0; j < lines.size(); ++j) {
        const JsonNode line = lines.at(j);
        for (const std::string_view word : core::split(line.text(), ' ')) {
          const auto bits = word.size() == 8 ? parse_hex(word) : std::nullopt;
          if (!bits) line.refuse("words of 8 hexadecimal digits, one space between");
          if (dump.words.size() == kMostDumpedWords) {
            lines.refuse("at most " + std::to_string(kMostDumpedWords) + " words");
          }
          dump.words.push_back(static_cast<std::uint32_t>(*bits));
        }
      }
    }
  }

  const JsonNode& root_;
  std::string_view file_;
};

}  // namespace

RunDocument read_run(const JsonNode& node, std::string_view file) {
  RunDocument document = Reader(node, file).read();
  check_run_document(document, file);
  return document;
}

RunDocument parse_run_document(std::string_view text, std::string_view name) {
  const JsonValue tree = read_document_tree(text, name);
  const JsonNode root(tree, name);
  return read_run(root, name);
}

}  // namespace envlock::probe
