#include "envlock/probe/digest_tree.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace envlock::probe {
namespace {

constexpr std::size_t kTagBytes = 64;  // one block of SHA-256, so that what follows stays aligned to words
constexpr std::uint32_t kQuietNan = 0x7fc00000u;

core::Sha256Prefix tagged(std::string_view text) {
  std::string tag(kTagBytes, '\0');
  tag.replace(0, text.size(), text);
  return core::Sha256Prefix(tag);
}

std::string_view bytes_of(const core::Sha256& digest) {
  return {reinterpret_cast<const char*>(digest.bytes.data()), digest.bytes.size()};
}

std::string_view bytes_of(std::span<const std::uint32_t> words) {
  return {reinterpret_cast<const char*>(words.data()), words.size_bytes()};
}

bool is_nan(std::uint32_t bits) {
  return (bits & 0x7fffffffu) > 0x7f800000u;
}

std::size_t count_nans(std::span<const std::uint32_t> words) {
  std::uint32_t nans = 0;  // branch-free, so that the compiler can use vectors
  for (const std::uint32_t bits : words) nans += is_nan(bits) ? 1u : 0u;
  return nans;
}

static_assert(std::endian::native == std::endian::little, "the bytes of a tensor are little-endian");

}  // namespace

core::Sha256 leaf_digest(std::span<const std::uint32_t> words, ElementType type, std::uint64_t* nans) {
  static const core::Sha256Prefix prefix = tagged("envlock probe-spec/1 leaf");
  if (type == ElementType::f32) {
    if (const std::size_t found = count_nans(words); found > 0) {
      if (nans != nullptr) *nans += found;
      std::array<std::uint32_t, kChunkBytes / 4> canonical;
      std::transform(words.begin(), words.end(), canonical.begin(),
                     [](std::uint32_t bits) { return is_nan(bits) ? kQuietNan : bits; });
      return prefix.of(bytes_of(std::span(canonical).first(words.size())));
    }
  }
  return prefix.of(bytes_of(words));
}

core::Sha256 node_digest(const core::Sha256& left, const core::Sha256& right) {
  static const core::Sha256Prefix prefix = tagged("envlock probe-spec/1 node");
  return prefix.of(bytes_of(left), bytes_of(right));
}

core::Sha256 tree_root(std::vector<core::Sha256> digests) {
  return tree_root_in_place(digests);
}

core::Sha256 tree_root_in_place(std::span<core::Sha256> digests) {
  for (std::size_t count = digests.size(); count > 1; count = (count + 1) / 2) {
    for (std::size_t i = 0; i < count / 2; ++i) digests[i] = node_digest(digests[2 * i], digests[2 * i + 1]);
    if (count % 2 == 1) digests[count / 2] = digests[count - 1];
  }
  return digests.front();
}

std::vector<core::Sha256> tensor_leaves(std::span<const std::uint32_t> words, ElementType type, std::uint64_t* nans) {
  std::vector<core::Sha256> leaves;
  constexpr std::size_t kWords = kChunkBytes / 4;
  for (std::size_t start = 0; start < words.size(); start += kWords) {
    leaves.push_back(leaf_digest(words.subspan(start, std::min(kWords, words.size() - start)), type, nans));
  }
  return leaves;
}

core::Sha256 op_digest(std::string_view name, ElementType type, const std::vector<int>& shape,
                       const core::Sha256& root) {
  static const core::Sha256Prefix prefix = tagged("envlock probe-spec/1 op");
  std::string text(name);
  text += type == ElementType::f32 ? "\nf32\n" : "\nu32\n";
  for (std::size_t i = 0; i < shape.size(); ++i) text += (i > 0 ? "," : "") + std::to_string(shape[i]);
  text += '\n';
  return prefix.of(text, bytes_of(root));
}

core::Sha256 chain_digest(const core::Sha256& previous, const core::Sha256& step_root) {
  static const core::Sha256Prefix prefix = tagged("envlock probe-spec/1 chain");
  return prefix.of(bytes_of(previous), bytes_of(step_root));
}

core::Sha256 part_digest(std::string_view name, const core::Sha256& part_root) {
  static const core::Sha256Prefix prefix = tagged("envlock probe-spec/1 part");
  return prefix.of(std::string(name) + "\n", bytes_of(part_root));
}

core::Sha256 document_root(std::string_view size, int steps, std::vector<core::Sha256> part_digests) {
  static const core::Sha256Prefix prefix = tagged("envlock probe-spec/1 document");
  const std::string text = std::string(size) + "\n" + std::to_string(steps) + "\n";
  return prefix.of(text, bytes_of(tree_root(std::move(part_digests))));
}

}  // namespace envlock::probe
