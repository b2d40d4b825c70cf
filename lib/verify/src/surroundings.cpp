#include "surroundings.h"

#include <algorithm>

#include "envlock/core/url.h"
#include "envlock/prefix/wheel.h"
#include "envlock/pypi/name.h"

namespace envlock::verify {
namespace {

namespace fs = std::filesystem;

/// A folder with more than this is not one of libraries.
constexpr std::size_t kMostEntries = 100'000;

/// tls/haswell/avx512_1/x86_64, and no deeper.
constexpr int kDeepestFolder = 4;

/// Where glibc looks below a folder of libraries before it looks into that: glibc-hwcaps since 2.33, the others, in
/// each other, up to 2.36.
bool is_loader_folder(std::string_view name) {
  for (const char* known : {"glibc-hwcaps", "tls", "haswell", "xeon_phi", "avx512_1", "x86_64", "atomics", "aarch64",
                            "power8", "power9", "power10"}) {
    if (name == known) return true;
  }
  return false;
}

/// "usercustomize.py", "sitecustomize.abi3.so", "x.pth": python runs them whenever it starts.
bool is_run_at_start(const fs::path& file) {
  const std::string name = file.filename().string();
  const std::string stem = name.substr(0, name.find('.'));
  return file.extension() == ".pth" || stem == "usercustomize" || stem == "sitecustomize";
}

class Surrounding {
 public:
  Surrounding(const Surroundings& given, const VerifyOptions& options, std::vector<Finding>& findings)
      : given_(given), options_(options), findings_(findings) {}

  void run() {
    check_python_variables();
    check_loader_variables();
    check_library_path();
    check_user_site();
    if (given_.expected == nullptr) return;
    check_variables(given_.expected->variables);
    if (given_.state) check_state(given_.expected->variables, *given_.state);
  }

 private:
  /// "" when it is not set.
  std::string variable(const std::string& name) const {
    const auto found = options_.environment.find(name);
    return found == options_.environment.end() ? std::string() : found->second;
  }
  static std::string shown(const std::string& value) { return in_quotes(core::without_secrets(value)); }

  void add(Weight weight, const std::string& subject, core::Diagnostic diagnostic) {
    findings_.push_back({.weight = weight,
                         .group = Group::surroundings,
                         .package = {},
                         .path = subject,
                         .diagnostic = std::move(diagnostic)});
  }

  void check_python_variables() {
    if (given_.python_version.empty()) return;
    if (const std::string value = variable("PYTHONPATH"); !value.empty()) {
      add(Weight::fault, "",
          {.code = "python-path-set",
           .what = "PYTHONPATH is set: python imports from there before the environment's own modules",
           .where = {},
           .why = {"PYTHONPATH=" + shown(value)},
           .hints = {"`unset PYTHONPATH`", "`python -I` does not heed it"}});
    }
    if (const std::string value = variable("PYTHONHOME"); !value.empty()) {
      add(Weight::fault, "",
          {.code = "python-home-set",
           .what = "PYTHONHOME is set: python takes its standard library from there",
           .where = {},
           .why = {"PYTHONHOME=" + shown(value)},
           .hints = {"`unset PYTHONHOME`"}});
    }
    if (const std::string value = variable("PYTHONPYCACHEPREFIX"); !value.empty()) {
      add(Weight::note, "",
          {.code = "python-cache-set",
           .what = "PYTHONPYCACHEPREFIX is set: python takes compiled files from there, which are not looked at",
           .where = {},
           .why = {"PYTHONPYCACHEPREFIX=" + shown(value)},
           .hints = {}});
    }
  }

  void check_loader_variables() {
    for (const char* name : {"LD_PRELOAD", "LD_AUDIT"}) {
      const std::string value = variable(name);
      if (value.empty()) continue;
      add(Weight::fault, "",
          {.code = "preload-set",
           .what = std::string(name) + " is set: every program loads what it names before its own libraries",
           .where = {},
           .why = {std::string(name) + "=" + shown(value)},
           .hints = {std::string("`unset ") + name + "`"}});
    }
  }

  /// Libraries of `folder` that the prefix has too, sorted; those of its folders for newer processors come first for
  /// the loader.
  std::vector<std::string> shadowed(const fs::path& folder) const {
    std::vector<std::string> names;
    std::size_t seen = 0;
    collect_shadowed(folder, "", 0, seen, names);
    std::sort(names.begin(), names.end());
    return names;
  }

  void collect_shadowed(const fs::path& folder, const std::string& below, int depth, std::size_t& seen,
                        std::vector<std::string>& names) const {
    std::error_code failure;
    for (fs::directory_iterator entry(folder / below, failure), end; !failure && entry != end;
         entry.increment(failure)) {
      const std::string name = entry->path().filename().string();
      if (++seen > kMostEntries) return;
      if (name.find(".so") != std::string::npos && given_.tree->find("lib/" + name) != nullptr) {
        names.push_back(below + name);
      }
      std::error_code ignored;
      const bool is_searched = is_loader_folder(name) || below == "glibc-hwcaps/";
      if (depth < kDeepestFolder && is_searched && fs::is_directory(entry->path(), ignored)) {
        collect_shadowed(folder, below + name + "/", depth + 1, seen, names);
      }
    }
  }

  void check_library_path() {
    const std::string value = variable("LD_LIBRARY_PATH");
    if (value.empty()) return;
    std::vector<std::string> facts, harmless;
    for (const std::string_view part : core::split(value, ':')) {
      const fs::path folder = part.empty() ? fs::path(".") : fs::path(std::string(part));
      std::error_code ignored;
      if (fs::equivalent(folder, given_.prefix / "lib", ignored)) continue;
      const std::vector<std::string> names = shadowed(folder);
      if (names.empty()) {
        harmless.push_back(std::string(part));
      } else {
        facts.push_back(in_quotes(part) + " holds " + few_of(names));
      }
    }
    if (!facts.empty()) {
      add(Weight::fault, "",
          {.code = "library-path-shadows",
           .what = "LD_LIBRARY_PATH names folders with libraries that the environment has too",
           .where = {},
           .why = std::move(facts),
           .hints = {"`unset LD_LIBRARY_PATH`: the environment's programs find their libraries without it"}});
    } else if (!harmless.empty()) {
      add(Weight::note, "",
          {.code = "library-path-set",
           .what = "LD_LIBRARY_PATH is set",
           .where = {},
           .why = {"it names " + few_of(harmless) + ", which hold none of the environment's libraries"},
           .hints = {}});
    }
  }

  fs::path user_site() const {
    const std::string base = variable("PYTHONUSERBASE");
    const fs::path root = base.empty() ? options_.home / ".local" : fs::path(base);
    return root / given_.site_packages;
  }

  /// The environment's own variables keep python from the user's site-packages, where they are set.
  bool is_user_site_off_when_active() const {
    const auto sets = [](const std::map<std::string, std::string>& variables) {
      const auto found = variables.find("PYTHONNOUSERSITE");
      return found != variables.end() && !found->second.empty();
    };
    return (given_.state && sets(*given_.state)) || (given_.expected != nullptr && sets(given_.expected->variables));
  }

  void check_user_site() {
    if (given_.python_version.empty() || !variable("PYTHONNOUSERSITE").empty()) return;
    if (options_.home.empty() && variable("PYTHONUSERBASE").empty()) return;
    const fs::path folder = user_site();
    std::vector<std::string> shadowing, others, startup;
    std::error_code failure;
    for (fs::directory_iterator entry(folder, failure), end; !failure && entry != end; entry.increment(failure)) {
      const std::string name = entry->path().filename().string();
      const bool is_info = name.find(".dist-info") != std::string::npos || name.find(".egg-info") != std::string::npos;
      if (is_run_at_start(entry->path())) startup.push_back(name);
      const std::string title = pypi::normalize_name(name.substr(0, name.find_first_of(is_info ? "-" : ".")));
      if (name == "__pycache__" || name.empty()) continue;
      (given_.names.count(title) != 0 ? shadowing : others).push_back(is_info ? title : name);
    }
    for (auto* names : {&shadowing, &others, &startup}) {
      std::sort(names->begin(), names->end());
      names->erase(std::unique(names->begin(), names->end()), names->end());
    }
    say_user_site(folder, shadowing, others, startup);
  }

  void say_user_site(const fs::path& folder, const std::vector<std::string>& shadowing,
                     const std::vector<std::string>& others, const std::vector<std::string>& startup) {
    if (shadowing.empty() && others.empty() && startup.empty()) return;
    std::vector<std::string> why{"it is " + in_quotes(folder.string())};
    if (!shadowing.empty()) why.push_back("the environment has " + few_of(shadowing) + " too");
    if (!startup.empty()) why.push_back("python runs what is in " + few_of(startup) + " whenever it starts");
    if (shadowing.empty() && startup.empty()) why.push_back("it holds " + few_of(others));
    const bool is_off = is_user_site_off_when_active();
    if (is_off) why.push_back("PYTHONNOUSERSITE is among the environment's variables, which are not set here");
    const bool is_fault = !is_off && (!shadowing.empty() || !startup.empty());
    const char* code = !is_fault ? "user-site-used" : shadowing.empty() ? "user-site-startup" : "user-site-shadows";
    const char* words = !is_fault           ? " are not empty, and this python imports from them"
                        : shadowing.empty() ? " hold code that this python runs whenever it starts"
                                            : " hold packages that the environment has too, and come first";
    add(is_fault ? Weight::fault : Weight::note, "",
        {.code = code,
         .what = std::string("the user's own site-packages") + words,
         .where = {},
         .why = std::move(why),
         .hints = {"`export PYTHONNOUSERSITE=1`"}});
  }

  bool is_activated() const {
    const std::string active = variable("CONDA_PREFIX");
    std::error_code ignored;
    return !active.empty() && fs::equivalent(active, given_.prefix, ignored);
  }

  void check_variables(const std::map<std::string, std::string>& wanted) {
    const bool active = is_activated();
    std::vector<std::string> unset;
    for (const auto& [name, value] : wanted) {
      const auto found = options_.environment.find(name);
      if (found != options_.environment.end() && found->second == value) continue;
      if (!active) {
        unset.push_back(name);
        continue;
      }
      const bool is_set = found != options_.environment.end();
      add(Weight::fault, name,
          {.code = "variable-differs",
           .what = "the variable " + in_quotes(name) + " of the lock " + (is_set ? "has another value" : "is not set"),
           .where = {},
           .why = {"want " + shown(value), is_set ? "have " + shown(found->second) : std::string("have nothing")},
           .hints = {"deactivate the environment and activate it again"}});
    }
    if (unset.empty()) return;
    add(Weight::note, "",
        {.code = "variables-inactive",
         .what = count_of(unset.size(), "variable") + " of the lock " + (unset.size() == 1 ? "has" : "have") +
                 " no such value here, where the environment is not active",
         .where = {},
         .why = {few_of(unset)},
         .hints = {"`envlock run -- COMMAND` sets them"}});
  }

  /// What activation will set.
  void check_state(const std::map<std::string, std::string>& wanted, const std::map<std::string, std::string>& state) {
    std::map<std::string, std::string> all = wanted;
    all.insert(state.begin(), state.end());
    for (const auto& [name, unused] : all) {
      const auto want = wanted.find(name);
      const auto have = state.find(name);
      const bool is_equal = want != wanted.end() && have != state.end() && want->second == have->second;
      if (is_equal) continue;
      add(Weight::fault, "conda-meta/state",
          {.code = "state-differs",
           .what = "activating the environment does not set " + in_quotes(name) + " as the lock says",
           .where = {},
           .why = {want == wanted.end() ? std::string("want nothing") : "want " + shown(want->second),
                   have == state.end() ? std::string("have nothing") : "have " + shown(have->second)},
           .hints = {"`envlock install` sets it"}});
    }
  }

  const Surroundings& given_;
  const VerifyOptions& options_;
  std::vector<Finding>& findings_;
};

}  // namespace

void check_surroundings(const Surroundings& surroundings, const VerifyOptions& options, const Advice&,
                        std::vector<Finding>& findings) {
  Surrounding(surroundings, options, findings).run();
}

}  // namespace envlock::verify
