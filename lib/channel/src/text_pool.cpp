#include "text_pool.h"

#include <cstring>

#include "hash_text.h"

namespace envlock::channel {
namespace {

constexpr std::size_t kBlockSize = std::size_t{64} << 10;

}  // namespace

std::uint32_t TextPool::add(std::string_view text) {
  return add(text, hash_text(text));
}

std::uint32_t TextPool::add(std::string_view text, std::uint64_t hash) {
  if ((texts_.size() + 1) * 2 > slots_.size()) grow();
  const std::size_t mask = slots_.size() - 1;
  std::size_t slot = hash & mask;
  while (slots_[slot] != 0) {
    const std::uint32_t id = slots_[slot] - 1;
    if (hashes_[id] == hash && texts_[id] == text) return id;
    slot = (slot + 1) & mask;
  }
  texts_.push_back(keep(text));
  hashes_.push_back(hash);
  slots_[slot] = size();
  return size() - 1;
}

std::uint32_t TextPool::find(std::string_view text) const {
  if (slots_.empty()) return kAbsent;
  const std::uint64_t hash = hash_text(text);
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t slot = hash & mask; slots_[slot] != 0; slot = (slot + 1) & mask) {
    const std::uint32_t id = slots_[slot] - 1;
    if (hashes_[id] == hash && texts_[id] == text) return id;
  }
  return kAbsent;
}

std::string_view TextPool::keep(std::string_view text) {
  if (text.size() > block_left_) {
    const std::size_t size = text.size() > kBlockSize / 4 ? text.size() : kBlockSize;
    blocks_.push_back(std::make_unique<char[]>(size));
    if (size != kBlockSize) {
      std::memcpy(blocks_.back().get(), text.data(), text.size());
      return {blocks_.back().get(), text.size()};
    }
    block_ = blocks_.back().get();
    block_left_ = size;
  }
  char* kept = block_;
  if (!text.empty()) std::memcpy(kept, text.data(), text.size());
  block_ += text.size();
  block_left_ -= text.size();
  return {kept, text.size()};
}

void TextPool::grow() {
  slots_.assign(slots_.empty() ? 256 : slots_.size() * 2, 0);
  const std::size_t mask = slots_.size() - 1;
  for (std::uint32_t id = 0; id < size(); ++id) {
    std::size_t slot = hashes_[id] & mask;
    while (slots_[slot] != 0) slot = (slot + 1) & mask;
    slots_[slot] = id + 1;
  }
}

}  // namespace envlock::channel
