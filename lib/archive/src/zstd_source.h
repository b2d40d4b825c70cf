#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "byte_source.h"
#include "decompression_clock.h"
#include "expansion_guard.h"
#include "piece_buffer.h"

struct ZSTD_DCtx_s;

namespace envlock::archive {

/// What zstd frames unpack to. The window is at most 128 MiB, zstd's own default.
class ZstdSource : public ByteSource {
 public:
  ZstdSource(ByteSource& packed, const std::string& file, std::string_view member, const Limits& limits);
  ~ZstdSource() override;
  /// Throws: core::Error "archive-unreadable" (damaged, truncated, followed by something else), "archive-too-large".
  std::string_view next() override;

 private:
  struct Release {
    void operator()(ZSTD_DCtx_s* context) const;
  };
  ByteSource& packed_;
  const std::string& file_;
  std::string member_;
  ExpansionGuard guard_;
  DecompressionClock clock_;
  std::unique_ptr<ZSTD_DCtx_s, Release> context_;
  PieceBuffer buffer_;
  std::string_view input_;
  bool input_ended_ = false;
  bool frame_open_ = true;  // an empty file is no frame
};

}  // namespace envlock::archive
