#include <fmt/format.h>

#include "baseline_names.h"
#include "document_writing.h"
#include "envlock/core/json_writer.h"

namespace envlock::probe {
namespace {

using Layout = core::JsonWriter::Layout;

void write_hardware(core::JsonWriter& json, const HardwareClass& hardware) {
  json.begin_object();
  json.member("architecture", hardware.architecture);
  json.member("vendor", hardware.vendor);
  json.member("isa", hardware.isa);
  json.member("l2_bytes", hardware.l2_bytes);
  json.member("threads", hardware.threads);
  json.key("gpus");
  json.begin_array();
  for (const GpuClass& gpu : hardware.gpus) {
    json.begin_object(Layout::single_line);
    json.member("name", gpu.name);
    json.member("compute_capability", gpu.compute_capability);
    json.member("multiprocessors", gpu.multiprocessors);
    json.member("mig", gpu.mig);
    json.end_object();
  }
  json.end_array();
  json.end_object();
}

void write_section(core::JsonWriter& json, const AcceptedSection& section) {
  json.begin_object();
  json.member("name", section.name);
  json.member("root", core::format(section.root));
  json.member("initial_ops", section.initial_ops);
  json.member("step_ops", section.step_ops);
  json.key("digests");
  json.begin_array();
  for (const std::vector<std::uint32_t>& step : section.steps) {
    std::string line;
    for (const std::uint32_t digest : step) line += fmt::format("{:08x}", digest);
    json.value(line);
  }
  json.end_array();
  json.end_object();
}

void write_tier(core::JsonWriter& json, const AcceptedTier& tier) {
  json.begin_object();
  json.member("tier", tier.tier);
  json.member("subject", tier.subject);
  json.member("root", core::format(tier.root));
  write_texts(json, "details", tier.details);
  if (!tier.variables.empty()) write_texts(json, "variables", tier.variables);
  json.key("orders");
  json.begin_array();
  for (const SumOrder& order : tier.orders) write_order(json, order);
  json.end_array();
  json.key("files");
  json.begin_array();
  for (const BoundFile& file : tier.files) {
    json.begin_object(Layout::single_line);
    json.member("package", file.package);
    json.member("path", file.path);
    json.member("content", core::format(file.content));
    json.end_object();
  }
  json.end_array();
  json.key("sections");
  json.begin_array();
  for (const AcceptedSection& section : tier.sections) write_section(json, section);
  json.end_array();
  json.end_object();
}

void write_class(core::JsonWriter& json, const AcceptedClass& accepted, const core::Sha256* seal) {
  json.begin_object();
  json.key("hardware");
  write_hardware(json, accepted.hardware);
  json.key("tiers");
  json.begin_array();
  for (const AcceptedTier& tier : accepted.tiers) write_tier(json, tier);
  json.end_array();
  if (seal != nullptr) json.member("seal", core::format(*seal));
  json.end_object();
}

}  // namespace

std::string list_name(int number) {
  return fmt::format("{:02}", number);
}

std::string list_of(const HardwareClass& hardware) {
  core::JsonWriter json;
  write_hardware(json, hardware);
  return list_name(core::sha256(json.finish()).bytes[0] % kBaselineLists);
}

core::Sha256 seal_of(const AcceptedClass& accepted) {
  core::JsonWriter json;
  write_class(json, accepted, nullptr);
  return core::sha256(json.finish());
}

std::string format(const Baseline& baseline) {
  core::JsonWriter json;
  json.begin_object();
  json.member("format", kBaselineFormat);
  json.member("version", kBaselineVersion);
  json.member("spec", baseline.tiers_spec);
  json.key("classes");
  json.begin_object();
  for (int list = 0; list < kBaselineLists; ++list) {
    json.key(list_name(list));
    json.begin_array();
    for (const AcceptedClass& accepted : baseline.classes) {
      if (list_of(accepted.hardware) != list_name(list)) continue;
      const core::Sha256 seal = seal_of(accepted);
      write_class(json, accepted, &seal);
    }
    // The list's own line: a class that is added above it never touches the lines of its neighbours.
    json.null();
    json.end_array();
  }
  json.end_object();
  json.end_object();
  return json.finish();
}

}  // namespace envlock::probe
