#include "document_writing.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "envlock/probe/float_text.h"

namespace envlock::probe {
namespace {

using Layout = core::JsonWriter::Layout;

void write_step(core::JsonWriter& json, int number, const StepRecord& step) {
  json.begin_object();
  json.member("step", number);
  json.member("root", core::format(step.root));
  json.member("chain", core::format(step.chain));
  if (number >= 0) write_float(json, "loss", step.loss_bits);
  write_digests(json, "ops", step.ops);
  json.end_object();
}

}  // namespace

std::string_view name_of(ElementType type) {
  return type == ElementType::f32 ? "f32" : "u32";
}

void write_digests(core::JsonWriter& json, std::string_view key, const std::vector<core::Sha256>& digests) {
  json.key(key);
  json.begin_array();
  for (const core::Sha256& each : digests) json.value(core::format(each));
  json.end_array();
}

void write_integers(core::JsonWriter& json, std::string_view key, const std::vector<int>& integers) {
  json.key(key);
  json.begin_array(Layout::single_line);
  for (const int each : integers) json.value(each);
  json.end_array();
}

void write_place(core::JsonWriter& json, const Place& place) {
  json.member("part", place.part);
  json.member("step", place.step);
  json.member("op", place.op);
}

void write_float(core::JsonWriter& json, std::string_view key, std::uint32_t bits) {
  json.key(key);
  json.begin_object(Layout::single_line);
  json.member("bits", fmt::format("{:08x}", bits));
  json.member("hex", hex_float(bits));
  json.member("decimal", decimal_float(bits));
  json.end_object();
}

void write_element(core::JsonWriter& json, std::string_view key, std::uint32_t bits, ElementType type) {
  if (type == ElementType::f32) return write_float(json, key, bits);
  json.key(key);
  json.begin_object(Layout::single_line);
  json.member("bits", fmt::format("{:08x}", bits));
  json.member("decimal", std::to_string(bits));
  json.end_object();
}

void write_double(core::JsonWriter& json, std::string_view key, double value) {
  const auto bits = std::bit_cast<std::uint64_t>(value);
  json.key(key);
  json.begin_object(Layout::single_line);
  json.member("bits", fmt::format("{:016x}", bits));
  json.member("hex", hex_double(bits));
  json.member("decimal", decimal_double(bits));
  json.end_object();
}

void write_mismatch(core::JsonWriter& json, std::string_view key, const Mismatch& mismatch, ElementType type) {
  json.key(key);
  json.begin_object();
  write_place(json, mismatch.place);
  json.member("want", core::format(mismatch.want));
  json.member("have", core::format(mismatch.have));
  json.member("differing_ops", mismatch.differing_ops);
  json.member("compared_ops", mismatch.compared_ops);
  if (mismatch.elements) {
    const ElementDifference& elements = *mismatch.elements;
    json.key("elements");
    json.begin_object();
    json.member("compared", elements.compared);
    json.member("total", elements.total);
    json.member("differing", elements.differing);
    json.member("max_ulp", elements.max_ulp);
    write_integers(json, "first_index", elements.first_index);
    write_element(json, "want", elements.want_bits, type);
    write_element(json, "have", elements.have_bits, type);
    json.end_object();
  }
  if (!mismatch.truth.empty()) json.member("truth", mismatch.truth);
  json.end_object();
}

void write_fp_settings(core::JsonWriter& json, const std::vector<std::vector<std::string>>& threads) {
  json.key("fp_settings");
  json.begin_array();
  for (const std::vector<std::string>& thread : threads) {
    json.begin_array(Layout::single_line);
    for (const std::string& setting : thread) json.value(setting);
    json.end_array();
  }
  json.end_array();
}

void write_canaries(core::JsonWriter& json, std::string_view key, const std::vector<Canary>& canaries) {
  json.key(key);
  json.begin_array();
  for (const Canary& canary : canaries) {
    json.begin_object(Layout::single_line);
    json.member("name", canary.name);
    json.member("ok", canary.ok);
    write_integers(json, "threads", canary.threads);
    json.end_object();
  }
  json.end_array();
}

void write_texts(core::JsonWriter& json, std::string_view key,
                 const std::vector<std::pair<std::string, std::string>>& texts) {
  json.key(key);
  json.begin_object();
  for (const auto& [name, value] : texts) json.member(name, value);
  json.end_object();
}

void write_ops(core::JsonWriter& json, std::string_view key, const std::vector<OpInfo>& ops) {
  json.key(key);
  json.begin_array();
  for (const OpInfo& op : ops) {
    json.begin_object(Layout::single_line);
    json.member("name", op.name);
    json.member("type", name_of(op.type));
    write_integers(json, "shape", op.shape);
    json.end_object();
  }
  json.end_array();
}

void write_order(core::JsonWriter& json, const SumOrder& order) {
  json.begin_object(Layout::single_line);
  json.member("K", order.K);
  json.member("fused", order.fused);
  write_integers(json, "blocks", order.blocks);
  json.member("lanes", order.lanes);
  json.member("tree", core::format(order.tree));
  json.member("replayed", order.replayed);
  json.end_object();
}

void write_part(core::JsonWriter& json, const PartRecord& part) {
  json.member("name", part.name);
  json.member("root", core::format(part.root));
  json.key("steps");
  json.begin_array();
  for (std::size_t i = 0; i < part.steps.size(); ++i) write_step(json, static_cast<int>(i) - 1, part.steps[i]);
  json.end_array();
}

ElementType type_of(const std::vector<OpInfo>& ops, const std::string& name) {
  const auto found = std::find_if(ops.begin(), ops.end(), [&](const OpInfo& op) { return op.name == name; });
  return found == ops.end() ? ElementType::f32 : found->type;
}

}  // namespace envlock::probe
