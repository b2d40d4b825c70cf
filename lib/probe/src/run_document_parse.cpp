#include <algorithm>
#include <bit>
#include <limits>
#include <set>

#include "envlock/core/diagnostic.h"
#include "envlock/core/text.h"
#include "envlock/probe/float_text.h"
#include "envlock/probe/run_document.h"
#include "json_node.h"
#include "run_document_check.h"
#include "run_document_names.h"

namespace envlock::probe {
namespace {

constexpr std::size_t kMostBytes = std::size_t{64} << 20;
constexpr std::size_t kMostNameBytes = 128;
constexpr std::size_t kMostDimensions = 8;
constexpr std::int64_t kMostInt = std::numeric_limits<int>::max();
constexpr const char* kWhatWrites = "a run's document is what `envlock probe run --json` writes";
constexpr std::uint64_t kMostElements = std::uint64_t{1} << 40;

[[noreturn]] void throw_malformed(std::string what, std::optional<core::SourceSpan> where, std::string hint) {
  constexpr const char* kCode = "probe-run-malformed";
  throw core::Error(
      {.code = kCode, .what = std::move(what), .where = std::move(where), .why = {}, .hints = {std::move(hint)}});
}

[[noreturn]] void throw_syntax(const JsonTreeError& error, std::string_view text, std::string_view file) {
  core::SourceSpan where{.file = std::string(file)};
  if (error.offset() != std::string_view::npos) {
    const std::size_t offset = std::min(error.offset(), text.size());
    where.line =
        static_cast<int>(std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(offset), '\n')) + 1;
    const std::size_t begin = offset == 0 ? 0 : text.rfind('\n', offset - 1) + 1;
    const std::string_view line = text.substr(begin, std::min(text.find('\n', begin), text.size()) - begin);
    // A line of a document that is not ours may be the whole document, or not even text.
    if (line.size() <= 4096 && core::is_valid_utf8(line)) {
      where.text = std::string(line);
      where.column = core::count_code_points(line.substr(0, offset - begin)) + 1;
      where.length = 1;
    }
    if (core::trim(text.substr(offset)).empty()) {
      throw_malformed("the document ends in the middle", where,
                      "it was cut off: copy it again, or run the probe again");
    }
  }
  throw_malformed(error.what(), where, kWhatWrites);
}

/// Reads the members; whether they fit each other is check_run_document's to say.
class Reader {
 public:
  explicit Reader(const JsonNode& root, std::string_view file) : root_(root), file_(file) {}

  RunDocument read() {
    check_header();
    RunDocument document;
    document.spec = root_.member("spec").text();
    document.size = name(root_.member("size"));
    document.root = root_.member("root").digest();
    document.verdict = read_verdict(root_.member("verdict"));
    const JsonNode golden = root_.member("golden");
    document.golden_compared = golden.member("compared_ops").count();
    if (const auto found = golden.find("mismatch")) document.golden_mismatch = read_mismatch(*found);
    if (const auto found = root_.find("as_found_difference")) document.as_found_difference = read_mismatch(*found);
    read_fp_settings(document);
    read_canaries(document);
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
  void check_header() {
    const std::string& format = root_.member("format").text();
    if (format != kRunFormat) {
      throw_malformed("this is a document of format `" + core::printable(format, 60) + "`, not of a run",
                      core::SourceSpan{.file = std::string(file_)}, kWhatWrites);
    }
    const JsonNode version = root_.member("version");
    if (const std::int64_t have = version.integer(0, kMostInt); have != kRunVersion) {
      core::Diagnostic diagnostic;
      diagnostic.code = "probe-run-version";
      diagnostic.what = "the document is of version " + std::to_string(have) + ", and this envlock reads version " +
                        std::to_string(kRunVersion);
      diagnostic.where = core::SourceSpan{.file = std::string(file_)};
      diagnostic.hints = {have > kRunVersion ? "read it with a newer envlock" : "run the probe again"};
      throw core::Error(std::move(diagnostic));
    }
    if (const std::string& have = root_.member("spec").text(); have != kSpecVersion) {
      core::Diagnostic diagnostic;
      diagnostic.code = "probe-run-spec";
      diagnostic.what = "the run follows `" + core::printable(have, 60) + "`, and this envlock knows `" +
                        std::string(kSpecVersion) + "`";
      diagnostic.where = core::SourceSpan{.file = std::string(file_)};
      diagnostic.why = {"digests of two versions of the page have nothing in common"};
      diagnostic.hints = {"make both runs with envlocks that follow the same version"};
      throw core::Error(std::move(diagnostic));
    }
  }

  /// A name enters a digest between line ends, and messages: it is one word of visible ASCII.
  static const std::string& name(const JsonNode& node) {
    const std::string& text = node.text();
    const bool visible = std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
    if (text.empty() || text.size() > kMostNameBytes || !visible) node.refuse("a word of visible ASCII characters");
    return text;
  }

  static Verdict read_verdict(const JsonNode& node) {
    if (const auto verdict = parse_verdict(node.text())) return *verdict;
    node.refuse("`as-specified`, `fp-environment`, `miscomputed` or `unstable`");
  }

  Place read_place(const JsonNode& node) const {
    return {name(node.member("part")), static_cast<int>(node.member("step").integer(-1, kMostInt)),
            name(node.member("op"))};
  }

  /// The bits of {"bits": ..., "hex": ...}, which must mean the same.
  static std::uint32_t read_float(const JsonNode& node) {
    const auto bits = static_cast<std::uint32_t>(node.member("bits").bits(8));
    if (const auto hex = node.find("hex"); hex && hex->text() != hex_float(bits))
      hex->refuse("`" + hex_float(bits) + "`, as its bits say");
    return bits;
  }
  static double read_double(const JsonNode& node) {
    const std::uint64_t bits = node.member("bits").bits(16);
    if (const auto hex = node.find("hex"); hex && hex->text() != hex_double(bits))
      hex->refuse("`" + hex_double(bits) + "`, as its bits say");
    return std::bit_cast<double>(bits);
  }

  static std::vector<int> read_integers(const JsonNode& node, std::int64_t least) {
    std::vector<int> all;
    node.array();
    for (std::size_t i = 0; i < node.size(); ++i) all.push_back(static_cast<int>(node.at(i).integer(least, kMostInt)));
    return all;
  }

  static std::vector<core::Sha256> read_digests(const JsonNode& node) {
    std::vector<core::Sha256> all;
    node.array();
    all.reserve(node.size());
    for (std::size_t i = 0; i < node.size(); ++i) all.push_back(node.at(i).digest());
    return all;
  }

  Mismatch read_mismatch(const JsonNode& node) const {
    Mismatch mismatch;
    mismatch.place = read_place(node);
    mismatch.want = node.member("want").digest();
    mismatch.have = node.member("have").digest();
    mismatch.differing_ops = node.member("differing_ops").count();
    mismatch.compared_ops = node.member("compared_ops").count();
    if (const auto found = node.find("elements")) {
      ElementDifference& elements = mismatch.elements.emplace();
      elements.compared = found->member("compared").count();
      elements.total = found->member("total").count();
      elements.differing = found->member("differing").count();
      elements.max_ulp = found->member("max_ulp").count();
      elements.first_index = read_integers(found->member("first_index"), 0);
      elements.want_bits = read_float(found->member("want"));
      elements.have_bits = read_float(found->member("have"));
    }
    if (const auto found = node.find("truth")) mismatch.truth = found->text();
    return mismatch;
  }

  void read_fp_settings(RunDocument& document) const {
    const JsonNode threads = root_.member("fp_settings");
    threads.array();
    for (std::size_t i = 0; i < threads.size(); ++i) {
      const JsonNode settings = threads.at(i);
      settings.array();
      std::vector<std::string>& texts = document.fp_settings.emplace_back();
      for (std::size_t j = 0; j < settings.size(); ++j) texts.push_back(settings.at(j).text());
    }
  }

  void read_canaries(RunDocument& document) const {
    const JsonNode canaries = root_.member("canaries");
    canaries.array();
    for (std::size_t i = 0; i < canaries.size(); ++i) {
      const JsonNode node = canaries.at(i);
      document.canaries.push_back(
          {node.member("name").text(), node.member("ok").flag(), read_integers(node.member("threads"), 0)});
    }
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

  static std::vector<std::pair<std::string, std::string>> read_texts(const JsonNode& node) {
    std::vector<std::pair<std::string, std::string>> all;
    node.object();
    for (std::size_t i = 0; i < node.size(); ++i) all.emplace_back(node.key_at(i), node.at(i).text());
    return all;
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

  static OpInfo read_op(const JsonNode& node) {
    OpInfo op;
    op.name = name(node.member("name"));
    const JsonNode type = node.member("type");
    if (type.text() != "f32" && type.text() != "u32") type.refuse("`f32` or `u32`");
    op.type = type.text() == "f32" ? ElementType::f32 : ElementType::u32;
    const JsonNode shape = node.member("shape");
    op.shape = read_integers(shape, 1);
    std::uint64_t count = 1;
    for (const int dimension : op.shape) count = std::min(count * static_cast<std::uint64_t>(dimension), kMostElements);
    if (op.shape.empty() || op.shape.size() > kMostDimensions || count == kMostElements) {
      shape.refuse("1 to 8 dimensions of a tensor that a machine could hold");
    }
    return op;
  }

  static std::vector<OpInfo> read_ops(const JsonNode& node) {
    std::vector<OpInfo> ops;
    std::set<std::string_view> names;
    node.array();
    for (std::size_t i = 0; i < node.size(); ++i) {
      const JsonNode op = node.at(i);
      ops.push_back(read_op(op));
      if (!names.insert(op.member("name").text()).second) op.refuse("a tensor of another name than those before it");
    }
    if (ops.empty()) node.refuse("an array of at least one tensor");
    return ops;
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
      part.name = name(part_name);
      if (!names.insert(part_name.text()).second) part_name.refuse("another name than that of the parts before it");
      part.root = node.member("root").digest();
      const JsonNode records = node.member("steps");
      records.array();
      if (records.size() != steps + 1) {
        records.refuse("an array of the initial state and " + std::to_string(steps) + " steps, as `steps` says");
      }
      for (std::size_t j = 0; j < records.size(); ++j) {
        part.steps.push_back(read_step(records.at(j), static_cast<int>(j) - 1, document));
      }
    }
    if (document.parts.empty()) parts.refuse("an array of at least one part");
  }

  static StepRecord read_step(const JsonNode& node, int number, const RunDocument& document) {
    StepRecord step;
    node.member("step").integer(number, number);
    step.root = node.member("root").digest();
    step.chain = node.member("chain").digest();
    if (number >= 0) step.loss_bits = read_float(node.member("loss"));
    const JsonNode ops = node.member("ops");
    step.ops = read_digests(ops);
    if (const std::size_t wanted = document.ops_of(number).size(); step.ops.size() != wanted) {
      ops.refuse("an array of " + std::to_string(wanted) + " digests, one for each tensor");
    }
    return step;
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

RunDocument parse_run_document(std::string_view text, std::string_view name) {
  if (text.size() > kMostBytes) {
    throw_malformed("the document has " + std::to_string(text.size()) + " bytes, and no run's has more than " +
                        std::to_string(kMostBytes),
                    core::SourceSpan{.file = std::string(name)}, "is it the right file?");
  }
  JsonValue tree;
  try {
    tree = parse_json_tree(text);
  } catch (const JsonTreeError& error) {
    throw_syntax(error, text, name);
  }
  const JsonNode root(tree, name);
  RunDocument document = Reader(root, name).read();
  check_run_document(document, name);
  return document;
}

}  // namespace envlock::probe
