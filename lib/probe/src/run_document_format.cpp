#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "envlock/core/json_writer.h"
#include "envlock/probe/float_text.h"
#include "envlock/probe/run_document.h"
#include "run_document_names.h"

namespace envlock::probe {
namespace {

using Layout = core::JsonWriter::Layout;

std::string_view name_of(ElementType type) {
  return type == ElementType::f32 ? "f32" : "u32";
}

class Writer {
 public:
  explicit Writer(const RunDocument& document) : document_(document) {}

  std::string write() {
    json_.begin_object();
    json_.member("format", kRunFormat);
    json_.member("version", kRunVersion);
    json_.member("spec", document_.spec);
    json_.member("size", document_.size);
    json_.member("steps", document_.steps());
    json_.member("root", core::format(document_.root));
    json_.member("verdict", format(document_.verdict));
    write_golden();
    if (document_.as_found_difference) mismatch("as_found_difference", *document_.as_found_difference);
    write_fp_settings();
    write_canaries();
    write_nans();
    write_repeat();
    write_facts();
    json_.key("ops");
    json_.begin_object();
    op_list("initial", document_.initial_ops);
    op_list("step", document_.step_ops);
    json_.end_object();
    write_parts();
    write_leaves();
    write_dumps();
    json_.end_object();
    return json_.finish();
  }

 private:
  void digests(std::string_view key, const std::vector<core::Sha256>& all) {
    json_.key(key);
    json_.begin_array();
    for (const core::Sha256& each : all) json_.value(core::format(each));
    json_.end_array();
  }

  void integers(std::string_view key, const std::vector<int>& all) {
    json_.key(key);
    json_.begin_array(Layout::single_line);
    for (const int each : all) json_.value(each);
    json_.end_array();
  }

  void place(const Place& place) {
    json_.member("part", place.part);
    json_.member("step", place.step);
    json_.member("op", place.op);
  }

  void float_bits(std::string_view key, std::uint32_t bits) {
    json_.key(key);
    json_.begin_object(Layout::single_line);
    json_.member("bits", fmt::format("{:08x}", bits));
    json_.member("hex", hex_float(bits));
    json_.member("decimal", decimal_float(bits));
    json_.end_object();
  }

  void seconds(std::string_view key, double value) {
    const auto bits = std::bit_cast<std::uint64_t>(value);
    json_.key(key);
    json_.begin_object(Layout::single_line);
    json_.member("bits", fmt::format("{:016x}", bits));
    json_.member("hex", hex_double(bits));
    json_.member("decimal", decimal_double(bits));
    json_.end_object();
  }

  /// An element as its tensor has it: integers have no hexadecimal float.
  void element(std::string_view key, std::uint32_t bits, ElementType type) {
    if (type == ElementType::f32) return float_bits(key, bits);
    json_.key(key);
    json_.begin_object(Layout::single_line);
    json_.member("bits", fmt::format("{:08x}", bits));
    json_.member("decimal", std::to_string(bits));
    json_.end_object();
  }

  ElementType type_at(const Place& place) const {
    const std::vector<OpInfo>& ops = document_.ops_of(place.step);
    const auto found = std::find_if(ops.begin(), ops.end(), [&](const OpInfo& op) { return op.name == place.op; });
    return found == ops.end() ? ElementType::f32 : found->type;
  }

  void mismatch(std::string_view key, const Mismatch& mismatch) {
    json_.key(key);
    json_.begin_object();
    place(mismatch.place);
    json_.member("want", core::format(mismatch.want));
    json_.member("have", core::format(mismatch.have));
    json_.member("differing_ops", mismatch.differing_ops);
    json_.member("compared_ops", mismatch.compared_ops);
    if (mismatch.elements) {
      const ElementDifference& elements = *mismatch.elements;
      const ElementType type = type_at(mismatch.place);
      json_.key("elements");
      json_.begin_object();
      json_.member("compared", elements.compared);
      json_.member("total", elements.total);
      json_.member("differing", elements.differing);
      json_.member("max_ulp", elements.max_ulp);
      integers("first_index", elements.first_index);
      element("want", elements.want_bits, type);
      element("have", elements.have_bits, type);
      json_.end_object();
    }
    if (!mismatch.truth.empty()) json_.member("truth", mismatch.truth);
    json_.end_object();
  }

  void write_golden() {
    json_.key("golden");
    json_.begin_object();
    json_.member("compared_ops", document_.golden_compared);
    if (document_.golden_mismatch) mismatch("mismatch", *document_.golden_mismatch);
    json_.end_object();
  }

  void write_fp_settings() {
    json_.key("fp_settings");
    json_.begin_array();
    for (const std::vector<std::string>& thread : document_.fp_settings) {
      json_.begin_array(Layout::single_line);
      for (const std::string& setting : thread) json_.value(setting);
      json_.end_array();
    }
    json_.end_array();
  }

  void write_canaries() {
    json_.key("canaries");
    json_.begin_array();
    for (const Canary& canary : document_.canaries) {
      json_.begin_object(Layout::single_line);
      json_.member("name", canary.name);
      json_.member("ok", canary.ok);
      integers("threads", canary.threads);
      json_.end_object();
    }
    json_.end_array();
  }

  void write_nans() {
    json_.key("nans");
    json_.begin_array();
    for (const NanCount& nans : document_.nans) {
      json_.begin_object(Layout::single_line);
      place(nans.place);
      json_.member("count", nans.count);
      json_.end_object();
    }
    json_.end_array();
  }

  void write_repeat() {
    json_.key("repeat");
    json_.begin_object();
    json_.member("runs", document_.repeat.runs);
    json_.member("wrong", format(document_.repeat.wrong));
    if (document_.repeat.difference) mismatch("difference", *document_.repeat.difference);
    json_.end_object();
  }

  void texts(std::string_view key, const std::vector<std::pair<std::string, std::string>>& all) {
    json_.key(key);
    json_.begin_object();
    for (const auto& [name, value] : all) json_.member(name, value);
    json_.end_object();
  }

  void write_facts() {
    const Facts& facts = document_.facts;
    json_.key("facts");
    json_.begin_object();
    json_.member("envlock_version", facts.envlock_version);
    json_.member("device", facts.device);
    json_.member("device_name", facts.device_name);
    texts("details", facts.details);
    json_.member("threads", facts.threads);
    seconds("seconds", facts.seconds);
    texts("environment", facts.environment);
    json_.end_object();
  }

  void op_list(std::string_view key, const std::vector<OpInfo>& ops) {
    json_.key(key);
    json_.begin_array();
    for (const OpInfo& op : ops) {
      json_.begin_object(Layout::single_line);
      json_.member("name", op.name);
      json_.member("type", name_of(op.type));
      integers("shape", op.shape);
      json_.end_object();
    }
    json_.end_array();
  }

  void write_parts() {
    json_.key("parts");
    json_.begin_array();
    for (const PartRecord& part : document_.parts) {
      json_.begin_object();
      json_.member("name", part.name);
      json_.member("root", core::format(part.root));
      json_.key("steps");
      json_.begin_array();
      for (std::size_t i = 0; i < part.steps.size(); ++i) write_step(static_cast<int>(i) - 1, part.steps[i]);
      json_.end_array();
      json_.end_object();
    }
    json_.end_array();
  }

  void write_step(int number, const StepRecord& step) {
    json_.begin_object();
    json_.member("step", number);
    json_.member("root", core::format(step.root));
    json_.member("chain", core::format(step.chain));
    if (number >= 0) float_bits("loss", step.loss_bits);
    digests("ops", step.ops);
    json_.end_object();
  }

  void write_leaves() {
    json_.key("leaves");
    json_.begin_array();
    for (const Leaves& leaves : document_.leaves) {
      json_.begin_object();
      place(leaves.place);
      digests("digests", leaves.digests);
      json_.end_object();
    }
    json_.end_array();
  }

  void write_dumps() {
    json_.key("dumps");
    json_.begin_array();
    for (const Dump& dump : document_.dumps) {
      json_.begin_object();
      place(dump.place);
      json_.key("words");
      json_.begin_array();
      std::string line;
      for (std::size_t i = 0; i < dump.words.size(); ++i) {
        fmt::format_to(std::back_inserter(line), "{}{:08x}", line.empty() ? "" : " ", dump.words[i]);
        if ((i + 1) % kWordsPerLine == 0 || i + 1 == dump.words.size()) {
          json_.value(line);
          line.clear();
        }
      }
      json_.end_array();
      json_.end_object();
    }
    json_.end_array();
  }

  const RunDocument& document_;
  core::JsonWriter json_;
};

}  // namespace

std::string format(const RunDocument& document) {
  return Writer(document).write();
}

}  // namespace envlock::probe
