#include <map>
#include <utility>

#include "envlock/core/json_writer.h"
#include "envlock/core/time.h"
#include "envlock/lock/export.h"
#include "materials.h"
#include "spdx_license.h"

// SPDX 2.3 as JSON. Source: spdx.github.io/spdx-spec/v2.3.

namespace envlock::lock {
namespace {

using Layout = core::JsonWriter::Layout;

constexpr const char* kDocument = "SPDXRef-DOCUMENT";
constexpr const char* kEnvironment = "SPDXRef-environment";
constexpr const char* kUnknown = "NOASSERTION";

// Letters, digits, "." and "-" are all that an identifier may hold; the hash keeps apart what then is alike.
std::string identifier(std::string_view prefix, const std::string& readable, const std::string& whole) {
  std::string text(prefix);
  for (const char c : readable.substr(0, 80)) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.';
    text += plain ? c : '-';
  }
  return text + "-" + core::format(core::sha256(whole)).substr(0, 12);
}

class Document {
 public:
  explicit Document(const Lock& lock) : materials_(materials_of(lock)) {
    for (const Material& each : materials_.all) {
      ids_.push_back(identifier("SPDXRef-" + each.ecosystem + "-", each.name + "-" + each.version, each.purl));
    }
  }

  std::string text() {
    writer_.begin_object();
    writer_.member("spdxVersion", "SPDX-2.3");
    writer_.member("dataLicense", "CC0-1.0");
    writer_.member("SPDXID", kDocument);
    writer_.member("name", "envlock.lock");
    writer_.member("documentNamespace", "https://spdx.org/spdxdocs/envlock.lock-" + materials_.uuid);
    writer_.key("creationInfo");
    writer_.begin_object();
    writer_.member("created", core::format_time(materials_.newest));
    writer_.member("creators", std::vector<std::string>{"Tool: envlock"});
    writer_.end_object();
    writer_.key("packages");
    writer_.begin_array();
    write_environment();
    for (std::size_t i = 0; i < materials_.all.size(); ++i) write_package(i);
    writer_.end_array();
    write_relationships();
    write_licenses();
    writer_.end_object();
    return writer_.finish();
  }

 private:
  void write_environment() {
    writer_.begin_object();
    writer_.member("SPDXID", kEnvironment);
    writer_.member("name", "environment");
    writer_.member("downloadLocation", kUnknown);
    writer_.member("filesAnalyzed", false);
    writer_.member("licenseConcluded", kUnknown);
    writer_.member("licenseDeclared", kUnknown);
    writer_.member("copyrightText", kUnknown);
    writer_.end_object();
  }

  void write_package(std::size_t index) {
    const Material& material = materials_.all[index];
    writer_.begin_object();
    writer_.member("SPDXID", ids_[index]);
    writer_.member("name", material.name);
    writer_.member("versionInfo", material.version);
    if (!material.file.empty()) writer_.member("packageFileName", material.file);
    writer_.member("downloadLocation", material.url.empty() ? std::string(kUnknown) : material.url);
    writer_.member("filesAnalyzed", false);
    if (material.sha256 || material.md5) {
      writer_.key("checksums");
      writer_.begin_array();
      if (material.md5) write_checksum("MD5", core::format(*material.md5));
      if (material.sha256) write_checksum("SHA256", core::format(*material.sha256));
      writer_.end_array();
    }
    writer_.member("licenseConcluded", kUnknown);
    writer_.member("licenseDeclared", declared(material.license));
    writer_.member("copyrightText", kUnknown);
    writer_.key("externalRefs");
    writer_.begin_array();
    writer_.begin_object();
    writer_.member("referenceCategory", "PACKAGE-MANAGER");
    writer_.member("referenceType", "purl");
    writer_.member("referenceLocator", material.purl);
    writer_.end_object();
    writer_.end_array();
    writer_.end_object();
  }

  void write_checksum(const char* algorithm, const std::string& value) {
    writer_.begin_object(Layout::single_line);
    writer_.member("algorithm", algorithm);
    writer_.member("checksumValue", value);
    writer_.end_object();
  }

  // The expression, or a reference to the name that the package gives its license.
  std::string declared(const std::string& license) {
    if (license.empty()) return kUnknown;
    if (const auto expression = parse_license(license)) {
      for (const std::string& reference : expression->references) {
        named_.emplace(reference, "The package names " + reference + " as its license.");
      }
      return expression->text;
    }
    const std::string id = identifier("LicenseRef-", license.substr(0, 40), license);
    named_.emplace(id, license);
    return id;
  }

  void relate(const std::string& from, const char* type, const std::string& to) {
    writer_.begin_object(Layout::single_line);
    writer_.member("spdxElementId", from);
    writer_.member("relationshipType", type);
    writer_.member("relatedSpdxElement", to);
    writer_.end_object();
  }

  void write_relationships() {
    writer_.key("relationships");
    writer_.begin_array();
    relate(kDocument, "DESCRIBES", kEnvironment);
    for (const std::string& id : ids_) relate(kEnvironment, "CONTAINS", id);
    for (const std::size_t index : materials_.requested) relate(kEnvironment, "DEPENDS_ON", ids_[index]);
    for (std::size_t i = 0; i < ids_.size(); ++i) {
      for (const std::size_t needed : materials_.all[i].needs) relate(ids_[i], "DEPENDS_ON", ids_[needed]);
    }
    writer_.end_array();
  }

  void write_licenses() {
    if (named_.empty()) return;
    writer_.key("hasExtractedLicensingInfos");
    writer_.begin_array();
    for (const auto& [id, text] : named_) {
      writer_.begin_object(Layout::single_line);
      writer_.member("licenseId", id);
      writer_.member("extractedText", text);
      writer_.end_object();
    }
    writer_.end_array();
  }

  Materials materials_;
  std::vector<std::string> ids_;  // of the materials
  std::map<std::string, std::string> named_;
  core::JsonWriter writer_;
};

}  // namespace

std::string format_spdx(const Lock& lock) {
  return Document(lock).text();
}

}  // namespace envlock::lock
