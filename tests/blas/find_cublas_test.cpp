#include <filesystem>

#include "elf_writer.h"
#include "envlock/blas/cublas.h"
#include "support/catch.h"
#include "support/temporary_folder.h"

using namespace envlock;
using envlock_test::elf;
using envlock_test::SharedObject;
namespace fs = std::filesystem;

namespace {

const std::string kModules = "env/lib/python3.12/site-packages/";
const std::string kTorch = kModules + "torch/";

class World {
 public:
  World() : root_(fs::canonical(folder_.path())) { fs::create_directories(root_ / "env/lib"); }

  void put(const std::string& path, const SharedObject& object) { folder_.write(path, elf(object)); }
  void link(const std::string& path, const std::string& target) {
    fs::create_directories((root_ / path).parent_path());
    fs::create_symlink(target, root_ / path);
  }
  /// A torch for GPUs; libtorch_cuda.so looks for cuBLAS where `rpath` says.
  void put_torch(const std::string& rpath, const std::string& number, const std::string& product = "cublasSgemm_v2") {
    put(kTorch + "_C.cpython-312-x86_64-linux-gnu.so", {.needed = {"libtorch_python.so"}, .rpath = "$ORIGIN/lib"});
    put(kTorch + "lib/libtorch_python.so", {.needed = {"libtorch.so"}, .rpath = "$ORIGIN"});
    put(kTorch + "lib/libtorch.so", {.needed = {"libtorch_cpu.so", "libtorch_cuda.so"}, .rpath = "$ORIGIN"});
    put(kTorch + "lib/libtorch_cpu.so", {});
    put(kTorch + "lib/libtorch_cuda.so", {.needed = {"libcublas.so." + number, "libcublasLt.so." + number},
                                          .rpath = rpath,
                                          .imports = {"cublasCreate_v2", product, "cublasGemmEx", "cublasLtMatmul"}});
  }
  void put_cublas(const std::string& folder, const std::string& number) {
    put(folder + "libcublas.so." + number, {.needed = {"libcublasLt.so." + number},
                                            .soname = "libcublas.so." + number,
                                            .runpath = "$ORIGIN",
                                            .imports = {"cublasLtMatmul"},
                                            .exports = {"cublasSgemm_v2", "cublasCreate_v2"}});
    put(folder + "libcublasLt.so." + number, {.soname = "libcublasLt.so." + number, .exports = {"cublasLtMatmul"}});
  }
  std::string at(const std::string& path) const { return (root_ / path).string(); }

  std::optional<blas::CublasLibrary> find() {
    notes = core::Notes();
    return blas::find_cublas({.prefix = root_ / "env",
                              .ld_library_path = ld_library_path,
                              .ld_preload = {},
                              .loader_cache = {},
                              .system_folders = {root_ / "system/lib"}},
                             notes);
  }
  std::vector<std::string> codes() const {
    std::vector<std::string> all;
    for (const core::Note& note : notes.all()) all.push_back(note.diagnostic.code);
    return all;
  }

  std::string ld_library_path;
  core::Notes notes;

 private:
  envlock_test::TemporaryFolder folder_;
  fs::path root_;
};

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("of conda's torch, cuBLAS is found in lib, links resolved") {
  World world;
  world.put_torch("$ORIGIN:$ORIGIN/../../../..", "12");
  world.put_cublas("env/targets/x86_64-linux/lib/", "12");
  fs::rename(world.at("env/targets/x86_64-linux/lib/libcublas.so.12"),
             world.at("env/targets/x86_64-linux/lib/libcublas.so.12.6.4.1"));
  world.link("env/lib/libcublas.so.12", "../targets/x86_64-linux/lib/libcublas.so.12.6.4.1");
  world.link("env/lib/libcublasLt.so.12", "../targets/x86_64-linux/lib/libcublasLt.so.12");
  const auto found = world.find();
  REQUIRE(found);
  CHECK(found->cublas == world.at("env/targets/x86_64-linux/lib/libcublas.so.12.6.4.1"));
  CHECK(found->cublaslt == world.at("env/targets/x86_64-linux/lib/libcublasLt.so.12"));
  CHECK(found->user == "torch");
  CHECK(found->function == "cublasSgemm_v2");
  CHECK(!found->outside);
  CHECK(world.codes().empty());
  CHECK(blas::cublas_subjects(*found) == Texts{"sgemm", "sgemm-pedantic", "lt"});
}

TEST_CASE("of wheels, cuBLAS is found beside torch, also where only torch's python leads there") {
  for (const char* folder : {"nvidia/cublas/lib/", "nvidia/cu13/lib/"}) {
    for (const bool linked : {true, false}) {
      World world;
      world.put_torch(linked ? "$ORIGIN/../../" + std::string(folder) : "$ORIGIN", "13", "cublasGemmStridedBatchedEx");
      world.put_cublas(kModules + folder, "13");
      world.put_cublas("env/lib/", "12");  // what somebody else brought
      const auto found = world.find();
      REQUIRE(found);
      CHECK(found->cublas == world.at(kModules + folder + "libcublas.so.13"));
      CHECK(found->cublaslt == world.at(kModules + folder + "libcublasLt.so.13"));
      CHECK(found->function == "cublasGemmEx");
      CHECK(world.codes().empty());
    }
  }
}

TEST_CASE("a cuBLAS that LD_LIBRARY_PATH leads to lies outside; one that is nowhere is told") {
  World world;
  world.put_torch("", "12");
  CHECK(!world.find());
  CHECK(world.codes() == Texts{"cublas-not-found"});
  world.put_cublas("toolkit/", "12");
  world.ld_library_path = world.at("toolkit");
  const auto found = world.find();
  REQUIRE(found);
  CHECK(found->outside);
  CHECK(found->cublas == world.at("toolkit/libcublas.so.12"));
}

TEST_CASE("a torch with cuBLAS within has no library") {
  World world;
  world.put_torch("", "12");
  world.put(kTorch + "lib/libtorch_cuda.so", {.exports = {"cublasCreate_v2"}});
  CHECK(!world.find());
  CHECK(world.codes() == Texts{"cublas-built-in"});
}

TEST_CASE(
    "without a torch for GPUs the cuBLAS that lies in the prefix is taken; before cuBLAS 11 one way to multiply") {
  World world;
  CHECK(!world.find());
  world.put_cublas("env/lib/", "10");
  const auto found = world.find();
  REQUIRE(found);
  CHECK(found->cublas == world.at("env/lib/libcublas.so.10"));
  CHECK(found->user.empty());
  CHECK(blas::cublas_subjects(*found) == Texts{"sgemm"});
  CHECK(world.codes().empty());
}

TEST_CASE("bytes of a workspace are those of all its buffers") {
  CHECK(blas::workspace_bytes(":4096:8") == std::size_t{32} << 20);
  CHECK(blas::workspace_bytes(":16:8") == 128 << 10);
  CHECK(blas::workspace_bytes(":4096:2:16:8") == (8 << 20) + (128 << 10));
  for (const char* text : {"", ":", ":0:0", "much", ":4096", ":4096:x"}) CHECK(blas::workspace_bytes(text) == 0);
  CHECK(blas::workspace_bytes(":99999999:99999999") <= std::size_t{1} << 32);
}
