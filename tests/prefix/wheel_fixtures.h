#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "envlock/core/diagnostic.h"
#include "envlock/prefix/wheel.h"
#include "envlock/pypi/name.h"
#include "support/temporary_folder.h"

namespace envlock_test {

/// Makes a wheel file by file: a zip without compression, with a RECORD that fits unless one is given.
class WheelMaker {
 public:
  explicit WheelMaker(std::string name = "foo", std::string version = "1.0")
      : name_(std::move(name)), version_(std::move(version)) {
    add(info("WHEEL"), "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n");
    add(info("METADATA"), "Metadata-Version: 2.1\nName: " + name_ + "\nVersion: " + version_ + "\n\nA text.\n");
  }

  std::string info(const std::string& file) const { return name_ + "-" + version_ + ".dist-info/" + file; }
  std::string data(const std::string& file) const { return name_ + "-" + version_ + ".data/" + file; }
  WheelMaker& add(const std::string& path, const std::string& bytes, std::uint32_t mode = 0100644) {
    files_[path] = {bytes, mode};
    return *this;
  }
  WheelMaker& remove(const std::string& path) {
    files_.erase(path);
    return *this;
  }
  /// The lines of a RECORD that fits, to be changed and given back.
  std::vector<envlock::prefix::RecordLine> lines() const {
    std::vector<envlock::prefix::RecordLine> lines;
    for (const auto& [path, file] : files_) lines.push_back(envlock::prefix::record_line(path, file.bytes));
    lines.push_back({.path = info("RECORD")});
    return lines;
  }
  WheelMaker& record(const std::string& text) { return add(info("RECORD"), text); }

  /// Writes it, and says what to install.
  envlock::prefix::WantedWheel write(const TemporaryFolder& folder) {
    if (!files_.contains(info("RECORD"))) record(envlock::prefix::format_record(lines()));
    const std::string bytes = zip();
    const std::string file_name = name_ + "-" + version_ + "-py3-none-any.whl";
    return {.name = envlock::pypi::normalize_name(name_),
            .version = version_,
            .url = "https://host/wheels/" + file_name,
            .sha256 = envlock::core::sha256(bytes),
            .file = folder.write(file_name, bytes)};
  }

 private:
  struct File {
    std::string bytes;
    std::uint32_t mode = 0;
  };

  static void put(std::string& out, std::uint64_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) out += static_cast<char>(value >> (8 * i) & 255);
  }

  static std::uint32_t crc32(std::string_view bytes) {
    static const std::array<std::uint32_t, 256> table = [] {
      std::array<std::uint32_t, 256> values{};
      for (std::uint32_t i = 0; i < 256; ++i) {
        values[i] = i;
        for (int bit = 0; bit < 8; ++bit) values[i] = values[i] >> 1 ^ (values[i] & 1 ? 0xEDB88320u : 0);
      }
      return values;
    }();
    std::uint32_t crc = ~0u;
    for (const char c : bytes) crc = crc >> 8 ^ table[(crc ^ static_cast<unsigned char>(c)) & 255];
    return ~crc;
  }

  /// The fields that a local header and its twin in the directory share.
  static std::string head(const std::string& path, const std::string& bytes) {
    std::string out;
    put(out, 20, 2);          // version needed
    put(out, 0x0800, 2);      // UTF-8 names
    put(out, 0, 2);           // stored
    put(out, 0x00210000, 4);  // 1980-01-01
    put(out, crc32(bytes), 4);
    put(out, bytes.size(), 4);
    put(out, bytes.size(), 4);
    put(out, path.size(), 2);
    put(out, 0, 2);  // no extra field
    return out;
  }

  std::string zip() const {
    std::string out;
    std::string directory;
    for (const auto& [path, file] : files_) {
      const std::size_t offset = out.size();
      const std::string shared = head(path, file.bytes);
      put(out, 0x04034B50, 4);
      out += shared + path;
      out += file.bytes;
      put(directory, 0x02014B50, 4);
      put(directory, 3 << 8 | 20, 2);  // made on Unix
      directory += shared;
      put(directory, 0, 6);  // no comment, first disk, binary
      put(directory, std::uint64_t{file.mode} << 16, 4);
      put(directory, offset, 4);
      directory += path;
    }
    const std::size_t start = out.size();
    out += directory;
    put(out, 0x06054B50, 4);
    put(out, 0, 4);
    put(out, files_.size(), 2);
    put(out, files_.size(), 2);
    put(out, directory.size(), 4);
    put(out, start, 4);
    put(out, 0, 2);
    return out;
  }

  std::string name_;
  std::string version_;
  std::map<std::string, File> files_;
};

inline const envlock::prefix::Python kPython{"3.12", "lib/python3.12/site-packages", "bin/python3.12"};

/// The files that a wheel gives, by target.
inline std::map<std::string, envlock::prefix::WheelFile> installed(const envlock::prefix::WantedWheel& wheel,
                                                                   std::string_view prefix = "/env") {
  std::map<std::string, envlock::prefix::WheelFile> files;
  for (auto& file : envlock::prefix::wheel_files(wheel, prefix, kPython)) files[file.target] = file;
  return files;
}

/// "code: the last reason" of the error that comes; "" when none does.
inline std::string wheel_error(const envlock::prefix::WantedWheel& wheel) {
  try {
    envlock::prefix::wheel_files(wheel, "/env", kPython);
    return "";
  } catch (const envlock::core::Error& error) {
    const auto& first = error.diagnostics().front();
    return first.code + ": " + (first.why.empty() ? first.what : first.why.front());
  }
}

}  // namespace envlock_test
