#include "requests.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "envlock/core/text.h"
#include "envlock/core/url.h"

namespace envlock::lock {
namespace {

conda::MatchSpec without_credentials(conda::MatchSpec spec) {
  if (spec.url) spec.url = core::strip_credentials(*spec.url);
  if (spec.channel) spec.channel = core::strip_credentials(*spec.channel);
  return spec;
}

// As people write it: name, version and build with spaces between.
std::string plain_text(const conda::MatchSpec& spec) {
  std::string text = spec.name;
  if (spec.channel) text = *spec.channel + "::" + text;
  if (spec.version || spec.build) text += " " + (spec.version ? spec.version->text() : std::string("*"));
  if (spec.build) text += " " + spec.build->text();
  return text;
}

bool means(const std::string& text, const conda::MatchSpec& spec) {
  try {
    return conda::MatchSpec::parse(text) == spec;
  } catch (const core::Error&) {
    return false;
  }
}

auto key(const conda::Request& request) {
  return std::tie(request.spec.name, request.text, request.selector, request.category, request.implied_by);
}

// The selector name of a subdir alone: "linux64" for linux-64, "aarch64" for linux-aarch64.
std::string selector_of(const std::string& subdir) {
  const std::size_t hyphen = subdir.find('-');
  if (hyphen == std::string::npos) return subdir;
  const std::string family = subdir.substr(0, hyphen);
  const std::string machine = subdir.substr(hyphen + 1);
  return machine == "64" || machine == "32" ? family + machine : machine;
}

bool holds(const conda::Request& request, const std::string& subdir) {
  return request.selector.empty() || spec::selector_holds(request.selector, subdir);
}

}  // namespace

std::string canonical_text(const conda::MatchSpec& written) {
  const conda::MatchSpec spec = without_credentials(written);
  const std::string plain = plain_text(spec);
  return means(plain, spec) ? plain : conda::format(spec);
}

conda::Request canonical(const conda::Request& request) {
  conda::Request result = request;
  result.spec = without_credentials(request.spec);
  result.text = canonical_text(request.spec);
  result.where = {};
  return result;
}

bool comes_before(const conda::Request& left, const conda::Request& right) {
  return key(left) < key(right);
}

std::vector<conda::Request> requests_of(const spec::Spec& spec, const std::vector<conda::Platform>& platforms) {
  std::vector<conda::Request> all = spec.requests;
  std::set<std::string> subdirs;
  for (const conda::Platform& platform : platforms) subdirs.insert(platform.subdir);

  const auto reason = [](const conda::Request& request) { return std::pair(request.text, *request.implied_by); };
  std::map<std::pair<std::string, std::string>, std::vector<std::string>> found_on;
  std::vector<conda::Request> implied;
  for (const std::string& subdir : subdirs) {
    for (conda::Request& request : spec::requests_for(spec, subdir)) {
      if (!request.implied_by) continue;
      found_on[reason(request)].push_back(subdir);
      implied.push_back(std::move(request));
    }
  }
  for (conda::Request& request : implied) {
    const std::vector<std::string>& on = found_on[reason(request)];
    if (request.selector.empty() && on.size() < subdirs.size()) {
      std::vector<std::string> names;
      for (const std::string& subdir : on) names.push_back(selector_of(subdir));
      request.selector = core::join(names, " or ");
    }
    all.push_back(std::move(request));
  }

  std::set<std::tuple<std::string, std::string, std::string, std::string, std::optional<std::string>>> known;
  std::vector<conda::Request> result;
  for (conda::Request& request : all) {
    request.text = canonical_text(request.spec);
    if (known.emplace(key(request)).second) result.push_back(std::move(request));
  }
  return result;
}

std::vector<const conda::Request*> requests_on(const std::vector<conda::Request>& requests, std::string_view subdir) {
  std::vector<const conda::Request*> result;
  for (const conda::Request& request : requests) {
    if (holds(request, std::string(subdir))) result.push_back(&request);
  }
  return result;
}

}  // namespace envlock::lock
