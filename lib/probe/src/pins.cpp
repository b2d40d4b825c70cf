#include "envlock/probe/pins.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "envlock/core/text.h"

namespace envlock::probe {
namespace {

/// What x86-64 processors have, each level with the ones before it.
enum class Level { sse, avx, avx2, avx512 };

/// What a value of a variable leaves open.
struct Settled {
  Level level = Level::sse;
  bool any_maker = true;
};

struct Value {
  const char* value;  ///< lower case
  Settled settled;
};

constexpr std::array kOpenBlas = {Value{"haswell", {Level::avx2}},    Value{"zen", {Level::avx2}},
                                  Value{"skylakex", {Level::avx512}}, Value{"cooperlake", {Level::avx512}},
                                  Value{"sandybridge", {Level::avx}}, Value{"nehalem", {Level::sse}},
                                  Value{"prescott", {Level::sse}}};
// AVX2 and its kin are for Intel's processors; others may take COMPATIBLE all the same.
constexpr std::array kMkl = {Value{"compatible", {Level::sse}}, Value{"avx2", {Level::avx2, false}},
                             Value{"avx", {Level::avx, false}}, Value{"avx512", {Level::avx512, false}}};
constexpr std::array kBlis = {Value{"3", {Level::avx2}},  Value{"6", {Level::avx2}}, Value{"7", {Level::avx2}},
                              Value{"8", {Level::avx2}},  Value{"4", {Level::avx}},  Value{"5", {Level::sse}},
                              Value{"0", {Level::avx512}}};
constexpr std::array kAten = {Value{"default", {Level::sse}}, Value{"avx2", {Level::avx2}},
                              Value{"avx512", {Level::avx512}}};
constexpr std::array kOneDnn = {Value{"sse41", {Level::sse}}, Value{"avx", {Level::avx}}, Value{"avx2", {Level::avx2}},
                                Value{"avx512_core", {Level::avx512}}};

/// All that numpy may choose by and that AVX2 is without; then that and AVX2. Names that a version does not know, or a
/// processor does not have, it passes over.
constexpr std::string_view kNumpyBeyondAvx2 =
    "AVX512F AVX512CD AVX512_KNL AVX512_KNM AVX512_SKX AVX512_CLX AVX512_CNL AVX512_ICL AVX512_SPR X86_V4";
constexpr std::string_view kNumpyAvx2 = " AVX2 FMA3 X86_V3";

template <typename Values>
std::optional<Settled> find(const Values& values, const std::string& wanted) {
  for (const Value& value : values) {
    if (wanted == value.value) return value.settled;
  }
  return std::nullopt;
}

std::optional<Settled> settled_by(Chooser chooser, const std::string& value) {
  const std::string lower = core::to_lower(value);
  switch (chooser) {
    case Chooser::openblas:
      return find(kOpenBlas, lower);
    case Chooser::mkl:
      return find(kMkl, lower.substr(0, lower.find(',')));  // "AVX2,STRICT"
    case Chooser::blis:
      return find(kBlis, lower);
    case Chooser::aten:
      return find(kAten, lower);
    case Chooser::onednn:
      return find(kOneDnn, lower);
    case Chooser::numpy:
      break;
  }
  const auto disables_all = [&](std::string_view names) {
    const std::vector<std::string_view> disabled = core::split(value, ' ');
    for (const std::string_view name : core::split(names, ' ')) {
      if (!name.empty() && std::find(disabled.begin(), disabled.end(), name) == disabled.end()) return false;
    }
    return true;
  };
  if (!disables_all(kNumpyBeyondAvx2)) return std::nullopt;
  return Settled{disables_all(kNumpyAvx2) ? Level::sse : Level::avx2};
}

std::vector<std::string> variables_of(Chooser chooser) {
  switch (chooser) {
    case Chooser::openblas:
      return {"OPENBLAS_CORETYPE"};
    case Chooser::mkl:
      return {"MKL_CBWR"};
    case Chooser::blis:
      return {"BLIS_ARCH_TYPE"};
    case Chooser::aten:
      return {"ATEN_CPU_CAPABILITY"};
    case Chooser::onednn:
      return {"ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA"};  // the second of torch up to 1.x
    case Chooser::numpy:
      break;
  }
  return {"NPY_DISABLE_CPU_FEATURES"};
}

std::string value_for(Chooser chooser, bool has_avx2) {
  switch (chooser) {
    case Chooser::openblas:
      return has_avx2 ? "Haswell" : "Nehalem";
    case Chooser::mkl:
      return "COMPATIBLE";  // the only one that takes the same code on processors of all makers
    case Chooser::blis:
      return has_avx2 ? "3" : "5";
    case Chooser::aten:
      return has_avx2 ? "avx2" : "default";
    case Chooser::onednn:
      return has_avx2 ? "AVX2" : "SSE41";
    case Chooser::numpy:
      break;
  }
  return std::string(kNumpyBeyondAvx2) + (has_avx2 ? "" : std::string(kNumpyAvx2));
}

bool maps(const TierRun& run, std::string_view library) {
  return std::any_of(run.mapped.begin(), run.mapped.end(), [&](const MappedFile& file) {
    const std::string path = core::to_lower(file.path);
    return std::string_view(path).substr(path.rfind('/') + 1).find(library) != std::string_view::npos;
  });
}

/// Libraries that have one variant for all processors of an architecture.
bool never_chooses(const std::string& library) {
  return library.find("netlib") != std::string::npos || library.find("atlas") != std::string::npos;
}

void add_blas(const TierRun& run, Dispatch& dispatch) {
  const std::string path = detail(run.details, "library");
  const std::string library = core::to_lower(path.substr(path.rfind('/') + 1));
  const auto is = [&](const char* name) { return library.find(name) != std::string::npos; };
  if (is("openblas") || !detail(run.details, "config").empty()) {
    dispatch.choosers.push_back(Chooser::openblas);
  } else if (is("mkl")) {
    dispatch.choosers.push_back(Chooser::mkl);
  } else if (is("blis") || !detail(run.details, "kernel_number").empty()) {
    dispatch.choosers.push_back(Chooser::blis);
  } else if (!never_chooses(library)) {
    dispatch.unknown.push_back(library);
  }
}

void add_python(const TierRun& run, Dispatch& dispatch) {
  const bool has_mkl = detail(run.details, "mkl") == "True" || maps(run, "libmkl");
  if (has_mkl) dispatch.choosers.push_back(Chooser::mkl);
  if (maps(run, "openblas")) dispatch.choosers.push_back(Chooser::openblas);
  if (maps(run, "libblis")) dispatch.choosers.push_back(Chooser::blis);
  if (run.tier == "torch") {
    dispatch.choosers.push_back(Chooser::aten);
    if (detail(run.details, "mkldnn") != "False") dispatch.choosers.push_back(Chooser::onednn);
  } else {
    dispatch.choosers.push_back(Chooser::numpy);
  }
}

bool allowed(std::string_view isa, Level level) {
  constexpr std::array<std::string_view, 3> sse = {"ssse3", "sse4_1", "sse4_2"};
  constexpr std::array<std::string_view, 4> avx2 = {"avx2", "bmi2", "f16c", "fma"};
  const auto is_one_of = [&](const auto& names) { return std::find(names.begin(), names.end(), isa) != names.end(); };
  if (is_one_of(sse)) return true;
  if (isa == "avx") return level >= Level::avx;
  if (is_one_of(avx2)) return level >= Level::avx2;
  return level == Level::avx512;
}

/// Code that cuts its work by the size of the cache, and may so change the order of sums.
bool asks_for_cache(Chooser chooser) {
  return chooser == Chooser::mkl || chooser == Chooser::aten || chooser == Chooser::onednn;
}

std::optional<Settled> settled_under(Chooser chooser, const std::map<std::string, std::string>& variables) {
  for (const std::string& variable : variables_of(chooser)) {
    const auto found = variables.find(variable);
    if (found == variables.end()) return std::nullopt;  // of two names one version knows one, another the other
    const std::optional<Settled> settled = settled_by(chooser, found->second);
    if (!settled || variable == variables_of(chooser).back()) return settled;
  }
  return std::nullopt;
}

}  // namespace

std::string_view name_of(Chooser chooser) {
  switch (chooser) {
    case Chooser::openblas:
      return "OpenBLAS";
    case Chooser::mkl:
      return "MKL";
    case Chooser::blis:
      return "BLIS";
    case Chooser::aten:
      return "ATen";
    case Chooser::onednn:
      return "oneDNN";
    case Chooser::numpy:
      break;
  }
  return "numpy";
}

Dispatch dispatch_of(const std::vector<TierRun>& runs) {
  Dispatch dispatch;
  for (const TierRun& run : runs) {
    if (run.tier == "blas") {
      add_blas(run, dispatch);
    } else if (run.tier == "torch" || run.tier == "numpy") {
      add_python(run, dispatch);
    }
  }
  std::sort(dispatch.choosers.begin(), dispatch.choosers.end());
  dispatch.choosers.erase(std::unique(dispatch.choosers.begin(), dispatch.choosers.end()), dispatch.choosers.end());
  return dispatch;
}

std::vector<Pin> propose_pins(const Dispatch& dispatch, const HardwareClass& hardware) {
  if (hardware.architecture != "x86_64") return {};
  const auto has = [&](const char* isa) {
    return std::find(hardware.isa.begin(), hardware.isa.end(), isa) != hardware.isa.end();
  };
  std::vector<Pin> pins;
  for (const Chooser chooser : dispatch.choosers) {
    for (const std::string& variable : variables_of(chooser)) {
      pins.push_back({chooser, variable, value_for(chooser, has("avx2") && has("fma"))});
    }
  }
  return pins;
}

bool is_pin_of(Chooser chooser, std::string_view variable) {
  const std::vector<std::string> names = variables_of(chooser);
  return std::find(names.begin(), names.end(), variable) != names.end();
}

std::string kernel_of(const Pin& pin) {
  switch (pin.chooser) {
    case Chooser::openblas:
      return core::to_lower(pin.value);
    case Chooser::blis:
      return pin.value == "3" ? "haswell" : pin.value == "5" ? "penryn" : "";
    case Chooser::aten:
      return core::to_lower(pin.value);
    case Chooser::mkl:
    case Chooser::onednn:
    case Chooser::numpy:
      break;
  }
  return {};
}

std::optional<bool> took_pin(const Pin& pin, const TierRun& run) {
  const std::string kernel = core::to_lower(detail(run.details, "kernel"));
  if (kernel.empty() && pin.chooser != Chooser::numpy) return std::nullopt;
  Dispatch own;
  if (run.tier == "blas") {
    add_blas(run, own);
    if (own.choosers != std::vector{pin.chooser}) return std::nullopt;
  } else if (!(run.tier == "torch" && pin.chooser == Chooser::aten) &&
             !(run.tier == "numpy" && pin.chooser == Chooser::numpy)) {
    return std::nullopt;
  }
  if (pin.chooser == Chooser::numpy) {
    const std::vector<std::string_view> disabled = core::split(pin.value, ' ');
    const std::string used = detail(run.details, "kernel");
    for (const std::string_view feature : core::split(used, ' ')) {
      if (std::find(disabled.begin(), disabled.end(), feature) != disabled.end()) return false;
    }
    return true;
  }
  if (pin.chooser == Chooser::aten && kernel_of(pin) == "default") return kernel == "default" || kernel == "no avx";
  return kernel == kernel_of(pin);
}

std::optional<HardwareClass> reduced_class(const HardwareClass& full, const Dispatch& dispatch,
                                           const std::map<std::string, std::string>& variables) {
  if (full.architecture != "x86_64" || !full.gpus.empty()) return std::nullopt;
  if (!dispatch.unknown.empty() || dispatch.choosers.empty()) return std::nullopt;
  Settled all;
  bool any_cache = true;
  for (const Chooser chooser : dispatch.choosers) {
    const std::optional<Settled> settled = settled_under(chooser, variables);
    if (!settled) return std::nullopt;
    all.level = std::max(all.level, settled->level);
    all.any_maker = all.any_maker && settled->any_maker;
    any_cache = any_cache && !asks_for_cache(chooser);
  }
  HardwareClass reduced = full;
  std::erase_if(reduced.isa, [&](const std::string& isa) { return !allowed(isa, all.level); });
  if (all.any_maker) reduced.vendor.clear();
  if (any_cache) reduced.l2_bytes = 0;
  return reduced == full ? std::nullopt : std::optional(reduced);
}

bool covers(const HardwareClass& reduced, const HardwareClass& full) {
  const auto same_or_open = [](const auto& wanted, const auto& none, const auto& have) {
    return wanted == none || wanted == have;
  };
  const bool is_avx2 = std::find(reduced.isa.begin(), reduced.isa.end(), "avx2") != reduced.isa.end();
  const bool is_avx = std::find(reduced.isa.begin(), reduced.isa.end(), "avx") != reduced.isa.end();
  const bool is_avx512 = std::find(reduced.isa.begin(), reduced.isa.end(), "avx512f") != reduced.isa.end();
  const Level level = is_avx512 ? Level::avx512 : is_avx2 ? Level::avx2 : is_avx ? Level::avx : Level::sse;
  std::vector<std::string> isa = full.isa;
  std::erase_if(isa, [&](const std::string& each) { return !allowed(each, level); });
  return reduced.architecture == full.architecture && reduced.threads == full.threads && reduced.gpus == full.gpus &&
         same_or_open(reduced.vendor, std::string(), full.vendor) &&
         same_or_open(reduced.l2_bytes, std::uint64_t{0}, full.l2_bytes) && isa == reduced.isa;
}

}  // namespace envlock::probe
