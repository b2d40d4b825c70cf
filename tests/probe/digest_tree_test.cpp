// The tree of docs/probe-spec.md, "Digests", written again with nothing but SHA-256 of strings.
#include "envlock/probe/digest_tree.h"

#include <cstring>
#include <fstream>
#include <map>
#include <sstream>

#include "support/catch.h"

namespace envlock::probe {
namespace {

using core::Sha256;

std::string tag(const std::string& name) {
  std::string text = "envlock probe-spec/1 " + name;
  text.resize(64, '\0');
  return text;
}
std::string text_of(const Sha256& digest) {
  return std::string(reinterpret_cast<const char*>(digest.bytes.data()), digest.bytes.size());
}
std::string bytes_of(const std::vector<std::uint32_t>& words) {
  std::string text(words.size() * 4, '\0');
  std::memcpy(text.data(), words.data(), text.size());
  return text;
}
Sha256 number(int n) {
  return core::sha256(std::to_string(n));
}

TEST_CASE("a leaf is the hash of its tag and its bytes") {
  std::vector<std::uint32_t> words;
  for (std::uint32_t i = 0; i < 1024; ++i) words.push_back(i * 2654435761u & 0x7f7fffffu);
  std::uint64_t nans = 0;
  CHECK(leaf_digest(words, ElementType::f32, &nans) == core::sha256(tag("leaf") + bytes_of(words)));
  CHECK(leaf_digest(std::span(words).first(3), ElementType::f32, &nans) ==
        core::sha256(tag("leaf") + bytes_of({words[0], words[1], words[2]})));
  CHECK(nans == 0);
}

TEST_CASE("all NaNs are one NaN, and they are counted; zeros keep their signs") {
  const std::vector<std::uint32_t> found = {0x7f800001, 0xffc00000, 0x80000000, 0x7f800000, 0xff800000, 0x7fffffff};
  const std::vector<std::uint32_t> kept = {0x7fc00000, 0x7fc00000, 0x80000000, 0x7f800000, 0xff800000, 0x7fc00000};
  std::uint64_t nans = 7;
  CHECK(leaf_digest(found, ElementType::f32, &nans) == core::sha256(tag("leaf") + bytes_of(kept)));
  CHECK(nans == 10);
  CHECK(leaf_digest(found, ElementType::u32, &nans) == core::sha256(tag("leaf") + bytes_of(found)));
  CHECK(nans == 10);
  CHECK(leaf_digest(found, ElementType::f32, nullptr) == leaf_digest(kept, ElementType::f32, nullptr));
}

TEST_CASE("neighbours are paired, and an odd last one is carried up") {
  const auto pair = [](const Sha256& left, const Sha256& right) {
    return core::sha256(tag("node") + text_of(left) + text_of(right));
  };
  CHECK(tree_root({number(0)}) == number(0));
  CHECK(tree_root({number(0), number(1)}) == pair(number(0), number(1)));
  CHECK(tree_root({number(0), number(1), number(2)}) == pair(pair(number(0), number(1)), number(2)));
  CHECK(tree_root({number(0), number(1), number(2), number(3), number(4), number(5)}) ==
        pair(pair(pair(number(0), number(1)), pair(number(2), number(3))), pair(number(4), number(5))));
  std::vector<Sha256> many;
  for (int i = 0; i < 77; ++i) many.push_back(number(i));
  const Sha256 root = tree_root(many);
  CHECK(tree_root_in_place(many) == root);
}

TEST_CASE("a tensor is cut into leaves of 1,024 elements") {
  std::vector<std::uint32_t> words(2500, 0x3f800000);
  words[2499] = 0x7fc00001;
  std::uint64_t nans = 0;
  const std::vector<Sha256> leaves = tensor_leaves(words, ElementType::f32, &nans);
  REQUIRE(leaves.size() == 3);
  CHECK(leaves[0] == leaves[1]);
  CHECK(leaves[2] == leaf_digest(std::span(words).subspan(2048), ElementType::f32, nullptr));
  CHECK(nans == 1);
}

TEST_CASE("names, types and shapes enter the digests of ops, parts and documents") {
  CHECK(op_digest("fwd.logits", ElementType::f32, {4, 64, 256}, number(1)) ==
        core::sha256(tag("op") + "fwd.logits\nf32\n4,64,256\n" + text_of(number(1))));
  CHECK(op_digest("data.tokens", ElementType::u32, {4, 64}, number(1)) ==
        core::sha256(tag("op") + "data.tokens\nu32\n4,64\n" + text_of(number(1))));
  CHECK(chain_digest({}, number(1)) == core::sha256(tag("chain") + std::string(32, '\0') + text_of(number(1))));
  CHECK(part_digest("as-found", number(2)) == core::sha256(tag("part") + "as-found\n" + text_of(number(2))));
  CHECK(document_root("quick", 20, {number(3)}) == core::sha256(tag("document") + "quick\n20\n" + text_of(number(3))));
}

TEST_CASE("the roots and chains in the golden files are those of their op digests") {
  for (const std::string size : {"quick", "standard", "gpu"}) {
    std::ifstream file(std::string(ENVLOCK_SOURCE_DIR) + "/fixtures/golden/probe/" + size + ".txt");
    std::vector<Sha256> ops;
    std::vector<Sha256> roots;
    Sha256 chain;
    int run_roots = 0;
    for (std::string line; std::getline(file, line);) {
      if (line.empty() || line[0] == '#') continue;
      std::istringstream words(line);
      std::string step, name, hex;
      words >> step >> name >> hex;
      if (step == "reference") {
        CHECK(hex == core::format(tree_root(roots)));
        ++run_roots;
      } else if (step == "document") {
        const Sha256 root = tree_root(roots);
        CHECK(hex ==
              core::format(document_root(size, 20, {part_digest("reference", root), part_digest("as-found", root)})));
        ++run_roots;
      } else if (name == "root") {
        roots.push_back(tree_root(ops));
        ops.clear();
        REQUIRE(hex == core::format(roots.back()));
      } else if (name == "chain") {
        chain = chain_digest(chain, roots.back());
        REQUIRE(hex == core::format(chain));
      } else {
        ops.push_back(core::parse_sha256(hex).value());
      }
    }
    CHECK(roots.size() == 21);
    CHECK(run_roots == 2);
  }
}

}  // namespace
}  // namespace envlock::probe
