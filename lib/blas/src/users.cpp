#include "users.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <system_error>
#include <tuple>

namespace envlock::blas {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostEntries = 100'000;
constexpr std::size_t kMostCandidates = 64;

bool is_file(const fs::path& path) {
  std::error_code error;
  return fs::is_regular_file(path, error);
}

bool is_folder(const fs::path& path) {
  std::error_code error;
  return fs::is_directory(path, error);
}

/// "cpython-311" for a program that is really named python3.11; "" when its name does not tell.
std::string tag_of(const fs::path& program) {
  std::error_code error;
  const std::string name = fs::canonical(program, error).filename().string();
  if (error || !name.starts_with("python3.")) return {};
  return "cpython-3" + name.substr(std::string_view("python3.").size());
}

/// The extension module NAME*.so of a folder, of this python where there are several.
std::optional<fs::path> find_module(const fs::path& folder, std::string_view name, const std::string& tag) {
  std::optional<fs::path> found;
  for (const std::string& entry : names_in(folder)) {
    if (!entry.starts_with(name) || !entry.ends_with(".so") || !is_file(folder / entry)) continue;
    // "_C" must not find "_C_flatbuffer.so".
    if (entry[name.size()] != '.') continue;
    if (!tag.empty() && entry.find(tag + "-") != std::string::npos) return folder / entry;
    if (!found) found = folder / entry;
  }
  return found;
}

std::optional<User> find_numpy(const fs::path& modules, const std::string& tag) {
  for (const char* folder : {"numpy/_core", "numpy/core"}) {
    const auto file = find_module(modules / folder, "_multiarray_umath", tag);
    if (file) return User{"numpy", *file, *file, {}, {}};
  }
  return std::nullopt;
}

/// torch opens libtorch_global_deps for the whole process, then its module, which leads to libtorch_cpu.
std::optional<User> find_torch(const fs::path& modules, const std::string& tag) {
  const fs::path torch = modules / "torch";
  const fs::path file = torch / "lib" / "libtorch_cpu.so";
  if (!is_file(file)) return std::nullopt;
  User user{"torch", file, find_module(torch, "_C", tag).value_or(file), {}, {}};
  const fs::path first = torch / "lib" / "libtorch_global_deps.so";
  if (is_file(first)) user.opened_for_all.push_back(first);
  return user;
}

/// scikit-learn asks scipy for pointers to its functions.
std::optional<User> find_scipy(const fs::path& modules, const std::string& tag) {
  for (const char* name : {"_fblas", "cython_blas"}) {
    const auto file = find_module(modules / "scipy/linalg", name, tag);
    if (!file) continue;
    User user{"scipy", *file, *file, {}, {}};
    if (find_module(modules / "sklearn/utils", "_cython_blas", tag)) user.clients.emplace_back("scikit-learn");
    return user;
  }
  return std::nullopt;
}

std::optional<User> find_jaxlib(const fs::path& modules, const std::string& tag) {
  for (const char* name : {"libjax_common", "_jax", "xla_extension"}) {
    const auto file = find_module(modules / "jaxlib", name, tag);
    if (file) return User{"jaxlib", *file, *file, {}, {}};
  }
  return std::nullopt;
}

std::optional<User> find_tensorflow(const fs::path& modules, const std::string& tag) {
  for (const std::string& name : names_in(modules / "tensorflow")) {
    const fs::path file = modules / "tensorflow" / name;
    if (name.starts_with("libtensorflow_cc.so.") && is_file(file)) return User{"tensorflow", file, file, {}, {}};
  }
  const auto file = find_module(modules / "tensorflow/python", "_pywrap_tensorflow_internal", tag);
  return file ? std::optional(User{"tensorflow", *file, *file, {}, {}}) : std::nullopt;
}

/// How likely a library of that name is what programs are linked with; absent: it is no BLAS by its name.
std::optional<std::size_t> rank_of(std::string_view name) {
  constexpr std::array<std::string_view, 9> kNames = {"libcblas.so",     "libblas.so",        "libmkl_rt.so",
                                                      "libopenblas",     "libscipy_openblas", "libblis",
                                                      "libflexiblas.so", "libblas64",         "libcblas64"};
  if (name.find(".so") == std::string_view::npos) return std::nullopt;
  for (std::size_t rank = 0; rank < kNames.size(); ++rank) {
    if (name.starts_with(kNames[rank])) return rank;
  }
  return std::nullopt;
}

/// lib itself, and of wheels NAME.libs (auditwheel) and scipy_openblas32/lib.
std::vector<fs::path> library_folders(const fs::path& prefix) {
  std::vector<fs::path> folders = {prefix / "lib", prefix / "lib64", prefix / "lib/x86_64-linux-gnu",
                                   prefix / "usr/lib/x86_64-linux-gnu"};
  for (const fs::path& modules : module_folders(prefix)) {
    for (const std::string& name : names_in(modules)) {
      if (name.ends_with(".libs")) folders.push_back(modules / name);
      if (name.starts_with("scipy_openblas")) folders.push_back(modules / name / "lib");
    }
  }
  return folders;
}

}  // namespace

std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    if (names.size() == kMostEntries) break;
    names.push_back(entry->path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<fs::path> module_folders(const fs::path& prefix) {
  std::vector<fs::path> folders;
  for (const char* base : {"lib", "lib64", "usr/local/lib", "usr/lib"}) {
    for (const std::string& name : names_in(prefix / base)) {
      if (!name.starts_with("python3")) continue;
      for (const char* modules : {"site-packages", "dist-packages"}) {
        if (is_folder(prefix / base / name / modules)) folders.push_back(prefix / base / name / modules);
      }
    }
  }
  return folders;
}

std::vector<User> find_users(const fs::path& prefix, const fs::path& program) {
  const std::string tag = tag_of(program);
  const std::vector<fs::path> folders = module_folders(prefix);
  std::vector<User> users;
  for (const auto find : {find_numpy, find_torch, find_scipy, find_jaxlib, find_tensorflow}) {
    for (const fs::path& modules : folders) {
      const auto user = find(modules, tag);
      if (!user) continue;
      users.push_back(*user);
      break;
    }
  }
  return users;
}

fs::path find_program(const fs::path& prefix) {
  for (const char* name : {"bin/python3", "bin/python", "usr/bin/python3"}) {
    if (is_file(prefix / name)) return prefix / name;
  }
  return {};
}

std::vector<fs::path> find_candidates(const fs::path& prefix) {
  std::vector<fs::path> candidates;
  for (const fs::path& folder : library_folders(prefix)) {
    std::vector<std::tuple<std::size_t, bool, std::size_t, std::string>> ranked;
    for (const std::string& name : names_in(folder)) {
      const auto rank = rank_of(name);
      // "libblas.so.3" is what programs ask for, "libblas.so" what compilers do.
      if (rank && is_file(folder / name)) ranked.emplace_back(*rank, name.ends_with(".so"), name.size(), name);
    }
    std::sort(ranked.begin(), ranked.end());
    for (const auto& [rank, unversioned, length, name] : ranked) {
      if (candidates.size() < kMostCandidates) candidates.push_back(folder / name);
    }
  }
  return candidates;
}

}  // namespace envlock::blas
