#include <fmt/format.h>

#include "document_writing.h"
#include "documents.h"
#include "envlock/core/json_writer.h"
#include "envlock/probe/run_document.h"
#include "run_document_names.h"

namespace envlock::probe {
namespace {

using Layout = core::JsonWriter::Layout;

class Writer {
 public:
  Writer(core::JsonWriter& json, const RunDocument& document) : json_(json), document_(document) {}

  void write() {
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
    write_fp_settings(json_, document_.fp_settings);
    write_canaries(json_, "canaries", document_.canaries);
    write_nans();
    write_repeat();
    write_facts();
    json_.key("ops");
    json_.begin_object();
    write_ops(json_, "initial", document_.initial_ops);
    write_ops(json_, "step", document_.step_ops);
    json_.end_object();
    write_parts();
    write_leaves();
    write_dumps();
    json_.end_object();
  }

 private:
  ElementType type_at(const Place& place) const { return type_of(document_.ops_of(place.step), place.op); }

  void mismatch(std::string_view key, const Mismatch& mismatch) {
    write_mismatch(json_, key, mismatch, type_at(mismatch.place));
  }

  void write_golden() {
    json_.key("golden");
    json_.begin_object();
    json_.member("compared_ops", document_.golden_compared);
    if (document_.golden_mismatch) mismatch("mismatch", *document_.golden_mismatch);
    json_.end_object();
  }

  void write_nans() {
    json_.key("nans");
    json_.begin_array();
    for (const NanCount& nans : document_.nans) {
      json_.begin_object(Layout::single_line);
      write_place(json_, nans.place);
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

  void write_facts() {
    const Facts& facts = document_.facts;
    json_.key("facts");
    json_.begin_object();
    json_.member("envlock_version", facts.envlock_version);
    json_.member("device", facts.device);
    json_.member("device_name", facts.device_name);
    write_texts(json_, "details", facts.details);
    json_.member("threads", facts.threads);
    write_double(json_, "seconds", facts.seconds);
    write_texts(json_, "environment", facts.environment);
    json_.end_object();
  }

  void write_parts() {
    json_.key("parts");
    json_.begin_array();
    for (const PartRecord& part : document_.parts) {
      json_.begin_object();
      write_part(json_, part);
      json_.end_object();
    }
    json_.end_array();
  }

  void write_leaves() {
    json_.key("leaves");
    json_.begin_array();
    for (const Leaves& leaves : document_.leaves) {
      json_.begin_object();
      write_place(json_, leaves.place);
      write_digests(json_, "digests", leaves.digests);
      json_.end_object();
    }
    json_.end_array();
  }

  void write_dumps() {
    json_.key("dumps");
    json_.begin_array();
    for (const Dump& dump : document_.dumps) {
      json_.begin_object();
      write_place(json_, dump.place);
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

  core::JsonWriter& json_;
  const RunDocument& document_;
};

}  // namespace

void write_run(core::JsonWriter& json, const RunDocument& document) {
  Writer(json, document).write();
}

std::string format(const RunDocument& document) {
  core::JsonWriter json;
  write_run(json, document);
  return json.finish();
}

}  // namespace envlock::probe
