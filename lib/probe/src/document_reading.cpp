#include "document_reading.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <optional>
#include <set>

#include "envlock/core/diagnostic.h"
#include "envlock/core/text.h"
#include "envlock/probe/float_text.h"

namespace envlock::probe {
namespace {

constexpr std::size_t kMostBytes = std::size_t{64} << 20;
constexpr std::size_t kMostNameBytes = 128;
constexpr std::size_t kMostDimensions = 8;
constexpr std::int64_t kMostInt = std::numeric_limits<int>::max();
constexpr const char* kWhatWrites = "a run's document is what `envlock probe run --json` writes";
constexpr std::uint64_t kMostElements = std::uint64_t{1} << 40;

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

OpInfo read_op(const JsonNode& node) {
  OpInfo op;
  op.name = read_name(node.member("name"));
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

}  // namespace

void throw_malformed(std::string what, std::optional<core::SourceSpan> where, std::string hint) {
  constexpr const char* kCode = "probe-run-malformed";
  throw core::Error(
      {.code = kCode, .what = std::move(what), .where = std::move(where), .why = {}, .hints = {std::move(hint)}});
}

void check_format(const JsonNode& root, std::string_view file, std::string_view format, int version) {
  if (const std::string& have = root.member("format").text(); have != format) {
    throw_malformed("this is a document of format `" + core::printable(have, 60) + "`, not of a run",
                    core::SourceSpan{.file = std::string(file)}, kWhatWrites);
  }
  const JsonNode node = root.member("version");
  if (const std::int64_t have = node.integer(0, kMostInt); have != version) {
    core::Diagnostic diagnostic;
    diagnostic.code = "probe-run-version";
    diagnostic.what = "the document is of version " + std::to_string(have) + ", and this envlock reads version " +
                      std::to_string(version);
    diagnostic.where = core::SourceSpan{.file = std::string(file)};
    diagnostic.hints = {have > version ? "read it with a newer envlock" : "run the probe again"};
    throw core::Error(std::move(diagnostic));
  }
}

void check_spec(const JsonNode& root, std::string_view file, std::string_view spec) {
  const std::string& have = root.member("spec").text();
  if (have == spec) return;
  core::Diagnostic diagnostic;
  diagnostic.code = "probe-run-spec";
  diagnostic.what =
      "the run follows `" + core::printable(have, 60) + "`, and this envlock knows `" + std::string(spec) + "`";
  diagnostic.where = core::SourceSpan{.file = std::string(file)};
  diagnostic.why = {"digests of two versions of the page have nothing in common"};
  diagnostic.hints = {"make both runs with envlocks that follow the same version"};
  throw core::Error(std::move(diagnostic));
}

const std::string& read_name(const JsonNode& node) {
  const std::string& text = node.text();
  const bool visible = std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
  if (text.empty() || text.size() > kMostNameBytes || !visible) node.refuse("a word of visible ASCII characters");
  return text;
}

Place read_place(const JsonNode& node) {
  return {read_name(node.member("part")), static_cast<int>(node.member("step").integer(-1, kMostInt)),
          read_name(node.member("op"))};
}

std::uint32_t read_float(const JsonNode& node) {
  const auto bits = static_cast<std::uint32_t>(node.member("bits").bits(8));
  if (const auto hex = node.find("hex"); hex && hex->text() != hex_float(bits))
    hex->refuse("`" + hex_float(bits) + "`, as its bits say");
  return bits;
}
double read_double(const JsonNode& node) {
  const std::uint64_t bits = node.member("bits").bits(16);
  if (const auto hex = node.find("hex"); hex && hex->text() != hex_double(bits))
    hex->refuse("`" + hex_double(bits) + "`, as its bits say");
  return std::bit_cast<double>(bits);
}

std::vector<int> read_integers(const JsonNode& node, std::int64_t least) {
  std::vector<int> all;
  node.array();
  for (std::size_t i = 0; i < node.size(); ++i) all.push_back(static_cast<int>(node.at(i).integer(least, kMostInt)));
  return all;
}

std::vector<core::Sha256> read_digests(const JsonNode& node) {
  std::vector<core::Sha256> all;
  node.array();
  all.reserve(node.size());
  for (std::size_t i = 0; i < node.size(); ++i) all.push_back(node.at(i).digest());
  return all;
}

Mismatch read_mismatch(const JsonNode& node) {
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

std::vector<std::vector<std::string>> read_fp_settings(const JsonNode& node) {
  std::vector<std::vector<std::string>> threads;
  node.array();
  for (std::size_t i = 0; i < node.size(); ++i) {
    const JsonNode settings = node.at(i);
    settings.array();
    std::vector<std::string>& texts = threads.emplace_back();
    for (std::size_t j = 0; j < settings.size(); ++j) texts.push_back(settings.at(j).text());
  }
  return threads;
}

std::vector<Canary> read_canaries(const JsonNode& node) {
  std::vector<Canary> canaries;
  node.array();
  for (std::size_t i = 0; i < node.size(); ++i) {
    const JsonNode each = node.at(i);
    canaries.push_back(
        {each.member("name").text(), each.member("ok").flag(), read_integers(each.member("threads"), 0)});
  }
  return canaries;
}

std::vector<std::pair<std::string, std::string>> read_texts(const JsonNode& node) {
  std::vector<std::pair<std::string, std::string>> all;
  node.object();
  for (std::size_t i = 0; i < node.size(); ++i) all.emplace_back(node.key_at(i), node.at(i).text());
  return all;
}

std::vector<OpInfo> read_ops(const JsonNode& node) {
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

StepRecord read_step(const JsonNode& node, int number, const std::vector<OpInfo>& infos) {
  StepRecord step;
  node.member("step").integer(number, number);
  step.root = node.member("root").digest();
  step.chain = node.member("chain").digest();
  if (number >= 0) step.loss_bits = read_float(node.member("loss"));
  const JsonNode ops = node.member("ops");
  step.ops = read_digests(ops);
  if (const std::size_t wanted = infos.size(); step.ops.size() != wanted) {
    ops.refuse("an array of " + std::to_string(wanted) + " digests, one for each tensor");
  }
  return step;
}

SumOrder read_order(const JsonNode& node) {
  SumOrder order;
  order.K = static_cast<int>(node.member("K").integer(0, kMostInt));
  order.fused = node.member("fused").flag();
  order.blocks = read_integers(node.member("blocks"), 0);
  order.lanes = static_cast<int>(node.member("lanes").integer(0, kMostInt));
  order.tree = node.member("tree").digest();
  order.replayed = node.member("replayed").flag();
  return order;
}

JsonValue read_document_tree(std::string_view text, std::string_view file) {
  if (text.size() > kMostBytes) {
    throw_malformed("the document has " + std::to_string(text.size()) + " bytes, and no run's has more than " +
                        std::to_string(kMostBytes),
                    core::SourceSpan{.file = std::string(file)}, "is it the right file?");
  }
  try {
    return parse_json_tree(text);
  } catch (const JsonTreeError& error) {
    throw_syntax(error, text, file);
  }
}

}  // namespace envlock::probe
