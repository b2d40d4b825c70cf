#include "document_writing.h"
#include "documents.h"
#include "envlock/core/json_writer.h"
#include "envlock/probe/tier_run.h"
#include "tier_run_names.h"

namespace envlock::probe {
namespace {

using Layout = core::JsonWriter::Layout;

class Writer {
 public:
  Writer(core::JsonWriter& json, const TierRun& run) : json_(json), run_(run) {}

  void write() {
    json_.begin_object();
    json_.member("format", kTierFormat);
    json_.member("version", kTierVersion);
    json_.member("spec", run_.spec);
    json_.member("tier", run_.tier);
    json_.member("subject", run_.subject);
    json_.member("outcome", format(run_.outcome));
    if (!run_.trouble.empty()) json_.member("trouble", run_.trouble);
    if (!run_.stage.empty()) json_.member("stage", run_.stage);
    json_.member("verdict", format(judge(run_)));
    json_.member("root", core::format(run_.root));
    write_findings();
    write_facts();
    write_sections();
    json_.end_object();
  }

 private:
  template <typename Items, typename Each>
  void list(std::string_view key, const Items& items, const Each& each) {
    json_.key(key);
    json_.begin_array();
    for (const auto& item : items) each(item);
    json_.end_array();
  }

  ElementType type_at(const Place& place) const {
    const Section* section = run_.find(place.part);
    return section == nullptr ? ElementType::f32 : type_of(section->ops_of(place.step), place.op);
  }

  void write_wrong(const WrongResult& wrong) {
    json_.begin_object();
    write_place(json_, wrong.place);
    json_.member("exact", wrong.exact);
    write_integers(json_, "index", wrong.index);
    write_float(json_, "want", wrong.want_bits);
    write_float(json_, "have", wrong.have_bits);
    json_.member("wrong", wrong.wrong);
    json_.member("total", wrong.total);
    json_.end_object();
  }

  void write_findings() {
    list("orders", run_.orders, [this](const SumOrder& each) { write_order(json_, each); });
    list("wrong", run_.wrong, [this](const WrongResult& each) { write_wrong(each); });
    list("variations", run_.variations, [this](const Variation& each) {
      json_.begin_object(Layout::single_line);
      write_place(json_, each.place);
      json_.member("distinct", each.distinct);
      json_.member("tried", each.tried);
      json_.end_object();
    });
    write_canaries(json_, "canaries_before", run_.canaries_before);
    write_canaries(json_, "canaries_after", run_.canaries_after);
    write_fp_settings(json_, run_.fp_settings);
    json_.key("repeat");
    json_.begin_object();
    json_.member("runs", run_.repeats);
    if (run_.repeat_difference) {
      write_mismatch(json_, "difference", *run_.repeat_difference, type_at(run_.repeat_difference->place));
    }
    json_.end_object();
  }

  void write_facts() {
    json_.key("facts");
    json_.begin_object();
    json_.member("threads", run_.threads);
    write_double(json_, "seconds", run_.seconds);
    write_texts(json_, "details", run_.details);
    write_texts(json_, "environment", run_.environment);
    list("mapped", run_.mapped, [this](const MappedFile& each) {
      json_.begin_object(Layout::single_line);
      json_.member("path", each.path);
      json_.member("outside", each.outside);
      json_.member("sha256", core::format(each.sha256));
      json_.end_object();
    });
    json_.end_object();
  }

  void write_sections() {
    list("sections", run_.sections, [this](const Section& section) {
      json_.begin_object();
      write_ops(json_, "initial_ops", section.initial_ops);
      write_ops(json_, "step_ops", section.step_ops);
      write_part(json_, section.record);
      json_.end_object();
    });
  }

  core::JsonWriter& json_;
  const TierRun& run_;
};

}  // namespace

void write_tier(core::JsonWriter& json, const TierRun& run) {
  Writer(json, run).write();
}

std::string format(const TierRun& run) {
  core::JsonWriter json;
  write_tier(json, run);
  return json.finish();
}

}  // namespace envlock::probe
