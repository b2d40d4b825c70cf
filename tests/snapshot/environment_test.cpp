#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "envlock/core/file.h"
#include "envlock/snapshot/snapshot.h"
#include "support/catch.h"
#include "support/golden.h"
#include "support/temporary_folder.h"

using namespace envlock;
namespace fs = std::filesystem;

namespace {

const std::string kPlaceholder = "/opt/placehold_placehold_placehold_placehold_placehold_placehold";
const std::string kSite = "lib/python3.12/site-packages/";

/// A prefix that is written file by file, as an installer would have left it.
class MadePrefix {
 public:
  explicit MadePrefix(const std::string& name = "env") : path(folder.path() / name) { write("conda-meta/history", ""); }

  void write(const std::string& relative, const std::string& bytes) const {
    folder.write(fs::path(path.filename()) / relative, bytes);
  }
  void link(const std::string& relative, const std::string& target) const {
    fs::create_directories((path / relative).parent_path());
    fs::create_symlink(target, path / relative);
  }

  /// conda-meta of a package that owns these files and links as they lie there. `more`: further members.
  void own(const std::string& name, const std::string& version, const std::vector<std::string>& files,
           const std::string& more = "") const {
    std::string paths;
    for (const std::string& file : files) {
      const bool is_link = fs::is_symlink(path / file);
      paths += std::string(paths.empty() ? "" : ", ") + R"({"_path": ")" + file + R"(", "path_type": ")" +
               (is_link ? "softlink" : "hardlink") + "\"" +
               (file == "bin/tool" ? R"(, "file_mode": "text", "prefix_placeholder": ")" + kPlaceholder + "\"" : "") +
               "}";
    }
    write(
        "conda-meta/" + name + "-" + version + "-0.json",
        R"({"name": ")" + name + R"(", "version": ")" + version + R"(", "build": "0", "build_number": 0, )" +
            R"("channel": "https://user:secret@conda.example/t/token/forge/linux-64", "subdir": "linux-64", "fn": ")" +
            name + "-" + version + R"(-0.conda", "depends": ["libc", "alpha >=1"], "md5": ")" +
            core::format(core::md5(name)) + R"(", "sha256": ")" + core::format(core::sha256(name)) +
            R"(", "paths_data": {"paths_version": 1, "paths": [)" + paths + "]}" + more + "}");
  }

  snapshot::Environment capture(snapshot::Roots roots = snapshot::Roots::compute) {
    notes = {};
    core::Progress silent;
    return snapshot::capture_environment(path, roots, silent, notes);
  }
  std::vector<std::string> codes() const {
    std::vector<std::string> all;
    for (const core::Note& note : notes.all()) all.push_back(note.diagnostic.code);
    return all;
  }

  envlock_test::TemporaryFolder folder;
  fs::path path;
  core::Notes notes;
};

using Codes = std::vector<std::string>;

void make_whole(const MadePrefix& prefix) {
  prefix.write("bin/tool", "#!" + prefix.path.string() + "/bin/python\nprint(1)\n");
  prefix.write("share/data", "data");
  prefix.own("alpha", "1.0", {"bin/tool", "share/data"}, R"(, "requested_spec": "alpha >=1")");
  prefix.own("python", "3.12.7", {});
  prefix.write("lib/libopenblasp-r0.3.28.so", "code");
  prefix.link("lib/libopenblas.so.0", "libopenblasp-r0.3.28.so");
  prefix.link("lib/libblas.so.3", "libopenblas.so.0");
  prefix.link("lib/liblapack.so.3", "libopenblas.so.0");
  prefix.own("libopenblas", "0.3.28", {"lib/libopenblasp-r0.3.28.so", "lib/libopenblas.so.0"});
  prefix.own("libblas", "3.9.0", {"lib/libblas.so.3", "lib/liblapack.so.3"});
  prefix.write(kSite + "ours-1.0.dist-info/METADATA", "Name: ours\nVersion: 1.0\n");
  prefix.write(kSite + "ours-1.0.dist-info/INSTALLER", "conda");
  prefix.own("ours", "1.0", {kSite + "ours-1.0.dist-info/METADATA"});
  prefix.write(kSite + "Theirs-2.0.dist-info/METADATA", "Name: Theirs\nVersion: 2.0\n");
  prefix.write(kSite + "Theirs-2.0.dist-info/RECORD",
               "theirs.py,,\nTheirs-2.0.dist-info/METADATA,,\nTheirs-2.0.dist-info/RECORD,,\n"
               "../../../bin/theirs,,\n__pycache__/theirs.cpython-312.pyc,,\n");
  prefix.write(kSite + "theirs.py", "x = 1\n");
  prefix.write("bin/theirs", "#!" + prefix.path.string() + "/bin/python\n");
  prefix.write("conda-meta/state",
               R"({"env_vars": {"OMP_NUM_THREADS": "4", "DATA": "/home/jane/data", "MY_TOKEN": "x"}})");
  prefix.write("conda-meta/envlock.lock", "the lock");
}

const snapshot::SnapshotPackage& package(const snapshot::Environment& environment, const std::string& name) {
  const auto found = std::find_if(environment.packages.begin(), environment.packages.end(),
                                  [&](const auto& each) { return each.name == name; });
  REQUIRE(found != environment.packages.end());
  return *found;
}

const snapshot::FoundLibrary* library(const snapshot::Environment& environment, const std::string& path) {
  const auto found = std::find_if(environment.libraries.begin(), environment.libraries.end(),
                                  [&](const auto& each) { return each.path == path; });
  return found == environment.libraries.end() ? nullptr : &*found;
}

/// "openblas 0.3.28 of libopenblas", of the first role.
std::string told(const snapshot::Environment& environment, const std::string& path) {
  const snapshot::FoundLibrary* found = library(environment, path);
  return found == nullptr ? "not found" : found->name + " " + found->version + " of " + found->package;
}

}  // namespace

TEST_CASE("a prefix is told as it lies there") {
  MadePrefix prefix;
  make_whole(prefix);
  const snapshot::Environment found = prefix.capture();
  const std::string text = snapshot::format({found, std::nullopt});
  CHECK(envlock_test::compare_with_golden("snapshot/environment.json", text) == "");
  CHECK(snapshot::parse(text, "text").environment == found);
  CHECK(prefix.codes() == Codes{});
}

TEST_CASE("the same packages in another place have the same roots, other bytes have not") {
  MadePrefix here;
  MadePrefix there("a-prefix-with-a-much-longer-name");
  make_whole(here);
  make_whole(there);
  const snapshot::Environment first = here.capture();
  CHECK(first == there.capture());
  REQUIRE(first.root.has_value());

  there.write("bin/theirs", "#!/another/python\n");
  there.write(kSite + "Theirs-2.0.dist-info/INSTALLER", "uv");
  CHECK(there.capture().root == first.root);
  there.write(kSite + "theirs.py", "x = 2\n");
  const snapshot::Environment edited = there.capture();
  CHECK(edited.root != first.root);
  CHECK(package(edited, "theirs").root != package(first, "theirs").root);
  CHECK(package(edited, "alpha").root == package(first, "alpha").root);

  here.write("share/data", "DATA");
  CHECK(package(here.capture(), "alpha").root != package(first, "alpha").root);
}

TEST_CASE("without roots nothing is hashed") {
  MadePrefix prefix;
  make_whole(prefix);
  fs::remove(prefix.path / "share/data");
  const snapshot::Environment found = prefix.capture(snapshot::Roots::skip);
  CHECK(!found.root);
  for (const auto& each : found.packages) CHECK(!each.root);
  CHECK(prefix.codes() == Codes{});
}

TEST_CASE("a file that is gone is a warning, and changes the root") {
  MadePrefix prefix;
  make_whole(prefix);
  const auto root = prefix.capture().root;
  fs::remove(prefix.path / "share/data");
  CHECK(prefix.capture().root != root);
  CHECK(prefix.codes() == Codes{"package-files-missing"});
}

TEST_CASE("an editable distribution and one without RECORD have no root, nor has their environment") {
  MadePrefix prefix;
  make_whole(prefix);
  prefix.write(kSite + "mine-0.1.dist-info/METADATA", "Name: mine\nVersion: 0.1\n");
  prefix.write(kSite + "mine-0.1.dist-info/RECORD", "__editable__.mine.pth,,\n");
  prefix.write(kSite + "mine-0.1.dist-info/direct_url.json",
               R"({"url": "file:///home/jane/mine", "dir_info": {"editable": true}})");
  const snapshot::Environment found = prefix.capture();
  CHECK(package(found, "mine").editable);
  CHECK(package(found, "mine").channel == "local");
  CHECK(!package(found, "mine").root);
  CHECK(!found.root);
}

TEST_CASE("no secret, place or address of an origin is kept") {
  const std::pair<const char*, const char*> cases[] = {
      {"https://user:secret@conda.example/forge/linux-64", "https://conda.example/forge"},
      {"https://conda.example/t/secret-token/forge", "https://conda.example/forge"},
      {"file:///home/jane/channel/linux-64", "local"},
      {"/home/jane/channel", "local"},
      {"https://10.1.2.3:8080/forge/linux-64", "https://***:8080/forge"},
      {"https://[fe80::1]/forge/linux-64", "https://***/forge"},
      {"conda-forge", "conda-forge"},
  };
  for (const auto& [channel, want] : cases) {
    CAPTURE(channel);
    MadePrefix prefix;
    prefix.write("conda-meta/x-1-0.json", std::string(R"({"name": "x", "version": "1", "build": "0", "build_number": 0,
                 "subdir": "linux-64", "fn": "x-1-0.conda", "channel": ")") +
                                              channel + "\"}");
    CHECK(package(prefix.capture(), "x").channel == want);
  }
}

TEST_CASE("a broken conda-meta file and a broken state are warnings") {
  MadePrefix prefix;
  make_whole(prefix);
  prefix.write("conda-meta/broken-1-0.json", "{");
  prefix.write("conda-meta/state", "[]");
  const snapshot::Environment found = prefix.capture();
  CHECK(found.packages.size() == 6);
  CHECK(found.variables.empty());
  CHECK(prefix.codes() == Codes{"conda-meta-invalid", "conda-meta-invalid"});
}

TEST_CASE("a folder that is no environment is refused") {
  const envlock_test::TemporaryFolder folder;
  core::Notes notes;
  core::Progress silent;
  CHECK_THROWS_AS(snapshot::capture_environment(folder.path(), snapshot::Roots::skip, silent, notes), core::Error);
}

TEST_CASE("what a BLAS really is stands behind the links, in names and in texts") {
  MadePrefix prefix;
  prefix.write("lib/libmkl_rt.so.2",
               "\x7f"
               "ELF");
  prefix.link("lib/libblas.so.3", "libmkl_rt.so.2");
  prefix.own("mkl", "2024.2.2", {"lib/libmkl_rt.so.2"});
  CHECK(told(prefix.capture(), "lib/libmkl_rt.so.2") == "mkl 2024.2.2 of mkl");

  MadePrefix netlib;
  netlib.write("lib/libblas.so.3.9.0", "code");
  netlib.link("lib/libblas.so.3", "libblas.so.3.9.0");
  CHECK(told(netlib.capture(), "lib/libblas.so.3.9.0") == "netlib 3.9.0 of ");
  CHECK(library(netlib.capture(), "lib/libblas.so.3.9.0")->provides ==
        std::vector<std::string>{"libblas.so.3", "libblas.so.3.9.0"});
  netlib.write("lib/libblas.so.3.9.0", std::string("see OpenBLAS x\0OpenBLAS 0.3.21 DYNAMIC_ARCH", 43));
  CHECK(told(netlib.capture(), "lib/libblas.so.3.9.0") == "openblas 0.3.21 of ");
}

TEST_CASE("libraries that came in wheels are found, and their versions where they are told") {
  MadePrefix prefix;
  prefix.own("python", "3.12.7", {});
  // Over the end of a block of what is read at once.
  std::string bytes((1 << 20) - 12, 'x');
  prefix.write(kSite + "numpy.libs/libscipy_openblas64_-ff651d7f.so",
               bytes + "OpenBLAS 0.3.27.dev NO_AFFINITY" + bytes);
  prefix.write(kSite + "old.libs/libopenblas64_p-r0-0cf96a72.3.23.dev.so", "code");
  prefix.write(kSite + "torch/lib/libgomp-a34b3233.so.1", "GCC: (GNU) 9.3.1 20200408\0");
  prefix.write(kSite + "torch/lib/libtorch_cuda.so", "code");
  prefix.write(kSite + "torch/lib/libcudart-d0da41ae.so.11.0", "code");
  prefix.write(kSite + "torch/lib/libnvrtc-b51b459d.so.12", "code");
  prefix.write(kSite + "nvidia/cublas/lib/libcublas.so.12", "code");
  prefix.write(kSite + "nvidia/cudnn/lib/libcudnn.so.9", "code");
  prefix.write(kSite + "nvidia/nccl/lib/libnccl.so.2", "NCCL version 2.21.5+cuda12.4");
  prefix.write(kSite + "torch-2.6.0.dist-info/METADATA", "Name: torch\nVersion: 2.6.0\n");
  prefix.write(
      kSite + "torch-2.6.0.dist-info/RECORD",
      "torch/lib/libtorch_cuda.so,,\ntorch/lib/libcudart-d0da41ae.so.11.0,,\ntorch/lib/libnvrtc-b51b459d.so.12,,\n");
  prefix.write(kSite + "nvidia_cublas_cu12-12.4.5.8.dist-info/METADATA",
               "Name: nvidia-cublas-cu12\nVersion: 12.4.5.8\n");
  prefix.write(kSite + "nvidia_cublas_cu12-12.4.5.8.dist-info/RECORD", "nvidia/cublas/lib/libcublas.so.12,,\n");
  const snapshot::Environment found = prefix.capture();
  CHECK(told(found, kSite + "numpy.libs/libscipy_openblas64_-ff651d7f.so") == "openblas 0.3.27.dev of ");
  CHECK(told(found, kSite + "old.libs/libopenblas64_p-r0-0cf96a72.3.23.dev.so") == "openblas 0.3.23.dev of ");
  CHECK(told(found, kSite + "torch/lib/libgomp-a34b3233.so.1") == "gomp 9.3.1 of ");
  CHECK(told(found, kSite + "torch/lib/libtorch_cuda.so") == "torch_cuda 2.6.0 of torch");
  // What torch's version is says nothing of the library that it brings along.
  CHECK(told(found, kSite + "torch/lib/libcudart-d0da41ae.so.11.0") == "cudart 11.0 of torch");
  CHECK(told(found, kSite + "torch/lib/libnvrtc-b51b459d.so.12") == "nvrtc 12 of torch");
  CHECK(told(found, kSite + "nvidia/cublas/lib/libcublas.so.12") == "cublas 12.4.5.8 of nvidia-cublas-cu12");
  CHECK(told(found, kSite + "nvidia/cudnn/lib/libcudnn.so.9") == "cudnn 9 of ");
  CHECK(told(found, kSite + "nvidia/nccl/lib/libnccl.so.2") == "nccl 2.21.5+cuda12.4 of ");
}

TEST_CASE("names of libraries are known in all their spellings, and nothing else is") {
  MadePrefix prefix;
  const std::pair<const char*, const char*> known[] = {
      {"libcublasLt.so.12.6.4.1", "cublasLt 12.6.4.1 of "},
      {"libcudnn.so.8.9.7", "cudnn 8.9.7 of "},
      {"libcudart.12.dylib", "cudart 12 of "},
      {"libopenblasp-r0.3.28.dylib", "openblas 0.3.28 of "},
      {"libopenblas.so", "openblas  of "},
      {"libblis.so.4", "blis  of "},
      {"libdnnl.so.3.5", "onednn 3.5 of "},
      {"libiomp5.so", "iomp5  of "},
  };
  for (const auto& [name, want] : known) prefix.write(std::string("lib/") + name, "code");
  for (const char* other : {"libcublas.a", "libcublas.so.txt", "libcublasish.so.1", "cublas.so", "libsomething.so.1",
                            "libgomp.so.spec", "lib.so", "libcudnn_ops.so.9", "libc.so.6"}) {
    prefix.write(std::string("lib/") + other, "code");
  }
  const snapshot::Environment found = prefix.capture();
  for (const auto& [name, want] : known) CHECK(told(found, std::string("lib/") + name) == want);
  CHECK(found.libraries.size() == std::size(known));
}

TEST_CASE("a link that leaves the prefix is told by its own path, and what it leads to is not read") {
  MadePrefix prefix;
  prefix.folder.write("outside/libopenblas.so.0", "OpenBLAS 0.3.9 ");
  prefix.folder.write("outside/libcudnn.so.9.1.0", "code");
  prefix.link("lib/libblas.so.3", "../../outside/libopenblas.so.0");
  prefix.link("lib/libcudnn.so.9", (prefix.folder.path() / "outside/libcudnn.so.9.1.0").string());
  prefix.link("lib/libnccl.so.2", "libnccl.so.2");
  prefix.link("lib/libcufft.so.11", "gone");
  const snapshot::Environment found = prefix.capture();
  CHECK(told(found, "lib/libblas.so.3") == "openblas  of ");
  CHECK(told(found, "lib/libcudnn.so.9") == "cudnn 9.1.0 of ");
  CHECK(found.libraries.size() == 2);
}

TEST_CASE("pipes and folders in place of libraries hold nobody up") {
  MadePrefix prefix;
  fs::create_directories(prefix.path / "lib/libcudnn.so.9");
  REQUIRE(mkfifo((prefix.path / "lib/libnccl.so.2").c_str(), 0600) == 0);
  REQUIRE(mkfifo((prefix.path / "lib/libopenblas.so").c_str(), 0600) == 0);
  CHECK(prefix.capture().libraries.empty());
}
