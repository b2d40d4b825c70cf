#include "envlock/core/json_writer.h"
#include "envlock/core/time.h"
#include "envlock/lock/export.h"
#include "materials.h"
#include "spdx_license.h"

// CycloneDX 1.6 as JSON. Source: cyclonedx.org/docs/1.6/json.

namespace envlock::lock {
namespace {

using Layout = core::JsonWriter::Layout;

constexpr std::string_view kEnvironment = "environment";

void write_hash(core::JsonWriter& writer, std::string_view algorithm, const std::string& content) {
  writer.begin_object(Layout::single_line);
  writer.member("alg", algorithm);
  writer.member("content", content);
  writer.end_object();
}

void write_hashes(core::JsonWriter& writer, const Material& material) {
  if (!material.sha256 && !material.md5) return;
  writer.key("hashes");
  writer.begin_array();
  if (material.md5) write_hash(writer, "MD5", core::format(*material.md5));
  if (material.sha256) write_hash(writer, "SHA-256", core::format(*material.sha256));
  writer.end_array();
}

// An expression where the text is one, else the name that the package gives its license.
void write_license(core::JsonWriter& writer, const std::string& license) {
  if (license.empty()) return;
  const auto expression = parse_license(license);
  writer.key("licenses");
  writer.begin_array();
  writer.begin_object(Layout::single_line);
  if (expression && !expression->single) {
    writer.member("expression", expression->text);
  } else {
    writer.key("license");
    writer.begin_object(Layout::single_line);
    expression ? writer.member("id", expression->text) : writer.member("name", license);
    writer.end_object();
  }
  writer.end_object();
  writer.end_array();
}

void write_property(core::JsonWriter& writer, std::string_view name, const std::string& value) {
  writer.begin_object(Layout::single_line);
  writer.member("name", name);
  writer.member("value", value);
  writer.end_object();
}

void write_component(core::JsonWriter& writer, const Material& material) {
  writer.begin_object();
  writer.member("type", "library");
  writer.member("bom-ref", material.purl);
  writer.member("name", material.name);
  writer.member("version", material.version);
  write_hashes(writer, material);
  write_license(writer, material.license);
  writer.member("purl", material.purl);
  if (!material.url.empty()) {
    writer.key("externalReferences");
    writer.begin_array();
    writer.begin_object(Layout::single_line);
    writer.member("type", "distribution");
    writer.member("url", material.url);
    writer.end_object();
    writer.end_array();
  }
  writer.key("properties");
  writer.begin_array();
  for (const std::string& each : material.platforms) write_property(writer, "envlock:platform", each);
  for (const std::string& each : material.categories) write_property(writer, "envlock:category", each);
  writer.end_array();
  writer.end_object();
}

void write_dependency(core::JsonWriter& writer, const Materials& materials, std::string_view ref,
                      const std::set<std::size_t>& needs) {
  writer.begin_object();
  writer.member("ref", ref);
  if (!needs.empty()) {
    std::set<std::string> refs;
    for (const std::size_t index : needs) refs.insert(materials.all[index].purl);
    writer.member("dependsOn", std::vector<std::string>(refs.begin(), refs.end()), Layout::multi_line);
  }
  writer.end_object();
}

void write_metadata(core::JsonWriter& writer, const Materials& materials) {
  writer.key("metadata");
  writer.begin_object();
  writer.member("timestamp", core::format_time(materials.newest));
  writer.key("tools");
  writer.begin_object();
  writer.key("components");
  writer.begin_array();
  writer.begin_object(Layout::single_line);
  writer.member("type", "application");
  writer.member("name", "envlock");
  writer.end_object();
  writer.end_array();
  writer.end_object();
  writer.key("component");
  writer.begin_object(Layout::single_line);
  writer.member("type", "application");
  writer.member("bom-ref", kEnvironment);
  writer.member("name", kEnvironment);
  writer.end_object();
  writer.end_object();
}

}  // namespace

std::string format_cyclonedx(const Lock& lock) {
  const Materials materials = materials_of(lock);
  core::JsonWriter writer;
  writer.begin_object();
  writer.member("$schema", "http://cyclonedx.org/schema/bom-1.6.schema.json");
  writer.member("bomFormat", "CycloneDX");
  writer.member("specVersion", "1.6");
  writer.member("serialNumber", "urn:uuid:" + materials.uuid);
  writer.member("version", 1);
  write_metadata(writer, materials);
  writer.key("components");
  writer.begin_array();
  for (const Material& each : materials.all) write_component(writer, each);
  writer.end_array();
  writer.key("dependencies");
  writer.begin_array();
  write_dependency(writer, materials, kEnvironment, materials.requested);
  for (const Material& each : materials.all) write_dependency(writer, materials, each.purl, each.needs);
  writer.end_array();
  writer.end_object();
  return writer.finish();
}

}  // namespace envlock::lock
