#include "../../lib/blas/src/link_map.h"

#include <link.h>

#include <cstdlib>

#include "elf_writer.h"
#include "support/catch.h"
#include "support/temporary_folder.h"

using namespace envlock::blas;
using envlock_test::elf;
using envlock_test::SharedObject;
namespace fs = std::filesystem;

namespace {

/// Files in a folder, and where a module in it finds the library liba.so that it, or what it needs, asks for.
class Folder {
 public:
  Folder() : root_(fs::canonical(folder_.path())) { options.system_folders = {root_ / "system"}; }

  void put(const std::string& path, const SharedObject& object) { folder_.write(path, elf(object)); }
  std::string at(const std::string& path) const { return (root_ / path).string(); }

  /// The place of what exports "answer", from the folder; "" when there is none.
  std::string answer(const std::string& module = "module.so") const {
    LinkMap map(options, cache, program.empty() ? fs::path() : root_ / program);
    const ObjectId root = map.open(root_ / module);
    REQUIRE(root != kNobody);
    const ObjectId found = map.look_up("answer", root, root);
    return found == kNobody ? "" : map.object(found).path.lexically_normal().lexically_relative(root_).string();
  }

  FindOptions options;
  std::vector<CachedLibrary> cache;
  std::string program;

 private:
  envlock_test::TemporaryFolder folder_;
  fs::path root_;
};

/// The files of this process, in the order in which the dynamic linker loaded them, without itself.
std::vector<fs::path> loaded_files() {
  std::vector<fs::path> files;
  const auto add = [](dl_phdr_info* info, std::size_t, void* into) {
    std::error_code error;
    const fs::path real = fs::canonical(info->dlpi_name, error);
    if (!error) static_cast<std::vector<fs::path>*>(into)->push_back(real);
    return 0;
  };
  dl_iterate_phdr(add, &files);
  return files;
}

bool is_linker(const fs::path& path) {
  return path.filename().string().starts_with("ld-linux");
}

const SharedObject kAnswer = {.exports = {"answer"}};

}  // namespace

TEST_CASE("RPATH counts for what is needed further down, RUNPATH for an object's own needs only") {
  Folder folder;
  folder.put("one/libb.so", {.needed = {"liba.so"}});
  folder.put("two/liba.so", kAnswer);
  const std::string both = "$ORIGIN/one:$ORIGIN/two";
  folder.put("module.so", {.needed = {"libb.so"}, .rpath = both});
  CHECK(folder.answer() == "two/liba.so");
  folder.put("module.so", {.needed = {"libb.so"}, .runpath = both});
  CHECK(folder.answer().empty());
  SECTION("an object with a RUNPATH asks nobody's RPATH") {
    folder.put("module.so", {.needed = {"libb.so"}, .rpath = both});
    folder.put("one/libb.so", {.needed = {"liba.so"}, .runpath = "/nowhere"});
    CHECK(folder.answer().empty());
  }
  SECTION("of an object with both the RPATH does not count") {
    folder.put("module.so", {.needed = {"liba.so"}, .rpath = both, .runpath = "/nowhere"});
    CHECK(folder.answer().empty());
    folder.put("module.so", {.needed = {"libb.so"}, .rpath = both, .runpath = "$ORIGIN/one"});
    CHECK(folder.answer().empty());
  }
  SECTION("the program's RPATH counts for all, its RUNPATH for nothing that it does not need itself") {
    folder.put("module.so", {.needed = {"liba.so"}});
    folder.program = "bin/python3";
    folder.put("bin/python3", {.rpath = "$ORIGIN/../two"});
    CHECK(folder.answer() == "two/liba.so");
    folder.put("bin/python3", {.runpath = "$ORIGIN/../two"});
    CHECK(folder.answer().empty());
  }
}

TEST_CASE("after the paths come the linker's index, then the system's folders") {
  Folder folder;
  folder.put("module.so", {.needed = {"liba.so"}});
  folder.put("system/liba.so", kAnswer);
  CHECK(folder.answer() == "system/liba.so");
  folder.put("opt/liba.so", kAnswer);
  folder.cache = {{"liba.so", folder.at("opt/liba.so"), ""}};
  CHECK(folder.answer() == "opt/liba.so");
  folder.put("mine/liba.so", kAnswer);
  folder.options.ld_library_path = folder.at("mine");
  CHECK(folder.answer() == "mine/liba.so");
}

TEST_CASE("an object that is loaded is not looked for again, under any of its names") {
  Folder folder;
  folder.put("module.so", {.needed = {"libb.so", "liba.so"}, .rpath = "$ORIGIN/one:$ORIGIN/two"});
  folder.put("two/liba.so", kAnswer);
  folder.put("one/libb.so", {.soname = "liba.so"});
  CHECK(folder.answer().empty());
  folder.put("one/libb.so", {.soname = "libb.so"});
  CHECK(folder.answer() == "two/liba.so");
  SECTION("a name with a slash is that file") {
    folder.put("module.so", {.needed = {"$ORIGIN/two/liba.so"}});
    CHECK(folder.answer() == "two/liba.so");
  }
}

TEST_CASE("the origin of an object is where it was found, not where a link leads") {
  Folder folder;
  folder.put("real/libb.so", {.needed = {"liba.so"}, .runpath = "$ORIGIN"});
  folder.put("real/liba.so", kAnswer);
  folder.put("linked/liba.so", kAnswer);
  fs::create_symlink("../real/libb.so", folder.at("linked/libb.so"));
  folder.put("module.so", {.needed = {"libb.so"}, .runpath = "$ORIGIN/linked"});
  CHECK(folder.answer() == "linked/liba.so");
}

TEST_CASE("a folder for this machine's processors comes first") {
  Folder folder;
  folder.put("module.so", {.needed = {"liba.so"}, .rpath = "$ORIGIN/lib"});
  folder.put("lib/liba.so", kAnswer);
  folder.put("lib/glibc-hwcaps/x86-64-v99/liba.so", kAnswer);
  CHECK(folder.answer() == "lib/liba.so");
  if (machine_levels().empty()) return;
  folder.put("lib/glibc-hwcaps/" + machine_levels().back() + "/liba.so", kAnswer);
  CHECK(folder.answer() == "lib/glibc-hwcaps/" + machine_levels().back() + "/liba.so");
}

TEST_CASE("libraries that need each other in a circle, and far too many of them, come to an end") {
  Folder folder;
  folder.put("module.so", {.needed = {"liba.so"}, .rpath = "$ORIGIN"});
  folder.put("liba.so", {.needed = {"libb.so", "liba.so"}});
  folder.put("libb.so", {.needed = {"liba.so"}, .exports = {"answer"}});
  CHECK(folder.answer() == "libb.so");

  SharedObject greedy{.rpath = "/a"};
  for (int folder_number = 0; folder_number < 600; ++folder_number) greedy.rpath += ":" + folder.at("");
  for (int name = 0; name < 512; ++name) greedy.needed.push_back("lib" + std::to_string(name) + ".so");
  folder.put("greedy.so", greedy);
  LinkMap map(folder.options, folder.cache, {});
  map.open(folder.at("greedy.so"));
  CHECK(map.is_exhausted());
}

TEST_CASE("of this very process, what is found is what the dynamic linker loaded, in its order") {
  const auto variable = [](const char* name) {
    const char* value = std::getenv(name);
    return std::string(value == nullptr ? "" : value);
  };
  const FindOptions options{.ld_library_path = variable("LD_LIBRARY_PATH"), .ld_preload = variable("LD_PRELOAD")};
  std::error_code error;
  const auto cache = fs::exists(options.loader_cache, error)
                         ? parse_loader_cache(envlock::core::read_file(options.loader_cache))
                         : std::vector<CachedLibrary>();
  const LinkMap map(options, cache, "/proc/self/exe");
  std::vector<fs::path> found;
  // The program itself has no name in the linker's list.
  for (ObjectId id = 1; id < map.size(); ++id) found.push_back(fs::canonical(map.object(id).path));
  std::vector<fs::path> loaded = loaded_files();
  std::erase_if(found, is_linker);
  std::erase_if(loaded, is_linker);
  CHECK(found.size() > 3);
  // What was opened later, by whomever, comes behind.
  if (loaded.size() > found.size()) loaded.resize(found.size());
  CHECK(found == loaded);
}
