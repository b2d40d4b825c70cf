#include "envlock/core/text.h"
#include "envlock/core/url.h"
#include "reading.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

namespace envlock::spec {
namespace {

// Joins orders: each file's list is a chain, and a channel comes as early as the chains and the first mention allow.
class ChannelUnion {
 public:
  void add(const std::vector<ChannelEntry>& channels) {
    std::optional<std::size_t> before;
    for (const ChannelEntry& entry : channels) {
      const auto [found, is_new] = numbers_.try_emplace(entry.text, first_.size());
      const std::size_t number = found->second;
      if (is_new) {
        first_.push_back(entry);
        followers_.emplace_back();
        waits_for_.push_back(0);
      }
      if (before && *before != number && followers_[*before].try_emplace(number, entry).second) ++waits_for_[number];
      before = number;
    }
  }

  std::vector<ChannelEntry> finish(std::vector<core::Diagnostic>& mistakes) {
    std::vector<ChannelEntry> out;
    std::set<std::size_t> ready;
    for (std::size_t i = 0; i < first_.size(); ++i) {
      if (waits_for_[i] == 0) ready.insert(i);
    }
    while (!ready.empty()) {
      const std::size_t number = *ready.begin();
      ready.erase(ready.begin());
      out.push_back(first_[number]);
      for (const auto& [follower, entry] : followers_[number]) {
        if (--waits_for_[follower] == 0) ready.insert(follower);
      }
    }
    if (out.size() < first_.size()) mistakes.push_back(contradiction());
    return out;
  }

 private:
  // Whatever is left waits on a circle: walking from one that waits to one that it waits for must meet itself.
  core::Diagnostic contradiction() const {
    std::map<std::size_t, std::size_t> waited_for;
    for (std::size_t i = 0; i < first_.size(); ++i) {
      if (waits_for_[i] == 0) continue;
      for (const auto& [follower, entry] : followers_[i]) {
        if (waits_for_[follower] > 0) waited_for[follower] = i;
      }
    }
    std::vector<std::size_t> walk;
    std::set<std::size_t> met;
    std::size_t at = waited_for.begin()->first;
    while (met.insert(at).second) {
      walk.push_back(at);
      at = waited_for.at(at);
    }
    walk.erase(walk.begin(), std::find(walk.begin(), walk.end(), at));
    std::reverse(walk.begin(), walk.end());

    core::Diagnostic diagnostic{.code = "channel-order-contradicts",
                                .what = "the files give the channels in orders that contradict each other",
                                .where = {},
                                .why = {},
                                .hints = {"give the channels the same order in every file"}};
    for (std::size_t i = 0; i < walk.size(); ++i) {
      const std::size_t before = walk[i];
      const std::size_t after = walk[(i + 1) % walk.size()];
      const ChannelEntry& line = followers_[before].at(after);
      diagnostic.why.push_back("`" + shown(first_[before]) + "` comes before `" + shown(line) + "` at " +
                               place(line.where));
      diagnostic.where = line.where;
    }
    return diagnostic;
  }

  static std::string shown(const ChannelEntry& entry) {
    return core::printable(core::without_secrets(entry.written), 80);
  }

  std::map<std::string, std::size_t> numbers_;
  std::vector<ChannelEntry> first_;
  std::vector<std::map<std::size_t, ChannelEntry>> followers_;  ///< with the line that says so
  std::vector<std::size_t> waits_for_;
};

void merge_variables(Spec& into, const Spec& part, std::vector<core::Diagnostic>& mistakes) {
  for (const auto& [name, variable] : part.variables) {
    const auto [found, is_new] = into.variables.try_emplace(name, variable);
    if (is_new || found->second.value == variable.value) continue;
    mistakes.push_back({.code = "variable-contradicts",
                        .what = "the variable `" + name + "` has two values",
                        .where = variable.where,
                        .why = {"here it is `" + core::printable(core::without_secrets(variable.value), 80) + "`",
                                "at " + place(found->second.where) + " it is `" +
                                    core::printable(core::without_secrets(found->second.value), 80) + "`"},
                        .hints = {"give it one value"}});
  }
}

void merge_names(Spec& into, const Spec& part, core::Notes& notes) {
  if (part.name && into.name && *part.name != *into.name) {
    core::SourceSpan where;
    where.file = part.files.front();
    notes.note({.code = "several-names",
                .what = "the files name the environment `" + core::printable(*into.name, 60) + "` and `" +
                        core::printable(*part.name, 60) + "`; the first counts",
                .where = where,
                .why = {},
                .hints = {}});
  }
  if (!into.name) into.name = part.name;
  if (!into.prefix) into.prefix = part.prefix;
}

// The same line twice asks for nothing more, and would only make the lock depend on how often.
void drop_repeated_requests(Spec& spec, core::Notes& notes) {
  std::map<std::tuple<std::string, std::string, std::string>, core::SourceSpan> seen;
  std::vector<conda::Request> kept;
  kept.reserve(spec.requests.size());
  for (conda::Request& request : spec.requests) {
    const auto [found, is_new] =
        seen.try_emplace({conda::format(request.spec), request.category, request.selector}, request.where);
    if (is_new) {
      kept.push_back(std::move(request));
      continue;
    }
    notes.note({.code = "repeated-request",
                .what = "`" + core::printable(request.text, 80) + "` is asked for twice",
                .where = request.where,
                .why = {"the first is at " + place(found->second)},
                .hints = {"remove one of them"}});
  }
  spec.requests = std::move(kept);
}

}  // namespace

Spec merge(std::vector<Spec> parts, core::Notes& notes, std::vector<core::Diagnostic>& mistakes) {
  Spec merged;
  ChannelUnion channels;
  for (Spec& part : parts) {
    channels.add(part.channels);
    merge_variables(merged, part, mistakes);
    merge_names(merged, part, notes);
    merged.nodefaults = merged.nodefaults || part.nodefaults;
    std::move(part.files.begin(), part.files.end(), std::back_inserter(merged.files));
    std::move(part.requests.begin(), part.requests.end(), std::back_inserter(merged.requests));
    std::move(part.pip.begin(), part.pip.end(), std::back_inserter(merged.pip));
    // conda-lock takes the longest, which must end in the others.
    if (part.pip_repositories.size() > merged.pip_repositories.size()) {
      merged.pip_repositories = std::move(part.pip_repositories);
    }
    for (PlatformEntry& platform : part.platforms) {
      const bool known = std::any_of(merged.platforms.begin(), merged.platforms.end(),
                                     [&](const PlatformEntry& entry) { return entry.name == platform.name; });
      if (!known) merged.platforms.push_back(std::move(platform));
    }
  }
  merged.channels = channels.finish(mistakes);
  drop_repeated_requests(merged, notes);
  find_contradictions(merged, mistakes);
  return merged;
}

}  // namespace envlock::spec
