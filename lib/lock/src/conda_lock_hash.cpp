#include "conda_lock_hash.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <tuple>
#include <utility>

#include "envlock/core/digest.h"

namespace envlock::lock {
namespace {

using nlohmann::json;

struct Fact {
  const char* name;
  const char* version;
  const char* build;
};

// conda-lock 4.0's table of default virtual packages, with the second __osx that its own hash includes.
std::vector<Fact> default_facts(std::string_view subdir) {
  const auto linux_facts = [](const char* machine) {
    return std::vector<Fact>{{"__unix", "0", ""},
                             {"__linux", "5.10", ""},
                             {"__archspec", "1", machine},
                             {"__glibc", "2.28", ""},
                             {"__cuda", "11.4", ""}};
  };
  if (subdir == "linux-64") return linux_facts("x86_64");
  if (subdir == "linux-aarch64") return linux_facts("aarch64");
  if (subdir == "linux-ppc64le") return linux_facts("ppc64le");
  if (subdir == "osx-64") {
    return {{"__unix", "0", ""}, {"__archspec", "1", "x86_64"}, {"__osx", "11.0", ""}, {"__osx", "10.15", ""}};
  }
  if (subdir == "osx-arm64") return {{"__unix", "0", ""}, {"__archspec", "1", "arm64"}, {"__osx", "11.0", ""}};
  if (subdir == "win-64") return {{"__win", "0", ""}, {"__archspec", "1", "x86_64"}, {"__cuda", "11.4", ""}};
  return {};
}

json repodata(std::string_view subdir, const std::vector<Fact>& facts) {
  json packages = json::object();
  for (const Fact& fact : facts) {
    // "_0" is a slip of conda-lock's that its hashes keep.
    const std::string build = *fact.build == '\0' ? std::string("0") : std::string(fact.build) + "_0";
    packages[std::string(fact.name) + "-" + fact.version + "-" + build + ".tar.bz2"] = {
        {"name", fact.name},
        {"version", fact.version},
        {"build_string", fact.build},
        {"build_number", 0},
        {"noarch", ""},
        {"depends", json::array()},
        {"timestamp", 1577854800000},
        {"package_type", "virtual_system"},
        {"build", build},
        {"subdir", subdir}};
  }
  return {{"info", {{"subdir", subdir}}}, {"packages", packages}};
}

// As Python's json.dumps(sort_keys=True): ", " and ": " between, ASCII only.
void append_python_json(std::string& out, const json& value) {
  const bool is_object = value.is_object();
  if (!is_object && !value.is_array()) {
    out += value.dump(-1, ' ', true, json::error_handler_t::replace);
    return;
  }
  out += is_object ? '{' : '[';
  bool first = true;
  for (const auto& item : value.items()) {
    if (!first) out += ", ";
    first = false;
    if (is_object) out += json(item.key()).dump(-1, ' ', true, json::error_handler_t::replace) + ": ";
    append_python_json(out, item.value());
  }
  out += is_object ? '}' : ']';
}

json text_or_null(const std::optional<std::string>& text) {
  return text ? json(*text) : json(nullptr);
}

// The fields of conda-lock's models; it leaves out `markers` and `subdirectory` where they are null.
json spec_of(const CondaLockDependency& each) {
  json spec = {{"name", each.name}, {"manager", each.manager}, {"category", each.category}, {"extras", each.extras}};
  if (each.markers) spec["markers"] = *each.markers;
  if (each.repository) {
    spec["source"] = each.repository->source;
    spec["vcs"] = "git";
    spec["rev"] = text_or_null(each.repository->revision);
    if (each.repository->subdirectory) spec["subdirectory"] = *each.repository->subdirectory;
  } else if (each.url) {
    spec["url"] = each.url->url;
    spec["hashes"] = json::array({each.url->hash});
  } else {
    spec["version"] = each.version;
    spec["build"] = text_or_null(each.build);
    spec["conda_channel"] = text_or_null(each.channel);
    spec["hash"] = text_or_null(each.hash);
  }
  return spec;
}

}  // namespace

std::string conda_lock_content_hash(const std::vector<CondaLockChannel>& channels,
                                    std::vector<CondaLockDependency> dependencies,
                                    const std::vector<std::string>& pip_repositories, std::string_view subdir) {
  std::stable_sort(dependencies.begin(), dependencies.end(),
                   [](const CondaLockDependency& left, const CondaLockDependency& right) {
                     return std::tie(left.manager, left.name) < std::tie(right.manager, right.name);
                   });
  const auto compact = [](const nlohmann::ordered_json& value) {
    return value.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  };
  json content;
  content["channels"] = json::array();
  for (const CondaLockChannel& channel : channels) {
    // Each is a string that holds compact JSON.
    nlohmann::ordered_json text;
    text["url"] = channel.url;
    text["used_env_vars"] = channel.used_variables;
    content["channels"].push_back(compact(text));
  }
  for (const std::string& url : pip_repositories) {
    nlohmann::ordered_json text;
    text["url"] = url;
    content["pip_repositories"].push_back(compact(text));
  }
  content["specs"] = json::array();
  for (const CondaLockDependency& each : dependencies) content["specs"].push_back(spec_of(each));
  const std::string platform(subdir);
  content["virtual_package_hash"]["noarch"] = repodata("noarch", {});
  content["virtual_package_hash"][platform] = repodata(subdir, default_facts(subdir));
  std::string text;
  append_python_json(text, content);
  return core::format(core::sha256(text));
}

}  // namespace envlock::lock
