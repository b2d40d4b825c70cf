#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>
#include <system_error>

#include "envlock/blas/cublas.h"
#include "envlock/core/text.h"
#include "link_map.h"
#include "users.h"

namespace envlock::blas {
namespace {

namespace fs = std::filesystem;

// Which products torch calls depends on its version; every one of them makes a handle.
constexpr std::string_view kEntry = "cublasCreate_v2";
constexpr std::string_view kLtProduct = "cublasLtMatmul";

bool is_entry(std::string_view symbol) {
  return symbol == kEntry;
}

/// The file of a folder that is called STEM.so.N: with that N, or the highest.
std::optional<fs::path> find_versioned(const fs::path& folder, std::string_view stem, std::string_view wanted = {}) {
  std::optional<fs::path> found;
  std::size_t length = 0;
  for (const std::string& name : names_in(folder)) {
    if (!name.starts_with(stem) || !std::string_view(name).substr(stem.size()).starts_with(".so.")) continue;
    if (!wanted.empty() && name != wanted) continue;
    // "libcublas.so.12" and, longer, "libcublas.so.12.6.4.1", which it leads to.
    if (found && name.size() > length && name.starts_with(found->filename().string())) continue;
    found = folder / name;
    length = name.size();
  }
  return found;
}

/// Where wheels of NVIDIA's have their libraries: nvidia/cublas/lib, and nvidia/cu13/lib since CUDA 13.
std::vector<fs::path> wheel_folders(const fs::path& prefix) {
  std::vector<fs::path> folders;
  for (const fs::path& modules : module_folders(prefix)) {
    for (const std::string& name : names_in(modules / "nvidia")) {
      if (name.starts_with("cu")) folders.push_back(modules / "nvidia" / name / "lib");
    }
  }
  return folders;
}

std::vector<fs::path> library_folders(const fs::path& prefix) {
  std::vector<fs::path> folders = {prefix / "lib", prefix / "lib64", prefix / "targets/x86_64-linux/lib",
                                   prefix / "targets/sbsa-linux/lib"};
  for (const fs::path& folder : wheel_folders(prefix)) folders.push_back(folder);
  for (const fs::path& modules : module_folders(prefix)) folders.push_back(modules / "torch/lib");
  return folders;
}

class Finder {
 public:
  Finder(const FindOptions& options, core::Notes& notes)
      : options_(options), notes_(notes), cache_(read_loader_cache(options.loader_cache)) {}

  std::optional<CublasLibrary> find() {
    std::error_code error;
    root_ = fs::canonical(options_.prefix, error);
    if (error) return std::nullopt;
    prefix_ = fs::absolute(options_.prefix, error).lexically_normal();
    const fs::path program = find_program(prefix_);
    for (const User& user : find_users(prefix_, program)) {
      if (user.name != "torch" || !computes_on_gpus(user)) continue;
      return of_torch(user, program);
    }
    return in_folders(library_folders(prefix_), {}, "");
  }

 private:
  /// A torch that was built for processors has no such file.
  static bool computes_on_gpus(const User& torch) {
    std::error_code error;
    return fs::is_regular_file(torch.file.parent_path() / "libtorch_cuda.so", error);
  }

  std::optional<CublasLibrary> of_torch(const User& torch, const fs::path& program) {
    LinkMap map(options_, cache_, program);
    for (const fs::path& file : torch.opened_for_all) map.open_for_all(file);
    ObjectId root = map.open(torch.opened);
    const fs::path gpu_part = torch.file.parent_path() / "libtorch_cuda.so";
    if (root == kNobody || map.find(gpu_part) == kNobody) root = map.open(gpu_part);
    if (root == kNobody) return std::nullopt;
    const ObjectId asker = find_asker(map, root);
    const ObjectId owner = asker == kNobody ? find_built_in(map, root) : map.look_up(kEntry, asker, root);
    if (owner != kNobody && (owner == asker || asker == kNobody)) {
      note_built_in(map.object(owner).path);
      return std::nullopt;
    }
    if (owner == kNobody) return preloaded(map, root);
    const ObjectId lt = map.look_up(kLtProduct, owner, root);
    auto library = make(map.object(owner).path, lt == kNobody ? fs::path() : map.object(lt).path, "torch");
    if (library) library->function = function_of_torch(map, root);
    return library;
  }

  /// Newer ones have one function for all types in the place of cublasSgemm.
  static std::string function_of_torch(const LinkMap& map, ObjectId root) {
    const auto asks_for = [&](bool (*is_wanted)(std::string_view)) {
      return std::any_of(map.scope_of(root).begin(), map.scope_of(root).end(), [&](ObjectId id) {
        const LinkedObject& object = map.object(id);
        return object.path.filename().string().starts_with("libtorch_cuda") &&
               !object.elf.imported_names(is_wanted).empty();
      });
    };
    const bool has_sgemm = asks_for([](std::string_view symbol) { return symbol == "cublasSgemm_v2"; });
    const bool has_gemm_ex = asks_for([](std::string_view symbol) { return symbol == "cublasGemmEx"; });
    return !has_sgemm && has_gemm_ex ? "cublasGemmEx" : "cublasSgemm_v2";
  }

  /// Torch's own file that calls cuBLAS: libtorch_cuda, or a part of it in older ones.
  static ObjectId find_asker(const LinkMap& map, ObjectId root) {
    for (const ObjectId id : map.scope_of(root)) {
      const LinkedObject& object = map.object(id);
      if (object.path.filename().string().starts_with("libtorch_cuda") &&
          !object.elf.imported_names(is_entry).empty()) {
        return id;
      }
    }
    return kNobody;
  }

  static ObjectId find_built_in(const LinkMap& map, ObjectId root) {
    for (const ObjectId id : map.scope_of(root)) {
      const LinkedObject& object = map.object(id);
      if (object.path.filename().string().starts_with("libtorch_cuda") && object.elf.exports(kEntry)) return id;
    }
    return kNobody;
  }

  /// What the dynamic linker does not find, torch opens by its path in NVIDIA's wheels before it goes on.
  std::optional<CublasLibrary> preloaded(const LinkMap& map, ObjectId root) {
    for (const MissingLibrary& missing : map.missing()) {
      if (!missing.name.starts_with("libcublas.so.")) continue;
      if (auto found = in_folders(wheel_folders(prefix_), missing.name, "torch")) {
        found->function = function_of_torch(map, root);
        return found;
      }
      notes_.warning({.code = "cublas-not-found",
                      .what = "`torch` needs `" + core::printable(missing.name) + "`, which is nowhere",
                      .where = std::nullopt,
                      .why = {"looked for as the dynamic linker does, and in NVIDIA's wheels"},
                      .hints = {"install the CUDA libraries that this torch was built for"}});
      break;
    }
    return std::nullopt;
  }

  std::optional<CublasLibrary> in_folders(const std::vector<fs::path>& folders, const std::string& wanted,
                                          const std::string& user) const {
    for (const fs::path& folder : folders) {
      const auto cublas = find_versioned(folder, "libcublas", wanted);
      if (!cublas) continue;
      const std::string number = cublas->filename().string().substr(std::string_view("libcublas").size());
      const auto lt = find_versioned(folder, "libcublasLt", "libcublasLt" + number);
      return make(*cublas, lt.value_or(fs::path()), user);
    }
    return std::nullopt;
  }

  std::optional<CublasLibrary> make(const fs::path& cublas, const fs::path& lt, const std::string& user) const {
    std::error_code error;
    CublasLibrary library{.cublas = fs::canonical(cublas, error), .cublaslt = {}, .user = user};
    if (error) return std::nullopt;
    if (!lt.empty()) library.cublaslt = fs::canonical(lt, error);
    library.outside = root_ != root_.root_path() && !library.cublas.string().starts_with(root_.string() + "/");
    return library;
  }

  void note_built_in(const fs::path& file) {
    notes_.note({.code = "cublas-built-in",
                 .what = "`torch` has cuBLAS within; there is no library to look at",
                 .where = std::nullopt,
                 .why = {"`" + core::printable(file.filename().string()) + "` takes it from no other file"},
                 .hints = {}});
  }

  const FindOptions& options_;
  core::Notes& notes_;
  std::vector<CachedLibrary> cache_;
  fs::path root_;    ///< links resolved
  fs::path prefix_;  ///< as it is called
};

}  // namespace

std::vector<std::string> cublas_subjects(const CublasLibrary& library) {
  constexpr std::string_view kStem = "libcublas.so.";
  const std::string name = library.cublas.filename().string();
  int major = 0;
  if (name.starts_with(kStem)) std::from_chars(name.data() + kStem.size(), name.data() + name.size(), major);
  std::vector<std::string> subjects = {"sgemm"};
  if (major > 0 && major < 11) return subjects;
  subjects.emplace_back("sgemm-pedantic");
  if (!library.cublaslt.empty()) subjects.emplace_back("lt");
  return subjects;
}

std::optional<CublasLibrary> find_cublas(const FindOptions& options, core::Notes& notes) {
  return Finder(options, notes).find();
}

}  // namespace envlock::blas
