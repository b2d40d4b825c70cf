#include "replacement_edits.h"

namespace envlock::prefix {

namespace {

template <typename Take>
void for_each_piece(std::string_view text, const Edits& edits, const Take& take) {
  std::size_t done = 0;
  for (const Edit& edit : edits) {
    take(text.substr(done, edit.offset - done));
    take(edit.inserted);
    done = edit.offset + edit.removed;
  }
  take(text.substr(done));
}

}  // namespace

std::string apply_edits(std::string_view text, const Edits& edits) {
  std::string out;
  out.reserve(size_edited(text, edits));
  for_each_piece(text, edits, [&out](std::string_view piece) { out.append(piece); });
  return out;
}

core::Sha256 hash_edited(std::string_view text, const Edits& edits) {
  core::Sha256Hasher hasher;
  for_each_piece(text, edits, [&hasher](std::string_view piece) { hasher.update(piece); });
  return hasher.finish();
}

std::size_t size_edited(std::string_view text, const Edits& edits) {
  std::size_t size = 0;
  for_each_piece(text, edits, [&size](std::string_view piece) { size += piece.size(); });
  return size;
}

}  // namespace envlock::prefix
