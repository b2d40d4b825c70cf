#include "memory.h"

#include <algorithm>
#include <new>

namespace envlock::ptx {
namespace {

constexpr std::uint64_t kAlignment = 512;
constexpr std::uint64_t kGap = 4096;  ///< nothing lies there: an access past an end finds no neighbour

}  // namespace

Allocation* Memory::allocate(std::uint64_t size, std::string name) {
  if (size == 0 || size > limit_ || used_ > limit_ - size) return nullptr;
  auto made = std::make_unique<Allocation>();
  made->id = static_cast<std::uint32_t>(allocations_.size());
  made->address = next_;
  made->size = size;
  made->name = std::move(name);
  try {
    made->data.reset(new std::byte[size]());
    made->defined.reset(new std::uint8_t[size]());
    made->saved.reset(new std::atomic<std::uint32_t>[made->pages()]());
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
  next_ = (next_ + size + kGap + kAlignment - 1) / kAlignment * kAlignment;
  used_ += size;
  allocations_.push_back(std::move(made));
  return allocations_.back().get();
}

bool Memory::free(std::uint64_t address) {
  Allocation* found = find(address);
  if (found == nullptr || found->address != address || !found->live) return false;
  found->live = false;
  found->data.reset();
  found->defined.reset();
  found->saved.reset();
  used_ -= found->size;
  return true;
}

Allocation* Memory::find(std::uint64_t address) const {
  const auto after = std::upper_bound(allocations_.begin(), allocations_.end(), address,
                                      [](std::uint64_t value, const auto& entry) { return value < entry->address; });
  if (after == allocations_.begin()) return nullptr;
  Allocation* found = std::prev(after)->get();
  return address - found->address < found->size ? found : nullptr;
}

std::string Memory::describe(std::uint64_t address) const {
  const auto label = [](const Allocation& allocation) {
    return std::string(allocation.live ? "" : "freed ") + allocation.name + " (" + std::to_string(allocation.size) +
           " bytes)";
  };
  if (const Allocation* inside = find(address))
    return "byte " + std::to_string(address - inside->address) + " of " + label(*inside);
  const auto after = std::upper_bound(allocations_.begin(), allocations_.end(), address,
                                      [](std::uint64_t value, const auto& entry) { return value < entry->address; });
  const Allocation* before = after == allocations_.begin() ? nullptr : std::prev(after)->get();
  const Allocation* behind = after == allocations_.end() ? nullptr : after->get();
  const std::uint64_t past = before == nullptr ? ~std::uint64_t{0} : address - (before->address + before->size);
  const std::uint64_t ahead = behind == nullptr ? ~std::uint64_t{0} : behind->address - address;
  constexpr std::uint64_t kNear = std::uint64_t{1} << 32;
  if (past <= ahead && past < kNear) return std::to_string(past) + " bytes past the end of " + label(*before);
  if (ahead < kNear) return std::to_string(ahead) + " bytes before " + label(*behind);
  return "no allocation is near";
}

}  // namespace envlock::ptx
