// The tar reader and the checks behind it, without a decompressor before them. Checksums are set right, as an attacker
// would: otherwise almost every input would end at its first header.
#include "archive_input.h"
#include "entry_gate.h"
#include "tar_content.h"
#include "tar_header.h"
#include "tar_reader.h"

using namespace envlock;

namespace {

class Whole : public archive::ByteSource {
 public:
  explicit Whole(std::string_view bytes) : rest_(bytes) {}
  std::string_view next() override {
    const std::string_view taken = rest_.substr(0, 700);
    rest_.remove_prefix(taken.size());
    return taken;
  }

 private:
  std::string_view rest_;
};

void set_checksums(std::string& tar) {
  for (std::size_t at = 0; at + archive::kTarBlock <= tar.size(); at += archive::kTarBlock) {
    if (tar.compare(at + 257, 5, "ustar") != 0) continue;
    tar.replace(at + 148, 8, "        ");
    unsigned sum = 0;
    for (std::size_t i = 0; i < archive::kTarBlock; ++i) sum += static_cast<unsigned char>(tar[at + i]);
    for (std::size_t digit = 6; digit-- > 0; sum /= 8) tar[at + 148 + digit] = static_cast<char>('0' + sum % 8);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string bytes(reinterpret_cast<const char*>(data), size);
  set_checksums(bytes);
  const std::string name = "input";
  try {
    envlock_fuzz::CheckingSink sink;
    archive::EntryGate gate(name, envlock_fuzz::kLimits, sink);
    Whole source(bytes);
    archive::TarReader tar(source, name, "");
    archive::hand_over(tar, gate, archive::Scope::everywhere, name);
    gate.finish();
    Whole again(bytes);
    archive::TarReader second(again, name, "");
    archive::hand_over_owed(second, gate);
  } catch (const core::Error&) {  // NOLINT: the only thing that may come out
  }
  return 0;
}
