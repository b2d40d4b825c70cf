#include "flavour.h"

#include <algorithm>
#include <map>
#include <string_view>

#include "envlock/core/text.h"

namespace envlock::diff {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_word(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z');
}

/// "cuda", "cuda118", "cuda12py310", "cu118", "gpu", "cpu", "cpuonly".
Flavour flavour_of_word(std::string_view word) {
  if (word.starts_with("cuda") || word == "gpu") return Flavour::cuda;
  if (word.starts_with("cu") && word.size() >= 4 && word.size() <= 5 &&
      std::all_of(word.begin() + 2, word.end(), is_digit)) {
    return Flavour::cuda;
  }
  return word == "cpu" || word == "cpuonly" ? Flavour::cpu : Flavour::unknown;
}

/// CUDA wins over CPU: "cuda118_cpu_fallback" runs on a GPU.
Flavour flavour_of_words(std::string_view text) {
  Flavour found = Flavour::unknown;
  std::size_t begin = 0;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && is_word(text[i])) continue;
    const Flavour flavour = flavour_of_word(text.substr(begin, i - begin));
    if (flavour == Flavour::cuda) return flavour;
    if (flavour == Flavour::cpu) found = flavour;
    begin = i + 1;
  }
  return found;
}

Flavour flavour_of_depend(std::string_view depend) {
  const std::string_view name = depend.substr(0, depend.find_first_of(" =<>![;~"));
  for (const std::string_view cuda : {"cuda-version", "cudatoolkit", "__cuda", "pytorch-cuda", "cuda-cudart"}) {
    if (name == cuda) return Flavour::cuda;
  }
  if (name.starts_with("nvidia-") && name.find("-cu1") != std::string_view::npos) return Flavour::cuda;
  // "pytorch-mutex * cuda": the build string of a mutex package is the flavour.
  if (name == "cpuonly") return Flavour::cpu;
  if (name.ends_with("mutex") || name.ends_with("_proc")) return flavour_of_words(depend.substr(name.size()));
  return Flavour::unknown;
}

/// "faiss" of "faiss-gpu" and "faiss-cpu", with the flavour; else the name itself.
std::string_view base_name(std::string_view name, Flavour& flavour) {
  for (const auto& [ending, meaning] :
       {std::pair{"-gpu", Flavour::cuda}, {"-cuda", Flavour::cuda}, {"-cpu", Flavour::cpu}}) {
    if (!name.ends_with(ending)) continue;
    flavour = meaning;
    return name.substr(0, name.rfind('-'));
  }
  return name;
}

/// "onnxruntime-gpu" that went and "onnxruntime" that came are one package with two names.
void judge_names(std::vector<Change>& changes) {
  struct Side {
    Change* change = nullptr;
    Flavour flavour = Flavour::unknown;
  };
  std::map<std::pair<PackageKind, std::string_view>, std::pair<std::vector<Side>, std::vector<Side>>> by_name;
  for (Change& change : changes) {
    if (change.kind != ChangeKind::added && change.kind != ChangeKind::removed) continue;
    Side side{&change, Flavour::unknown};
    auto& both = by_name[{change.item().kind, base_name(change.item().name, side.flavour)}];
    (change.from ? both.first : both.second).push_back(side);
  }
  for (auto& [name, both] : by_name) {
    for (const Side& gone : both.first) {
      for (const Side& come : both.second) {
        if ((gone.flavour == Flavour::cuda) == (come.flavour == Flavour::cuda)) continue;
        gone.change->cpu_build = come.change->cpu_build = true;
        gone.change->flavour_from = gone.flavour == Flavour::cuda ? Flavour::cuda : Flavour::cpu;
        come.change->flavour_to = come.flavour == Flavour::cuda ? Flavour::cuda : Flavour::cpu;
      }
    }
  }
}

}  // namespace

Flavour flavour_of_build(const Item& item) {
  const Flavour build = flavour_of_words(core::to_lower(item.build));
  if (build != Flavour::unknown) return build;
  const std::size_t local = item.version.find('+');
  return local == std::string::npos ? Flavour::unknown : flavour_of_words(core::to_lower(item.version.substr(local)));
}

Flavour flavour_of(const Item& item) {
  Flavour flavour = flavour_of_build(item);
  if (flavour != Flavour::unknown) return flavour;
  for (const std::string& depend : item.depends) {
    const Flavour said = flavour_of_depend(depend);
    if (said == Flavour::cuda) return said;
    if (said == Flavour::cpu) flavour = said;
  }
  return flavour;
}

void judge_flavours(std::vector<Change>& changes, bool knows_depends) {
  for (Change& change : changes) {
    if (change.from) change.flavour_from = knows_depends ? flavour_of(*change.from) : flavour_of_build(*change.from);
    if (change.to) change.flavour_to = knows_depends ? flavour_of(*change.to) : flavour_of_build(*change.to);
    if (!change.from || !change.to) {
      change.cpu_build = change.item().name == "cpuonly";
      continue;
    }
    // Where dependencies are told, a build that speaks of no CUDA anywhere needs none. A library that belongs to CUDA,
    // such as cudnn, is no build for a CPU when it stops to say so.
    const bool one_is_cuda = (change.flavour_from == Flavour::cuda) != (change.flavour_to == Flavour::cuda);
    const bool one_is_cpu = change.flavour_from == Flavour::cpu || change.flavour_to == Flavour::cpu;
    const bool by_build =
        flavour_of_build(*change.from) == Flavour::cuda || flavour_of_build(*change.to) == Flavour::cuda;
    change.cpu_build = one_is_cuda && (one_is_cpu || (knows_depends && by_build));
  }
  judge_names(changes);
}

}  // namespace envlock::diff
