#include "envlock/diff/inventory.h"

#include "../../lib/diff/src/item_parts.h"
#include "envlock/core/file.h"
#include "envlock/diff/diff.h"
#include "support/catch.h"

using namespace envlock::diff;
namespace core = envlock::core;
namespace snapshot = envlock::snapshot;

namespace {

const std::string kHex64(64, 'a');
const std::string kChannel = "https://conda.anaconda.org/conda-forge";

Inventory parse(const std::string& text, const std::string& environment = "") {
  core::Notes notes;
  return parse_inventory(text, "x.lock", environment, notes);
}

std::string code_of(const std::string& text, const std::string& environment = "") {
  try {
    parse(text, environment);
  } catch (const core::Error& error) {
    return error.diagnostics().front().code;
  }
  return "read";
}

const Item& item_of(const Inventory& inventory, const std::string& name) {
  for (const Item& item : inventory.platforms.at(0).items) {
    if (item.name == name) return item;
  }
  throw std::runtime_error("no " + name);
}

}  // namespace

TEST_CASE("an explicit list gives its packages, hashes or not, and what pip installs") {
  const Inventory read =
      parse("# platform: linux-64\n@EXPLICIT\n" + kChannel + "/linux-64/a-1.0-h_0.conda\n" + kChannel +
            "/noarch/b-1%212.0-h_0.tar.bz2#" + std::string(32, '0') + "\n" +
            "https://u:p@host/t/tk-1/c/linux-64/d-1-0.conda?x=y#sha256:" + kHex64 + "\n" +
            "# pip Some_Wheel @ https://host/some_wheel-2.0-py3-none-any.whl#sha256=" + kHex64 + "\n");
  CHECK(read.kind == SourceKind::explicit_urls);
  CHECK_FALSE(read.knows_requests);
  CHECK_FALSE(read.knows_depends);
  REQUIRE(read.platforms.size() == 1);
  CHECK(read.platforms[0].subdir == "linux-64");
  CHECK(item_of(read, "a").channel == kChannel);
  CHECK_FALSE(item_of(read, "a").sha256);
  CHECK(item_of(read, "b").version == "1!2.0");
  CHECK(item_of(read, "b").md5);
  CHECK(item_of(read, "d").sha256);
  CHECK(item_of(read, "d").channel == "https://host/c");
  CHECK(item_of(read, "some-wheel").kind == PackageKind::pypi);
  CHECK(item_of(read, "some-wheel").version == "2.0");
}

TEST_CASE("the platform of a list without a comment is that of its packages") {
  CHECK(parse("@EXPLICIT\n" + kChannel + "/osx-64/a-1-0.conda\n").platforms[0].name == "osx-64");
  CHECK(parse("@EXPLICIT\n" + kChannel + "/noarch/a-1-0.conda\n").platforms[0].name.empty());
  // A list that fits any platform meets every one.
  CHECK(compare(parse("@EXPLICIT\n" + kChannel + "/noarch/a-1-0.conda\n"),
                parse("# platform: win-64\n@EXPLICIT\n" + kChannel + "/noarch/a-1-0.conda\n"))
            .empty());
}

TEST_CASE("a conda-lock.yml gives every platform, and entries of several categories once") {
  const std::string entry =
      "- name: a\n  version: '1.0'\n  manager: conda\n  platform: linux-64\n  dependencies:\n    b: '>=1'\n"
      "    c: ''\n  url: " +
      kChannel + "/linux-64/a-1.0-h_0.conda\n  hash:\n    sha256: " + kHex64 + "\n  category: ";
  const Inventory read =
      parse("version: 1\nmetadata:\n  content_hash: {}\n  platforms: [linux-64, osx-64]\npackage:\n" + entry +
            "main\n" + entry +
            "dev\n- name: W_x\n  version: 2.0\n  manager: pip\n  platform: linux-64\n"
            "  dependencies: {}\n  url: https://h/w_x-2.0-py3-none-any.whl\n  hash: {}\n");
  REQUIRE(read.platforms.size() == 2);
  CHECK(read.platforms[1].items.empty());
  REQUIRE(read.platforms[0].items.size() == 2);
  CHECK(item_of(read, "a").categories == std::vector<std::string>{"dev", "main"});
  CHECK(item_of(read, "a").depends == std::vector<std::string>{"b >=1", "c"});
  CHECK(item_of(read, "a").build == "h_0");
  CHECK(item_of(read, "w-x").version == "2.0");
}

TEST_CASE("a pixi.lock gives one environment: names, versions and virtual packages as each version writes them") {
  const std::string v7 =
      "version: 7\nplatforms:\n- name: gpu\n  subdir: linux-64\n  virtual-packages: [\"__cuda=12.8\", \"__unix=0=0\"]\n"
      "environments:\n  default:\n    packages: {}\n  a:\n    packages:\n      gpu:\n      - conda: " +
      kChannel +
      "/linux-64/z-1.3-h_2.conda\n      - conda_source: \"six[12345678] @ .\"\n      - pypi: ./mine\n      - pypi: "
      "git+https://h/r?rev=main#0123456789012345678901234567890123456789\n  b:\n    packages:\n      gpu: []\n"
      "packages:\n- conda: " +
      kChannel + "/linux-64/z-1.3-h_2.conda\n  depends: [libz >=1]\n  sha256: " + kHex64 +
      "\n- conda_source: \"six[12345678] @ .\"\n  version: '1.0'\n- pypi: ./mine\n  name: Mine\n  version: 0.1\n"
      "  editable: true\n- pypi: git+https://h/r?rev=main#0123456789012345678901234567890123456789\n  name: r\n  "
      "version: '1'\n";
  const Inventory read = parse(v7);
  REQUIRE(read.platforms.size() == 1);
  CHECK(read.platforms[0].name == "gpu");
  CHECK(read.platforms[0].subdir == "linux-64");
  CHECK(read.platforms[0].virtual_packages.size() == 2);
  CHECK(item_of(read, "z").depends == std::vector<std::string>{"libz >=1"});
  CHECK(item_of(read, "six").version == "1.0");
  CHECK(item_of(read, "mine").build == "editable");
  CHECK(item_of(read, "r").build == "commit 012345678901");
  CHECK(parse(v7, "default").platforms.empty());
  CHECK(parse(v7, "b").platforms.at(0).items.empty());
  CHECK(code_of(v7, "c") == "lock-environment-unknown");

  const Inventory v5 =
      parse("version: 5\nenvironments:\n  default:\n    packages:\n      linux-64:\n      - conda: " + kChannel +
            "/linux-64/z-1.3-h_2.conda\npackages:\n- kind: conda\n  name: z\n  version: '1.3'\n  build: h_2\n  url: " +
            kChannel + "/linux-64/z-1.3-h_2.conda\n");
  CHECK(item_of(v5, "z").version == "1.3");
}

TEST_CASE("a lock says what was asked for on each platform, and pip beside python is nobody's request") {
  const Inventory read = parse(core::read_file(std::string(ENVLOCK_SOURCE_DIR) + "/fixtures/golden/lock/small.lock"));
  CHECK(read.kind == SourceKind::lock);
  CHECK(read.knows_requests);
  CHECK(read.variables.at("OMP_NUM_THREADS") == "4");
  REQUIRE(read.platforms.size() == 2);
  CHECK(item_of(read, "numpy").requested);
  CHECK(item_of(read, "numpy").requested_specs == std::vector<std::string>{"numpy >=1.26,<3"});
  CHECK_FALSE(item_of(read, "tzdata").requested);
}

TEST_CASE("a snapshot gives its environment, its machine and what was found in it") {
  snapshot::Snapshot taken;
  taken.environment = snapshot::Environment{};
  taken.environment->subdir = "linux-64";
  snapshot::SnapshotPackage package;
  package.name = "numpy";
  package.version = "2.0";
  package.build = "h_0";
  package.channel = "conda-forge";
  package.requested = true;
  taken.environment->packages = {package};
  package = {};
  package.kind = snapshot::SnapshotPackage::Kind::pypi;
  package.name = "Torch_X";
  package.commit = "0123456789012345678901234567890123456789";
  taken.environment->packages.push_back(package);
  taken.machine = snapshot::Machine{};
  const Inventory made = inventory_of(taken, "label", SourceKind::snapshot);
  CHECK(made.knows_requests);
  CHECK(made.knows_libraries);
  CHECK(made.machine);
  CHECK(item_of(made, "numpy").channel == kChannel);
  CHECK(item_of(made, "torch-x").build == "commit 012345678901");
}

TEST_CASE("channels are compared without what does not matter") {
  CHECK(canonical_channel("https://u:p@H.org/t/abc/c/linux-64/", ChannelNames::no) == "https://h.org/c");
  CHECK(canonical_channel("conda-forge", ChannelNames::yes) == kChannel);
  CHECK(canonical_channel("conda-forge/label/dev", ChannelNames::yes) == kChannel + "/label/dev");
  CHECK(canonical_channel("defaults", ChannelNames::yes) == "https://repo.anaconda.com/pkgs/main");
  CHECK(canonical_channel("<unknown>", ChannelNames::yes).empty());
  CHECK(same_channel("../channels/small", "file:///home/me/channels/small"));
  CHECK(same_channel("", "https://h/c"));
  // Snapshots tell no paths.
  CHECK(canonical_channel("local", ChannelNames::yes) == "local");
  CHECK(same_channel("local", "../channels/small"));
  CHECK_FALSE(same_channel("local", "https://h/c"));
  CHECK(same_channel("https://***/c", "https://10.0.0.1:8080/c"));
  CHECK_FALSE(same_channel("https://***/c", "https://10.0.0.1:8080/d"));
  CHECK_FALSE(same_channel("../channels/small", "file:///home/me/channels/notsmall"));
  CHECK_FALSE(same_channel("https://h/c", "https://h/d"));
}

TEST_CASE("what is no lock is refused with its place") {
  CHECK(code_of("hello") == "diff-unknown-format");
  CHECK(code_of("") == "diff-unknown-format");
  CHECK(code_of(std::string("\xff\xfe\xfd\x00", 4)) == "diff-unknown-format");
  CHECK(code_of("{}") == "lock-invalid");
  CHECK(code_of("@EXPLICIT\nnonsense\n") == "lock-invalid");
  CHECK(code_of("@EXPLICIT\nhttps://h/linux-64/a-1-0.conda#xyz\n") == "lock-invalid");
  CHECK(code_of("version: 99\nenvironments: {a: {}}\npackages: []\n") == "lock-invalid");
  CHECK(code_of("version: 6\nenvironments:\n  a:\n    packages:\n      linux-64:\n      - conda: x\npackages: []\n") ==
        "lock-invalid");
  CHECK(code_of("version: 1\npackage:\n- name: a\n") == "lock-invalid");
  try {
    parse("# c\n@EXPLICIT\nhttps://u:secret@host/nothing\n");
    FAIL("read");
  } catch (const core::Error& error) {
    REQUIRE(error.diagnostics().front().where);
    CHECK(error.diagnostics().front().where->line == 3);
    CHECK(error.diagnostics().front().where->text.find("secret") == std::string::npos);
  }
}

TEST_CASE("platforms are kept by name, else by subdir") {
  Inventory made;
  made.platforms = {{"cpu", "linux-64", {}, {}}, {"cuda", "linux-64", {}, {}}, {"osx-64", "osx-64", {}, {}}};
  Inventory other = made;
  CHECK(restrict_to(other, {"cuda", "osx-64"}));
  CHECK(other.platforms.size() == 2);
  other = made;
  CHECK(restrict_to(other, {"linux-64"}));
  CHECK(other.platforms.size() == 2);
  CHECK_FALSE(restrict_to(other, {"win-64"}));
}
