#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "byte_source.h"

namespace envlock::channel {

/// How much a compressed document may become. A zip bomb exceeds both, an honest index neither.
struct UnpackLimits {
  std::uint64_t max_bytes = std::uint64_t{4} << 30;
  std::uint64_t always_allowed = std::uint64_t{256} << 20;  ///< any document may be this large
  std::uint64_t max_ratio = 400;  ///< beyond that, so many times the compressed size (real indexes: 8 to 40)
};

/// Decompresses a zstd stream while it is read; window memory is bounded to 128 MiB.
/// Throws: core::Error "repodata-invalid" for damage, truncation and a document beyond its limits.
class ZstdSource final : public ByteSource {
 public:
  ZstdSource(ByteSource& compressed, std::uint64_t compressed_size, std::string label, UnpackLimits limits = {});
  ~ZstdSource() override;
  std::size_t read(char* to, std::size_t size) override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The whole of a small zstd document, into `to` (its memory is reused). Throws as ZstdSource does.
void unpack_zstd(std::string_view compressed, const std::string& label, std::uint64_t max_bytes, std::string& to);

}  // namespace envlock::channel
