#include "file_lane.h"

#include <algorithm>
#include <utility>

namespace envlock::verify {
namespace {

/// The pieces of two lanes and of an archive stay in the processor's cache together.
constexpr std::size_t kPieceBytes = std::size_t{128} << 10;

void hash_all(FileLane& lane) {
  for (core::Sha256Companion::Ready piece = lane.next(); !piece.bytes.empty(); piece = lane.next()) {
    piece.hasher->update(piece.bytes);
    lane.hashed(piece.bytes.size());
  }
}

}  // namespace

FileLane::FileLane(Take take) : take_(std::move(take)), buffer_(new char[kPieceBytes]) {}

core::Sha256Companion::Ready FileLane::next() {
  while (left_.empty()) {
    if (!file_) {
      job_ = take_();
      if (job_ == nullptr) return {};
      file_.emplace(job_->hashes->folder(), *job_->node, std::span(buffer_.get(), kPieceBytes));
    }
    left_ = file_->next();
    if (!left_.empty()) break;
    job_->hashes->put(*job_->node, file_->finish());
    file_.reset();
  }
  return {&file_->hasher(), left_};
}

void hash_in_step(FileLane& first, FileLane& second) {
  while (true) {
    const core::Sha256Companion::Ready one = first.next(), two = second.next();
    const std::size_t count = std::min(one.bytes.size(), two.bytes.size());
    if (count == 0) break;
    core::Sha256Hasher::update_both(*one.hasher, one.bytes.substr(0, count), *two.hasher, two.bytes.substr(0, count));
    first.hashed(count);
    second.hashed(count);
  }
  hash_all(first);
  hash_all(second);
}

}  // namespace envlock::verify
