#include "zstd_source.h"

#include <fmt/format.h>
#include <zstd.h>

#include <algorithm>
#include <vector>

#include "slicer.h"

namespace envlock::channel {
namespace {

constexpr int kMaxWindowLog = 27;

struct FreeStream {
  void operator()(ZSTD_DStream* stream) const { ZSTD_freeDStream(stream); }
};
using Stream = std::unique_ptr<ZSTD_DStream, FreeStream>;

Stream make_stream() {
  Stream stream(ZSTD_createDStream());
  if (!stream) throw std::bad_alloc();
  ZSTD_DCtx_setParameter(stream.get(), ZSTD_d_windowLogMax, kMaxWindowLog);
  return stream;
}

}  // namespace

struct ZstdSource::State {
  ByteSource& compressed;
  std::uint64_t limit;
  std::string label;
  Stream stream = make_stream();
  std::vector<char> buffer = std::vector<char>(std::size_t{256} << 10);
  ZSTD_inBuffer input{nullptr, 0, 0};
  std::uint64_t consumed = 0;
  std::uint64_t produced = 0;
  std::size_t pending = 1;  ///< what zstd still expects; 0 between frames
};

ZstdSource::ZstdSource(ByteSource& compressed, std::uint64_t compressed_size, std::string label, UnpackLimits limits)
    : state_(new State{compressed,
                       std::min(limits.max_bytes, std::max(limits.always_allowed, compressed_size * limits.max_ratio)),
                       std::move(label)}) {}

ZstdSource::~ZstdSource() = default;

std::size_t ZstdSource::read(char* to, std::size_t size) {
  State& state = *state_;
  ZSTD_outBuffer output{to, size, 0};
  while (output.pos == 0) {
    if (state.input.pos == state.input.size) {
      const std::size_t count = state.compressed.read(state.buffer.data(), state.buffer.size());
      if (count == 0) {
        if (state.pending == 0 || state.consumed == 0) return 0;
        throw invalid_repodata(state.label, state.consumed, "the compressed document ends early: it is truncated");
      }
      state.consumed += count;
      state.input = {state.buffer.data(), count, 0};
    }
    state.pending = ZSTD_decompressStream(state.stream.get(), &output, &state.input);
    if (ZSTD_isError(state.pending) != 0) {
      throw invalid_repodata(state.label, state.consumed - state.input.size + state.input.pos,
                             fmt::format("zstd: {}", ZSTD_getErrorName(state.pending)));
    }
  }
  state.produced += output.pos;
  if (state.produced > state.limit) {
    throw invalid_repodata(state.label, state.consumed,
                           fmt::format("the document unpacks to more than {} bytes, far more than an index of its "
                                       "compressed size can hold",
                                       state.limit));
  }
  return output.pos;
}

void unpack_zstd(std::string_view compressed, const std::string& label, std::uint64_t max_bytes, std::string& to) {
  MemorySource source(compressed);
  UnpackLimits limits;
  limits.max_bytes = max_bytes;
  limits.always_allowed = max_bytes;
  ZstdSource unpacked(source, compressed.size(), label, limits);
  std::size_t used = 0;
  if (to.size() < compressed.size() * 4) to.resize(compressed.size() * 4);
  while (true) {
    if (used == to.size()) to.resize(to.size() * 2 + 4096);
    const std::size_t count = unpacked.read(to.data() + used, to.size() - used);
    if (count == 0) break;
    used += count;
  }
  to.resize(used);
}

}  // namespace envlock::channel
