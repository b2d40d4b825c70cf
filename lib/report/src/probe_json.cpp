// The document "envlock-probe-diff": docs/formats/json.md.
#include <fmt/format.h>

#include "envlock/core/json_writer.h"
#include "envlock/core/url.h"
#include "envlock/probe/float_text.h"
#include "envlock/report/probe_report.h"
#include "json_parts.h"
#include "probe_words.h"

namespace envlock::report {
namespace {

using Layout = core::JsonWriter::Layout;
using probe::RunDocument;

class Writer {
 public:
  Writer(const std::vector<std::string>& names, const std::vector<RunDocument>& documents)
      : names_(names), documents_(documents) {
    begin_document(json_, "envlock-probe-diff");
  }

  void runs(bool equal) {
    json_.member("equal", equal);
    json_.key("runs");
    json_.begin_array();
    for (std::size_t i = 0; i < documents_.size(); ++i) {
      const RunDocument& document = documents_[i];
      json_.begin_object();
      write_text(json_, "name", names_[i]);
      json_.member("spec", document.spec);
      json_.member("size", document.size);
      json_.member("steps", document.steps());
      json_.member("root", core::format(document.root));
      json_.member("verdict", format(document.verdict));
      json_.end_object();
    }
    json_.end_array();
  }

  void groups(const std::vector<std::vector<std::size_t>>& groups, const std::vector<std::size_t>& odd) {
    json_.key("groups");
    json_.begin_array();
    for (const std::vector<std::size_t>& members : groups) indices(members);
    json_.end_array();
    json_.key("odd_ones_out");
    indices(odd);
    json_.key("comparisons");
    json_.begin_array();
  }

  void comparison(std::size_t left, std::size_t right, const probe::RunComparison& comparison) {
    json_.begin_object();
    json_.member("left", static_cast<std::uint64_t>(left));
    json_.member("right", static_cast<std::uint64_t>(right));
    json_.member("comparable", comparison.same_size);
    json_.member("equal", comparison.equal());
    json_.member("compared_steps", comparison.compared_steps);
    json_.key("parts");
    json_.begin_array();
    for (const probe::PartComparison& each : comparison.parts) part(documents_[left], each);
    json_.end_array();
    json_.key("facts");
    json_.begin_array();
    for (const std::string& fact : comparison.facts) json_.value(core::without_secrets(fact));
    json_.end_array();
    json_.end_object();
    if (const auto finding =
            probe_finding({names_[left], names_[right]}, {documents_[left], documents_[right]}, comparison)) {
      findings_.push_back(*finding);
    }
  }

  std::string finish(const std::vector<core::Note>& notes) {
    json_.end_array();
    write_diagnostics(json_, "findings", findings_);
    write_notes(json_, notes);
    json_.end_object();
    return json_.finish();
  }

 private:
  void indices(const std::vector<std::size_t>& all) {
    json_.begin_array(Layout::single_line);
    for (const std::size_t each : all) json_.value(static_cast<std::uint64_t>(each));
    json_.end_array();
  }

  void part(const RunDocument& left, const probe::PartComparison& part) {
    json_.begin_object();
    json_.member("part", part.part);
    if (part.first) first(left, part);
    dumps(left, part);
    json_.key("steps");
    json_.begin_array();
    for (const probe::StepAgreement& step : part.steps) {
      json_.begin_object(Layout::single_line);
      json_.member("step", step.step);
      json_.member("equal_ops", step.equal_ops);
      json_.member("ops", step.ops);
      if (step.step >= 0) json_.member("loss_ulp", step.loss_ulp);
      json_.end_object();
    }
    json_.end_array();
    json_.end_object();
  }

  void first(const RunDocument& left, const probe::PartComparison& part) {
    const probe::Mismatch& mismatch = *part.first;
    json_.key("first");
    json_.begin_object();
    json_.member("step", mismatch.place.step);
    json_.member("op", mismatch.place.op);
    json_.member("left", core::format(mismatch.want));
    json_.member("right", core::format(mismatch.have));
    json_.member("differing_ops", mismatch.differing_ops);
    json_.member("compared_ops", mismatch.compared_ops);
    if (const probe::OpInfo* op = find_op(left, mismatch.place); op != nullptr && !part.differing_chunks.empty()) {
      json_.key("chunks");
      json_.begin_array();
      for (const std::size_t chunk : part.differing_chunks) {
        const auto [begin, end] = chunk_range(*op, chunk);
        json_.begin_object(Layout::single_line);
        json_.member("chunk", static_cast<std::uint64_t>(chunk));
        json_.member("first_element", begin);
        json_.member("last_element", end);
        json_.end_object();
      }
      json_.end_array();
    }
    if (mismatch.elements) {
      json_.key("elements");
      json_.begin_object();
      elements(left, mismatch.place, *mismatch.elements);
      json_.end_object();
    }
    json_.end_object();
  }

  void dumps(const RunDocument& left, const probe::PartComparison& part) {
    if (part.dumps.empty()) return;
    json_.key("dumps");
    json_.begin_array();
    for (const probe::DumpComparison& dump : part.dumps) {
      json_.begin_object();
      json_.member("step", dump.place.step);
      json_.member("op", dump.place.op);
      elements(left, dump.place, dump.elements);
      json_.end_object();
    }
    json_.end_array();
  }

  void elements(const RunDocument& left, const probe::Place& place, const probe::ElementDifference& difference) {
    json_.member("compared", difference.compared);
    json_.member("total", difference.total);
    json_.member("differing", difference.differing);
    json_.member("max_ulp", difference.max_ulp);
    json_.key("first_index");
    json_.begin_array(Layout::single_line);
    for (const int each : difference.first_index) json_.value(each);
    json_.end_array();
    const probe::OpInfo* op = find_op(left, place);
    const bool is_float = op == nullptr || op->type == probe::ElementType::f32;
    element("left", difference.want_bits, is_float);
    element("right", difference.have_bits, is_float);
  }

  void element(std::string_view key, std::uint32_t bits, bool is_float) {
    json_.key(key);
    json_.begin_object(Layout::single_line);
    json_.member("bits", fmt::format("{:08x}", bits));
    if (is_float) json_.member("hex", probe::hex_float(bits));
    json_.member("decimal", is_float ? probe::decimal_float(bits) : std::to_string(bits));
    json_.end_object();
  }

  const std::vector<std::string>& names_;
  const std::vector<RunDocument>& documents_;
  core::JsonWriter json_;
  std::vector<core::Diagnostic> findings_;
};

}  // namespace

std::string json_probe_comparison(const std::vector<std::string>& names, const std::vector<RunDocument>& documents,
                                  const probe::RunComparison& comparison, const std::vector<core::Note>& notes) {
  Writer writer(names, documents);
  writer.runs(comparison.equal());
  std::vector<std::vector<std::size_t>> groups = {{0}, {1}};
  if (documents.at(0).root == documents.at(1).root) groups = {{0, 1}};
  writer.groups(groups, {});
  writer.comparison(0, 1, comparison);
  return writer.finish(notes);
}

std::string json_probe_groups(const std::vector<std::string>& names, const std::vector<RunDocument>& documents,
                              const probe::RunGroups& groups, const std::vector<core::Note>& notes) {
  Writer writer(names, documents);
  writer.runs(groups.groups.size() <= 1);
  writer.groups(groups.groups, odd_runs(documents.size(), groups));
  for (std::size_t i = 1; i < groups.groups.size(); ++i) {
    writer.comparison(groups.groups.front().front(), groups.groups[i].front(), groups.against_first[i - 1]);
  }
  return writer.finish(notes);
}

}  // namespace envlock::report
