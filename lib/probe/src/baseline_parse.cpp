#include <algorithm>
#include <limits>

#include "baseline_conflict.h"
#include "baseline_names.h"
#include "document_reading.h"
#include "envlock/core/diagnostic.h"
#include "envlock/core/text.h"

namespace envlock::probe {
namespace {

constexpr std::int64_t kMostInt = std::numeric_limits<int>::max();
constexpr std::size_t kDigestDigits = 8;

[[noreturn]] void refuse(std::string code, std::string what, std::string_view file, std::vector<std::string> why,
                         std::string hint) {
  throw core::Error({.code = std::move(code),
                     .what = std::move(what),
                     .where = core::SourceSpan{.file = std::string(file)},
                     .why = std::move(why),
                     .hints = {std::move(hint)}});
}

core::Diagnostic was_edited(const AcceptedClass& accepted, std::string_view file, const core::Sha256& want,
                            const core::Sha256& have) {
  return {.code = "baseline-edited",
          .what = "the class " + core::printable(describe(accepted.hardware)) + " was changed by hand",
          .where = core::SourceSpan{.file = std::string(file)},
          .why = {"want " + core::format(want) + "  the seal of what stands there", "have " + core::format(have)},
          .hints = {"restore the file, or accept the environment again on such a machine"}};
}

class Reader {
 public:
  Reader(const JsonNode& root, std::string_view file, std::vector<core::Diagnostic>* edited)
      : root_(root), file_(file), edited_(edited) {}

  Baseline read() const {
    check_header();
    Baseline baseline;
    baseline.tiers_spec = kTiersVersion;
    const JsonNode lists = root_.member("classes");
    lists.object();
    for (std::size_t i = 0; i < lists.size(); ++i) {
      const JsonNode list = lists.at(i);
      list.array();
      for (std::size_t j = 0; j < list.size(); ++j) {
        const JsonNode node = list.at(j);
        if (node.is_null()) continue;
        AcceptedClass accepted = read_class(node);
        if (!keeps_its_seal(accepted, node)) continue;
        if (baseline.find(accepted.hardware) != nullptr) node.refuse("a class that does not stand there twice");
        baseline.classes.push_back(std::move(accepted));
      }
    }
    std::sort(baseline.classes.begin(), baseline.classes.end(),
              [](const AcceptedClass& a, const AcceptedClass& b) { return a.hardware < b.hardware; });
    return baseline;
  }

 private:
  void check_header() const {
    if (root_.member("format").text() != kBaselineFormat) {
      refuse("baseline-invalid", "this is no baseline", file_, {},
             "`envlock verify --probe --accept` writes one; name it `envlock.baseline.json`");
    }
    if (const std::int64_t have = root_.member("version").integer(0, kMostInt); have != kBaselineVersion) {
      refuse("baseline-version",
             "the baseline is of version " + std::to_string(have) + ", and this envlock reads version " +
                 std::to_string(kBaselineVersion),
             file_, {}, have > kBaselineVersion ? "read it with a newer envlock" : "accept the environment again");
    }
    if (const std::string& have = root_.member("spec").text(); have != kTiersVersion) {
      refuse("baseline-spec",
             "the baseline follows `" + core::printable(have, 60) + "`, and this envlock knows `" +
                 std::string(kTiersVersion) + "`",
             file_, {"digests of two versions of the page have nothing in common"},
             "use the envlock that wrote it, or accept the environment again with `envlock verify --probe --accept`");
    }
  }

  template <typename Use>
  static void each(const JsonNode& array, const Use& use) {
    array.array();
    for (std::size_t i = 0; i < array.size(); ++i) use(array.at(i));
  }

  static std::vector<std::string> read_words(const JsonNode& node) {
    std::vector<std::string> words;
    each(node, [&](const JsonNode& word) { words.push_back(read_name(word)); });
    return words;
  }

  static HardwareClass read_hardware(const JsonNode& node) {
    HardwareClass hardware;
    hardware.architecture = node.member("architecture").text();
    hardware.vendor = node.member("vendor").text();
    hardware.isa = read_words(node.member("isa"));
    hardware.l2_bytes = node.member("l2_bytes").count();
    hardware.threads = static_cast<int>(node.member("threads").integer(1, kMostInt));
    each(node.member("gpus"), [&](const JsonNode& gpu) {
      hardware.gpus.push_back({gpu.member("name").text(), gpu.member("compute_capability").text(),
                               static_cast<int>(gpu.member("multiprocessors").integer(0, kMostInt)),
                               gpu.member("mig").text()});
    });
    return hardware;
  }

  static std::vector<std::uint32_t> read_short_digests(const JsonNode& node, std::size_t wanted) {
    const std::string& line = node.text();
    std::vector<std::uint32_t> digests;
    if (line.size() != wanted * kDigestDigits) {
      node.refuse(std::to_string(wanted) + " digests of 8 hexadecimal digits without a space between");
    }
    for (std::size_t at = 0; at < line.size(); at += kDigestDigits) {
      const auto digest = parse_hex(std::string_view(line).substr(at, kDigestDigits));
      if (!digest) node.refuse("hexadecimal digits in lower case");
      digests.push_back(static_cast<std::uint32_t>(*digest));
    }
    return digests;
  }

  static AcceptedSection read_section(const JsonNode& node) {
    AcceptedSection section;
    section.name = read_name(node.member("name"));
    section.root = node.member("root").digest();
    section.initial_ops = read_words(node.member("initial_ops"));
    section.step_ops = read_words(node.member("step_ops"));
    each(node.member("digests"), [&](const JsonNode& line) {
      const std::vector<std::string>& ops = section.steps.empty() ? section.initial_ops : section.step_ops;
      section.steps.push_back(read_short_digests(line, ops.size()));
    });
    return section;
  }

  static AcceptedTier read_tier(const JsonNode& node) {
    AcceptedTier tier;
    tier.tier = read_name(node.member("tier"));
    tier.subject = read_name(node.member("subject"));
    tier.root = node.member("root").digest();
    tier.details = read_texts(node.member("details"));
    if (const auto variables = node.find("variables")) tier.variables = read_texts(*variables);
    each(node.member("orders"), [&](const JsonNode& order) { tier.orders.push_back(read_order(order)); });
    each(node.member("files"), [&](const JsonNode& file) {
      tier.files.push_back(
          {file.member("package").text(), file.member("path").text(), file.member("content").digest()});
    });
    each(node.member("sections"), [&](const JsonNode& section) { tier.sections.push_back(read_section(section)); });
    return tier;
  }

  static AcceptedClass read_class(const JsonNode& node) {
    AcceptedClass accepted;
    accepted.hardware = read_hardware(node.member("hardware"));
    each(node.member("tiers"), [&](const JsonNode& tier) { accepted.tiers.push_back(read_tier(tier)); });
    return accepted;
  }

  bool keeps_its_seal(const AcceptedClass& accepted, const JsonNode& node) const {
    const core::Sha256 want = seal_of(accepted);
    const core::Sha256 have = node.member("seal").digest();
    if (want == have) return true;
    core::Diagnostic edited = was_edited(accepted, file_, want, have);
    if (edited_ == nullptr) throw core::Error(std::move(edited));
    edited_->push_back(std::move(edited));
    return false;
  }

  const JsonNode& root_;
  std::string_view file_;
  std::vector<core::Diagnostic>* edited_;
};

}  // namespace

Baseline parse_baseline(std::string_view text, std::string_view name, std::vector<core::Diagnostic>* troubles) {
  if (troubles != nullptr) {
    if (const auto sides = sides_of_conflict(text)) {
      Baseline ours = parse_baseline(sides->first, name, troubles);
      return merged(std::move(ours), parse_baseline(sides->second, name, troubles), name, *troubles);
    }
  }
  try {
    const JsonValue tree = read_document_tree(text, name);
    const JsonNode root(tree, name);
    return Reader(root, name, troubles).read();
  } catch (const core::Error& error) {
    core::Diagnostic diagnostic = error.diagnostics().front();
    if (diagnostic.code != "probe-run-malformed") throw;
    diagnostic.code = "baseline-invalid";
    diagnostic.hints = {
        text.find("\n<<<<<<<") != std::string_view::npos
            ? "it holds conflict markers of git: take one side, then accept the environment again"
            : "restore the file, or remove it and accept the environment again with `envlock verify --probe --accept`"};
    throw core::Error(std::move(diagnostic));
  }
}

}  // namespace envlock::probe
