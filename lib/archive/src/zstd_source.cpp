#include "zstd_source.h"

#include <zstd.h>

#include <new>

#include "failure.h"

namespace envlock::archive {
namespace {

constexpr std::size_t kWorthKeeping = 16 << 20;

struct Free {
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

// A context's window is megabytes of fresh pages; a thread that reads package after package keeps it.
thread_local std::unique_ptr<ZSTD_DCtx, Free> spare;

ZSTD_DCtx* obtain() {
  ZSTD_DCtx* context = spare ? spare.release() : ZSTD_createDCtx();
  if (context == nullptr) throw std::bad_alloc();
  ZSTD_DCtx_reset(context, ZSTD_reset_session_and_parameters);
  return context;
}

}  // namespace

void ZstdSource::Release::operator()(ZSTD_DCtx* context) const {
  std::unique_ptr<ZSTD_DCtx, Free> owned(context);
  if (ZSTD_sizeof_DCtx(context) <= kWorthKeeping) spare = std::move(owned);
}

ZstdSource::ZstdSource(ByteSource& packed, const std::string& file, std::string_view member, const Limits& limits)
    : packed_(packed), file_(file), member_(member), guard_(file, limits), context_(obtain()) {}
ZstdSource::~ZstdSource() = default;

std::string_view ZstdSource::next() {
  ZSTD_outBuffer out{buffer_.data(), PieceBuffer::kBytes, 0};
  while (out.pos < out.size) {
    if (input_.empty() && !input_ended_) {
      input_ = packed_.next();
      input_ended_ = input_.empty();
      guard_.packed(input_.size());
    }
    ZSTD_inBuffer in{input_.data(), input_.size(), 0};
    const std::size_t before = out.pos;
    if (input_ended_ && !frame_open_) break;
    clock_.resume();
    const std::size_t left = ZSTD_decompressStream(context_.get(), &out, &in);
    clock_.pause();
    if (ZSTD_isError(left) != 0) {
      refuse_unreadable(file_, member_, std::string("its zstd data is damaged: ") + ZSTD_getErrorName(left));
    }
    input_.remove_prefix(in.pos);
    guard_.unpacked(out.pos - before);
    frame_open_ = left != 0;
    if (input_ended_ && frame_open_ && out.pos == before) {
      refuse_unreadable(file_, member_, "its zstd data is truncated");
    }
  }
  return {buffer_.data(), out.pos};
}

}  // namespace envlock::archive
