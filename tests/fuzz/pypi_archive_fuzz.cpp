// The end of a wheel, its directory and its METADATA; a source distribution's first bytes.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "sdist_head.h"
#include "zip_window.h"

using namespace envlock;

namespace {

constexpr std::uint64_t kLimit = 1 << 20;

bool ends_with(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

void read_zip(std::string_view bytes) {
  const std::size_t tail = std::min<std::size_t>(bytes.size(), 98);
  const pypi::ZipPart end{bytes.size() - tail, bytes.substr(bytes.size() - tail)};
  const pypi::ZipDirectorySpan where = pypi::find_zip_directory(end, bytes.size());
  const pypi::ZipPart whole{0, bytes};
  if (!whole.holds(where.span.begin, where.span.end)) std::abort();
  const pypi::ZipMember member =
      pypi::find_zip_member(whole.slice(where.span.begin, where.span.end), where,
                            [](std::string_view name) { return ends_with(name, "METADATA"); });
  if (!whole.holds(member.span.begin, member.span.end)) std::abort();
  if (pypi::read_zip_member(member, whole, kLimit).size() > kLimit) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  try {
    read_zip(bytes);
  } catch (const pypi::ZipFault&) {  // NOLINT: what is refused is refused
  }
  const auto info = [](std::string_view path) { return ends_with(path, "PKG-INFO"); };
  (void)pypi::find_in_tar_gz(bytes, info, kLimit);
  return 0;
}
