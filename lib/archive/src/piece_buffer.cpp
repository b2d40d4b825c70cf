#include "piece_buffer.h"

#include <utility>
#include <vector>

namespace envlock::archive {
namespace {

/// As many as one package needs at a time.
constexpr std::size_t kMostSpare = 4;

std::vector<std::unique_ptr<char[]>>& spare() {
  thread_local std::vector<std::unique_ptr<char[]>> buffers = [] {
    std::vector<std::unique_ptr<char[]>> empty;
    empty.reserve(kMostSpare);  // so that giving one back never allocates
    return empty;
  }();
  return buffers;
}

}  // namespace

PieceBuffer::PieceBuffer() {
  if (spare().empty()) {
    bytes_.reset(new char[kBytes]);
    return;
  }
  bytes_ = std::move(spare().back());
  spare().pop_back();
}

PieceBuffer::~PieceBuffer() {
  if (spare().size() < kMostSpare) spare().push_back(std::move(bytes_));
}

}  // namespace envlock::archive
