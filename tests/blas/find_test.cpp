#include "envlock/blas/find.h"

#include <filesystem>
#include <fstream>

#include "elf_writer.h"
#include "support/catch.h"
#include "support/temporary_folder.h"

using namespace envlock;
using envlock_test::elf;
using envlock_test::SharedObject;
namespace fs = std::filesystem;

namespace {

const std::string kModules = "env/lib/python3.12/site-packages/";
const std::string kNumpy = kModules + "numpy/_core/_multiarray_umath.cpython-312-x86_64-linux-gnu.so";
const std::string kTorch = kModules + "torch/";
const std::string kScipy = kModules + "scipy/linalg/";

/// A prefix and a system around it, and what is found there.
class World {
 public:
  World() : root_(fs::canonical(folder_.path())) { fs::create_directories(root_ / "env/lib"); }

  void put(const std::string& path, const SharedObject& object) { folder_.write(path, elf(object)); }
  void put_text(const std::string& path, const std::string& text) { folder_.write(path, text); }
  void link(const std::string& path, const std::string& target) {
    fs::create_directories((root_ / path).parent_path());
    fs::create_symlink(target, root_ / path);
  }
  std::string at(const std::string& path) const { return (root_ / path).string(); }

  std::vector<blas::Library> find() {
    notes = core::Notes();
    return blas::find_libraries({.prefix = root_ / "env",
                                 .ld_library_path = ld_library_path,
                                 .ld_preload = ld_preload,
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
  std::string ld_preload;
  core::Notes notes;

 private:
  envlock_test::TemporaryFolder folder_;
  fs::path root_;
};

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("of an environment as conda lays it out, the file behind numpy's libcblas.so.3 is found once") {
  World world;
  world.put("env/bin/python3.12", {.rpath = "$ORIGIN/../lib"});
  world.link("env/bin/python3", "python3.12");
  world.put(kNumpy, {.needed = {"libcblas.so.3", "libm.so.6"}, .imports = {"cblas_sgemm", "malloc"}});
  world.put(kScipy + "_fblas.cpython-312-x86_64-linux-gnu.so", {.needed = {"libblas.so.3"}, .imports = {"sgemm_"}});
  world.put(kModules + "sklearn/utils/_cython_blas.cpython-312-x86_64-linux-gnu.so", {});
  world.put("env/lib/libopenblasp-r0.3.29.so",
            {.soname = "libopenblas.so.0", .exports = {"sgemm_", "cblas_sgemm", "sgemm_kernel_HASWELL"}});
  for (const char* name : {"libopenblas.so.0", "libopenblas.so", "libcblas.so.3", "libblas.so.3", "libcblas.so"})
    world.link(std::string("env/lib/") + name, "libopenblasp-r0.3.29.so");

  const auto found = world.find();
  REQUIRE(found.size() == 1);
  CHECK(found[0].path == world.at("env/lib/libopenblasp-r0.3.29.so"));
  CHECK(found[0].name == "libcblas.so.3");
  CHECK(found[0].users == Texts{"numpy", "scikit-learn", "scipy"});
  CHECK(found[0].symbol == "cblas_sgemm");
  CHECK(!found[0].ilp64);
  CHECK(!found[0].outside);
  CHECK(found[0].chain == Texts{kNumpy.substr(4), "lib/libcblas.so.3", "lib/libopenblasp-r0.3.29.so"});
  CHECK(world.notes.all().empty());
}

TEST_CASE("of wheels, each user's own library is found under its renamed function") {
  World world;
  world.put(kNumpy, {.needed = {"libscipy_openblas64_-1a.so"},
                     .rpath = "$ORIGIN/../../numpy.libs",
                     .imports = {"scipy_cblas_sgemm64_"}});
  world.put(kModules + "numpy.libs/libscipy_openblas64_-1a.so",
            {.exports = {"scipy_sgemm_64_", "scipy_cblas_sgemm64_", "cblas_sgemm_batch_strided"}});
  world.put(
      kScipy + "_fblas.cpython-312-x86_64-linux-gnu.so",
      {.needed = {"libscipy_openblas-2b.so"}, .rpath = "${ORIGIN}/../../scipy.libs", .imports = {"scipy_sgemm_"}});
  world.put(kModules + "scipy.libs/libscipy_openblas-2b.so", {.exports = {"scipy_sgemm_", "scipy_cblas_sgemm"}});
  world.put(kModules + "scipy_openblas32/lib/libscipy_openblas.so", {.exports = {"scipy_sgemm_", "scipy_cblas_sgemm"}});

  const auto found = world.find();
  REQUIRE(found.size() == 3);
  CHECK(found[0].path == world.at(kModules + "numpy.libs/libscipy_openblas64_-1a.so"));
  CHECK(found[0].symbol == "scipy_cblas_sgemm64_");
  CHECK(found[0].ilp64);
  CHECK(found[0].users == Texts{"numpy"});
  CHECK(found[1].path == world.at(kModules + "scipy.libs/libscipy_openblas-2b.so"));
  CHECK(found[1].symbol == "scipy_cblas_sgemm");
  CHECK(!found[1].ilp64);
  CHECK(found[2].path == world.at(kModules + "scipy_openblas32/lib/libscipy_openblas.so"));
  CHECK(found[2].users.empty());
}

TEST_CASE("a library path or a preload that leads out of the prefix is told from what lies within") {
  World world;
  world.put("env/bin/python3", {});
  world.put(kNumpy, {.needed = {"libcblas.so.3"}, .runpath = "$ORIGIN/../../../..", .imports = {"cblas_sgemm"}});
  world.put("env/lib/libcblas.so.3", {.exports = {"cblas_sgemm"}});
  world.put("other/libcblas.so.3", {.exports = {"cblas_sgemm"}});

  CHECK(world.find()[0].path == world.at("env/lib/libcblas.so.3"));
  SECTION("LD_LIBRARY_PATH comes before RUNPATH") {
    world.ld_library_path = world.at("nowhere") + ":" + world.at("other");
    const auto found = world.find();
    REQUIRE(found.size() == 2);
    CHECK(found[0].path == world.at("other/libcblas.so.3"));
    CHECK(found[0].outside);
    CHECK(found[0].users == Texts{"numpy"});
    CHECK(found[0].chain == Texts{kNumpy.substr(4), world.at("other/libcblas.so.3")});
    CHECK(found[1].path == world.at("env/lib/libcblas.so.3"));
    CHECK(found[1].users.empty());
  }
  SECTION("but after RPATH") {
    world.put(kNumpy, {.needed = {"libcblas.so.3"}, .rpath = "$ORIGIN/../../../..", .imports = {"cblas_sgemm"}});
    world.ld_library_path = world.at("other");
    CHECK(world.find()[0].path == world.at("env/lib/libcblas.so.3"));
  }
  SECTION("what is preloaded comes before all") {
    world.ld_preload = world.at("other/libcblas.so.3");
    const auto found = world.find();
    CHECK(found[0].path == world.at("other/libcblas.so.3"));
    CHECK(found[0].outside);
    CHECK(found[0].chain == Texts{kNumpy.substr(4), world.at("other/libcblas.so.3")});
  }
  SECTION("a link in the prefix that leads out of it is outside") {
    fs::remove(world.at("env/lib/libcblas.so.3"));
    world.link("env/lib/libcblas.so.3", "../../other/libcblas.so.3");
    const auto found = world.find();
    CHECK(found[0].outside);
    CHECK(found[0].chain == Texts{kNumpy.substr(4), "lib/libcblas.so.3", world.at("other/libcblas.so.3")});
  }
}

TEST_CASE("the first object in breadth-first order that has the function is the one that counts") {
  World world;
  world.put(kNumpy,
            {.needed = {"libcblas.so.3", "liblapack.so.3"}, .rpath = world.at("env/lib"), .imports = {"cblas_sgemm"}});
  world.put("env/lib/libcblas.so.3", {.needed = {"libopenblas.so.0"}, .runpath = "$ORIGIN"});
  world.put("env/lib/liblapack.so.3", {.exports = {"cblas_sgemm"}});
  world.put("env/lib/libopenblas.so.0", {.exports = {"cblas_sgemm"}});
  SECTION("a neighbour before a grandchild") {
    const auto found = world.find();
    CHECK(found[0].path == world.at("env/lib/liblapack.so.3"));
    CHECK(found[0].chain == Texts{kNumpy.substr(4), "lib/liblapack.so.3"});
  }
  SECTION("a wrapper is passed, and the chain shows the way") {
    world.put("env/lib/liblapack.so.3", {});
    const auto found = world.find();
    REQUIRE(found.size() == 1);
    CHECK(found[0].name == "libopenblas.so.0");
    CHECK(found[0].chain == Texts{kNumpy.substr(4), "lib/libcblas.so.3", "lib/libopenblas.so.0"});
  }
}

TEST_CASE("torch's library is looked for as python does it, and one that is linked in is told") {
  World world;
  world.put(kTorch + "_C.cpython-312-x86_64-linux-gnu.so", {.needed = {"libtorch_python.so"}, .rpath = "$ORIGIN/lib"});
  world.put(kTorch + "_C_flatbuffer.cpython-312-x86_64-linux-gnu.so", {});
  world.put(kTorch + "lib/libtorch_python.so", {.needed = {"libtorch_cpu.so"}, .rpath = "$ORIGIN"});
  world.put(kTorch + "lib/libtorch_global_deps.so",
            {.needed = {"libgomp.so.1"}, .rpath = "$ORIGIN:$ORIGIN/../../../.."});
  world.put("env/lib/libblas.so.3", {.exports = {"sgemm_"}});
  SECTION("linked in") {
    world.put(kTorch + "lib/libtorch_cpu.so", {.exports = {"sgemm_", "cblas_sgemm", "mkl_blas_sgemm"}});
    CHECK(world.find().size() == 1);
    CHECK(world.codes() == Texts{"blas-built-in"});
    world.ld_preload = world.at("env/lib/libblas.so.3");
    CHECK(world.find()[0].users.empty());  // that one has no cblas_sgemm
  }
  SECTION("linked in, but what is preloaded comes before") {
    world.put(kTorch + "lib/libtorch_cpu.so", {.exports = {"sgemm_"}});
    world.ld_preload = world.at("env/lib/libblas.so.3");
    CHECK(world.find()[0].users == Texts{"torch"});
    CHECK(world.codes().empty());
    world.put(kTorch + "lib/libtorch_cpu.so", {.exports = {"sgemm_"}, .symbolic = true});
    CHECK(world.find()[0].users.empty());
    CHECK(world.codes() == Texts{"blas-built-in"});
  }
  SECTION("not linked in") {
    world.put(kTorch + "lib/libtorch_cpu.so",
              {.needed = {"libblas.so.3"}, .rpath = "$ORIGIN/../../../..", .imports = {"sgemm_"}});
    const auto found = world.find();
    REQUIRE(found.size() == 1);
    CHECK(found[0].symbol == "sgemm_");
    CHECK(found[0].users == Texts{"torch"});
    CHECK(found[0].chain == Texts{(kTorch + "lib/libtorch_cpu.so").substr(4), "lib/libblas.so.3"});
    // Without its module; the other one that begins like it is another's.
    fs::remove(world.at(kTorch + "_C.cpython-312-x86_64-linux-gnu.so"));
    CHECK(world.find() == found);
  }
  SECTION("what torch opens for the whole process comes first") {
    world.put(kTorch + "lib/libtorch_cpu.so",
              {.needed = {"libblas.so.3"}, .rpath = "$ORIGIN/../../../..", .imports = {"sgemm_"}});
    world.put("env/lib/libgomp.so.1", {.exports = {"sgemm_"}});
    CHECK(world.find()[0].name == "libgomp.so.1");
  }
}

TEST_CASE("files that cannot be loaded are told where they stand in the way") {
  World world;
  world.put(kNumpy, {.needed = {"libcblas.so.3"},
                     .rpath = world.at("first") + ":" + world.at("env/lib"),
                     .imports = {"cblas_sgemm"}});
  world.put("env/lib/libcblas.so.3", {.exports = {"cblas_sgemm"}});
  SECTION("of another machine: the linker goes on") {
    world.put("first/libcblas.so.3", {.exports = {"cblas_sgemm"}, .other_machine = true});
    CHECK(world.find()[0].path == world.at("env/lib/libcblas.so.3"));
    CHECK(world.codes() == Texts{"blas-file-unusable"});
  }
  SECTION("no ELF file: the linker gives up") {
    world.put_text("first/libcblas.so.3", "INPUT(libopenblas.so)\n");
    CHECK(world.find()[0].users.empty());
    CHECK(world.codes() == Texts{"blas-file-unusable", "blas-not-found"});
  }
  SECTION("nowhere at all") {
    fs::remove(world.at("env/lib/libcblas.so.3"));
    CHECK(world.find().empty());
    REQUIRE(world.codes() == Texts{"blas-not-found"});
    CHECK(world.notes.all()[0].diagnostic.why.size() == 1);
  }
}

TEST_CASE("a library that chooses another at run time is noted as one") {
  World world;
  world.put("env/lib/libmkl_rt.so.2",
            {.exports = {"cblas_sgemm", "cblas_sgemm_64", "sgemm", "sgemm_", "mkl_blas__sgemm"}});
  world.link("env/lib/libcblas.so.3", "libmkl_rt.so.2");
  world.link("env/lib/libblas.so.3", "libmkl_rt.so.2");
  const auto found = world.find();
  REQUIRE(found.size() == 1);
  CHECK(found[0].name == "libcblas.so.3");
  CHECK(found[0].symbol == "cblas_sgemm");
  CHECK(found[0].chain == Texts{"lib/libcblas.so.3", "lib/libmkl_rt.so.2"});
  CHECK(world.codes() == Texts{"blas-loads-parts"});
}

TEST_CASE("the prefix may be named through a link, and its python chooses among builds of a module") {
  World world;
  world.put("env/bin/python3.11", {});
  world.link("env/bin/python3", "python3.11");
  const std::string modules = "env/usr/lib/python3/dist-packages/numpy/core/_multiarray_umath.";
  world.put(modules + "cpython-310-x86_64-linux-gnu.so", {.needed = {"libblas64.so.3"}, .imports = {"cblas_sgemm"}});
  world.put(
      modules + "cpython-311-x86_64-linux-gnu.so",
      {.needed = {"libblas64.so.3"}, .runpath = "$ORIGIN/../../../../x86_64-linux-gnu", .imports = {"cblas_sgemm"}});
  world.put("env/usr/lib/x86_64-linux-gnu/libblas64.so.3", {.soname = "libblas64.so.3", .exports = {"cblas_sgemm"}});
  fs::rename(world.at("env"), world.at("real"));
  world.link("env", "real");
  const auto found = world.find();
  REQUIRE(found.size() == 1);
  CHECK(found[0].users == Texts{"numpy"});
  CHECK(!found[0].outside);
  CHECK(found[0].ilp64);
  CHECK(found[0].path == world.at("real/usr/lib/x86_64-linux-gnu/libblas64.so.3"));
  CHECK(found[0].chain == Texts{"usr/lib/python3/dist-packages/numpy/core/"
                                "_multiarray_umath.cpython-311-x86_64-linux-gnu.so",
                                "usr/lib/x86_64-linux-gnu/libblas64.so.3"});
}

TEST_CASE("frameworks that multiply by their own code are noted, and an empty prefix gives nothing") {
  World world;
  CHECK(world.find().empty());
  CHECK(world.notes.all().empty());
  world.put(kModules + "jaxlib/libjax_common.so", {});
  world.put(kModules + "tensorflow/libtensorflow_cc.so.2", {.exports = {"TF_Version"}});
  CHECK(world.find().empty());
  CHECK(world.codes() == Texts{"blas-built-in", "blas-built-in"});
  fs::remove_all(world.at("env"));
  CHECK(world.find().empty());
}
