#include <algorithm>
#include <array>
#include <functional>
#include <string_view>
#include <utility>

#include "envlock/core/text.h"
#include "envlock/diff/diff.h"
#include "flavour.h"

namespace envlock::diff {
namespace {

constexpr std::size_t kMostTold = 10;

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

bool is_cuda_package(const Item& item) {
  const std::string_view name = item.name;
  return is_one_of(name, {"cuda", "cudatoolkit", "cudnn", "nccl", "pytorch-cuda", "cutensor", "libcublas", "libcudnn",
                          "libcufft", "libcurand", "libcusolver", "libcusparse", "libnvjitlink"}) ||
         name.starts_with("cuda-") || name.starts_with("nvidia-cu") || name.starts_with("nvidia-nccl");
}

/// "cuda118" of a build and "cuda126" of the next: same package, other CUDA.
bool has_other_cuda_build(const Change& change) {
  return change.from && change.to && change.from->build != change.to->build &&
         flavour_of_build(*change.from) == Flavour::cuda && change.flavour_to == Flavour::cuda &&
         change.from->build.substr(0, change.from->build.find("py")) !=
             change.to->build.substr(0, change.to->build.find("py"));
}

using Matches = bool (*)(const Change&);

struct Word {
  std::string_view name;
  std::string_view means;
  Matches matches;
};

constexpr std::array kWords = {
    Word{"major", "the first number of a version changed",
         [](const Change& change) { return change.distance == Distance::major; }},
    Word{"minor", "the first or second number of a version changed",
         [](const Change& change) { return change.distance == Distance::major || change.distance == Distance::minor; }},
    Word{"downgrade", "a version went down",
         [](const Change& change) { return change.kind == ChangeKind::downgraded; }},
    Word{"channel", "a package comes from another channel or index",
         [](const Change& change) { return change.channel_moved; }},
    Word{"cuda", "the CUDA of packages, driver or `__cuda` changed",
         [](const Change& change) { return is_cuda_package(change.item()) || has_other_cuda_build(change); }},
    Word{"cpu-build", "a CUDA build became a CPU build, or the other way round",
         [](const Change& change) { return change.cpu_build; }},
    Word{
        "hash", "the same file has another hash, or other content in the environment",
        [](const Change& change) { return change.kind == ChangeKind::rehashed || change.kind == ChangeKind::altered; }},
    Word{"added", "a package was added", [](const Change& change) { return change.kind == ChangeKind::added; }},
    Word{"removed", "a package was removed", [](const Change& change) { return change.kind == ChangeKind::removed; }},
    Word{"any", "anything differs", [](const Change&) { return true; }},
};

const Word* find_word(std::string_view text) {
  const auto found = std::find_if(kWords.begin(), kWords.end(), [&](const Word& word) { return word.name == text; });
  return found == kWords.end() ? nullptr : &*found;
}

/// "*" and "?" as in a shell. Linear: one place to go back to.
bool matches_glob(std::string_view glob, std::string_view text) {
  std::size_t at = 0;
  std::size_t i = 0;
  std::size_t star = std::string_view::npos;
  std::size_t after_star = 0;
  while (i < text.size()) {
    if (at < glob.size() && glob[at] == '*') {
      star = at++;
      after_star = i;
    } else if (at < glob.size() && (glob[at] == '?' || glob[at] == text[i])) {
      ++at;
      ++i;
    } else if (star != std::string_view::npos) {
      at = star + 1;
      i = ++after_star;
    } else {
      return false;
    }
  }
  while (at < glob.size() && glob[at] == '*') ++at;
  return at == glob.size();
}

bool is_pattern(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           is_one_of(std::string_view(&c, 1), {".", "_", "-", "*", "?"});
  });
}

std::string told(const ChangeGroup& group) {
  const Change& change = group.change();
  const std::string name = "`" + core::printable(change.item().name) + "`";
  const auto version = [](const Item& item) {
    return core::printable(item.version) + (item.build.empty() ? "" : " " + core::printable(item.build));
  };
  std::string text = name + ": ";
  if (!change.from || !change.to) {
    text += std::string(name_of(change.kind)) + " " + version(change.item());
  } else if (change.from->version != change.to->version) {
    text += core::printable(change.from->version) + " → " + core::printable(change.to->version);
  } else if (change.from->build != change.to->build) {
    text += version(*change.from) + " → " + core::printable(change.to->build);
  } else {
    text += version(*change.to) + " " + std::string(name_of(change.kind));
  }
  if (change.channel_moved) {
    text += (change.item().kind == PackageKind::pypi ? ", source " : ", channel ") +
            core::printable(change.from->channel) + " → " + core::printable(change.to->channel);
  }
  if (!group.everywhere) {
    std::vector<std::string> platforms;
    for (const ChangeGroup::OnPlatform& each : group.each) platforms.push_back(core::printable(each.platform));
    text += ", on " + core::join(platforms, ", ");
  }
  return text;
}

std::string told(const FactChange& fact) {
  const auto value = [](const std::string& text) {
    return text.empty() ? std::string("nothing") : core::printable(text);
  };
  return "`" + core::printable(fact.what) + "`: " + value(fact.from) + " → " + value(fact.to) +
         (fact.platform.empty() ? "" : ", on " + core::printable(fact.platform));
}

bool is_cuda_fact(const FactChange& fact) {
  if (is_one_of(fact.group, {"cuda", "driver"})) return true;
  return (fact.group == "virtual packages" && fact.what.starts_with("__cuda")) ||
         (fact.group == "libraries" && is_one_of(fact.what, {"cudart", "cublas", "cudnn", "nccl"}));
}

std::vector<std::string> hits_of(const Diff& diff, const std::string& text) {
  const Word* word = find_word(text);
  std::vector<std::string> hits;
  for (const ChangeGroup& group : diff.changes) {
    const bool hit = std::any_of(group.each.begin(), group.each.end(), [&](const ChangeGroup::OnPlatform& each) {
      return word != nullptr ? word->matches(each.change) : matches_glob(text, each.change.item().name);
    });
    if (hit) hits.push_back(told(group));
  }
  for (const FactChange& fact : diff.facts) {
    if (text == "any" || (text == "cuda" && is_cuda_fact(fact))) hits.push_back(told(fact));
  }
  if (text == "any") {
    for (const std::string& name : diff.only_from) hits.push_back(core::printable(name) + ": only in the first");
    for (const std::string& name : diff.only_to) hits.push_back(core::printable(name) + ": only in the second");
  }
  return hits;
}

std::string all_words() {
  std::string text;
  for (const Word& word : kWords) text += (text.empty() ? "" : ", ") + std::string(word.name);
  return text;
}

}  // namespace

Policy parse_policy(const std::vector<std::string>& words) {
  Policy policy;
  for (const std::string& given : words) {
    for (const std::string_view part : core::split(given, ',')) {
      const std::string word(core::trim(part));
      if (find_word(word) == nullptr && !is_pattern(word)) {
        throw core::Error({.code = "invalid-argument",
                           .what = "`--fail-on " + core::printable(given) + "` is no rule",
                           .where = std::nullopt,
                           .why = {},
                           .hints = {"there are " + all_words() + ", and names of packages such as `torch*`"}});
      }
      if (std::find(policy.words.begin(), policy.words.end(), word) == policy.words.end()) {
        policy.words.push_back(word);
      }
    }
  }
  return policy;
}

std::vector<core::Diagnostic> check(const Diff& diff, const Policy& policy) {
  std::vector<core::Diagnostic> forbidden;
  for (const std::string& text : policy.words) {
    std::vector<std::string> hits = hits_of(diff, text);
    if (hits.empty()) continue;
    const Word* word = find_word(text);
    const std::size_t count = hits.size();
    if (count > kMostTold) {
      hits.resize(kMostTold);
      hits.push_back("and " + std::to_string(count - kMostTold) + " more");
    }
    forbidden.push_back({.code = "diff-forbidden",
                         .what = "`--fail-on " + text + "` forbids " + std::to_string(count) +
                                 (count == 1 ? " change" : " changes") + ": " +
                                 (word != nullptr ? std::string(word->means) : "a package of that name changed"),
                         .where = std::nullopt,
                         .why = std::move(hits),
                         .hints = {}});
  }
  return forbidden;
}

}  // namespace envlock::diff
