#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "entry_path.h"
#include "envlock/archive/package.h"
#include "envlock/core/diagnostic.h"

namespace envlock_fuzz {

constexpr envlock::archive::Limits kLimits{
    .max_entries = 1000, .max_total_bytes = 8 << 20, .max_info_bytes = 1 << 20, .max_expansion = 1000};

/// The input as a file without a name on any disk.
class InputFile {
 public:
  InputFile(const std::uint8_t* data, std::size_t size) : descriptor_(memfd_create("input", MFD_CLOEXEC)) {
    if (descriptor_ < 0 || write(descriptor_, data, size) != static_cast<ssize_t>(size)) std::abort();
  }
  ~InputFile() { close(descriptor_); }
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;
  std::string path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }

 private:
  int descriptor_;
};

/// Aborts when an entry could lead outside, or when its data is not what was announced.
class CheckingSink : public envlock::archive::EntrySink {
 public:
  void begin(const envlock::archive::Entry& entry) override {
    const envlock::archive::CheckedPath path = envlock::archive::check_path(entry.path);
    if (!path.wrong.empty() || path.path != entry.path || entry.mode > 0777) std::abort();
    left_ = entry.kind == envlock::archive::EntryKind::file ? entry.size : 0;
  }
  void data(std::string_view bytes) override {
    if (bytes.size() > left_) std::abort();
    left_ -= bytes.size();
  }
  void end() override {
    if (left_ != 0) std::abort();
  }

 private:
  std::uint64_t left_ = 0;
};

}  // namespace envlock_fuzz
