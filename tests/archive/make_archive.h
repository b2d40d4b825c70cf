#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "envlock/archive/package.h"
#include "envlock/core/diagnostic.h"

// Archives made byte by byte, so that a test can make those that no tool would write.

namespace envlock_test {

/// One header of a tar and its data, with a right checksum.
struct TarMember {
  std::string name;
  std::string data;
  char type = '0';
  std::string link;
  std::uint32_t mode = 0644;
  std::int64_t mtime = 1'700'000'000;
  std::uint64_t claimed_size = ~std::uint64_t{0};  ///< in the header, when it is not the data's
};
std::string tar_member(const TarMember& member);
/// With its end mark.
std::string tar(const std::vector<TarMember>& members);
/// "LENGTH key=value\n"
std::string pax_record(std::string_view key, std::string_view value);

std::string zstd(std::string_view bytes);
std::string bzip2(std::string_view bytes);
/// Deflate without compression: its stored blocks.
std::string deflate(std::string_view bytes);

struct ZipEntry {
  std::string name;
  std::string data;
  bool deflated = false;
  std::uint32_t unix_mode = 0100644;
  std::uint32_t wrong_crc = 0;  ///< exclusive or into the CRC
  bool sizes_follow = false;    ///< a data descriptor in place of the sizes in the local header
};
std::string zip(const std::vector<ZipEntry>& entries);

/// A `.conda` whose parts hold these members.
std::string conda(const std::vector<TarMember>& info, const std::vector<TarMember>& pkg);
/// An info part that satisfies every reader.
std::vector<TarMember> plain_info();

/// Keeps all that it gets, as "kind path mode mtime [-> target]" and the files' bytes.
class Recorder : public envlock::archive::EntrySink {
 public:
  void begin(const envlock::archive::Entry& entry) override;
  void data(std::string_view bytes) override;
  void end() override;

  std::vector<envlock::archive::Entry> entries;
  std::map<std::string, std::string> files;
  bool open = false;
};

/// The code of what a call throws, and its first reason; "" when it throws nothing.
template <typename Call>
std::string refusal(Call call) {
  try {
    call();
  } catch (const envlock::core::Error& error) {
    const envlock::core::Diagnostic& first = error.diagnostics().front();
    return first.code + ": " + (first.why.empty() ? "" : first.why.front());
  }
  return "";
}
/// The same of reading a package.
std::string package_refusal(const std::filesystem::path& file, const envlock::archive::Limits& limits = {});

}  // namespace envlock_test
