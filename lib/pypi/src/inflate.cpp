#include "inflate.h"

#include <array>
#include <cstring>

#include "envlock/core/shared_library.h"
#include "zlib_library.h"

namespace envlock::pypi {
namespace {

constexpr std::size_t kPiece = std::size_t{64} << 10;

ZlibLibrary load() {
  const core::SharedLibrary library("libz.so.1", "to look into wheels and source distributions");
  ZlibLibrary functions{};
  library.find("inflateInit2_", functions.inflate_init);
  library.find("inflate", functions.inflate_some);
  library.find("inflateEnd", functions.inflate_end);
  library.find("crc32_z", functions.crc32);
  return functions;
}

class Stream {
 public:
  explicit Stream(Wrapping wrapping) {
    const int window = wrapping == Wrapping::gzip ? MAX_WBITS + 16 : -MAX_WBITS;
    ready_ = zlib().inflate_init(&stream_, window, ZLIB_VERSION, static_cast<int>(sizeof stream_)) == Z_OK;
  }
  ~Stream() {
    if (ready_) zlib().inflate_end(&stream_);
  }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  bool ready() const { return ready_; }
  z_stream& get() { return stream_; }

 private:
  z_stream stream_{};
  bool ready_ = false;
};

}  // namespace

const ZlibLibrary& zlib() {
  static const ZlibLibrary functions = load();
  return functions;
}

bool inflate(std::string_view packed, Wrapping wrapping, std::uint64_t limit,
             const std::function<bool(std::string_view)>& sink) {
  Stream stream(wrapping);
  if (!stream.ready()) return false;
  std::array<unsigned char, kPiece> in{};  // zlib takes no const input, and no more than 4 GiB at once
  std::array<char, kPiece> out{};
  z_stream& z = stream.get();
  std::uint64_t total = 0;
  int code = Z_OK;
  while (code == Z_OK) {
    if (z.avail_in == 0) {
      const std::size_t count = std::min(packed.size(), in.size());
      std::memcpy(in.data(), packed.data(), count);
      packed.remove_prefix(count);
      z.next_in = in.data();
      z.avail_in = static_cast<uInt>(count);
    }
    z.next_out = reinterpret_cast<unsigned char*>(out.data());
    z.avail_out = static_cast<uInt>(out.size());
    code = zlib().inflate_some(&z, Z_NO_FLUSH);  // Z_BUF_ERROR at the end of truncated data
    const std::size_t count = out.size() - z.avail_out;
    total += count;
    if ((code != Z_OK && code != Z_STREAM_END) || total > limit) return false;
    if (count > 0 && !sink({out.data(), count})) return true;
  }
  return true;
}

std::uint32_t crc32(std::string_view bytes) {
  return static_cast<std::uint32_t>(
      zlib().crc32(0, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()));
}

}  // namespace envlock::pypi
