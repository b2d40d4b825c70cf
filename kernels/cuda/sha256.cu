#include "sha256.h"

#include "envlock/kernels/cuda_hash.h"
#include "replica.h"

namespace envlock::kernels::cuda {

constexpr unsigned kOneNan = 0x7fc00000u;

/// The tensor that a leaf belongs to: the last one whose first leaf is not beyond it.
DEVICE HashTensor tensor_of_leaf(const Hash& op, unsigned leaf) {
  int low = 0;
  int high = op.tensor_count;
  while (high - low > 1) {
    const int middle = (low + high) / 2;
    if (op.tensors[middle].first_leaf <= leaf) {
      low = middle;
    } else {
      high = middle;
    }
  }
  return op.tensors[low];
}

/// One thread a leaf: a chunk of up to 1,024 words behind a tag that is hashed already. All tensors in one launch.
KERNEL BOUNDS(kLeafThreads) envlock_sha256_leaves(Launch launch, Hash op) {
  note_multiprocessor(launch);
  const int leaf = element_index();
  if (leaf >= op.leaf_count) {
    return;
  }
  const HashTensor tensor = tensor_of_leaf(op, static_cast<unsigned>(leaf));
  const unsigned begin = (static_cast<unsigned>(leaf) - tensor.first_leaf) * kLeafWords;
  const unsigned rest = tensor.count - begin;
  const unsigned count = rest < kLeafWords ? rest : kLeafWords;
  const unsigned* words = of_replica(launch, op.arena) + tensor.offset + begin;
  // Above the bits of infinity, the sign put aside, lie the NaNs; nothing lies above the second limit.
  const unsigned limit = tensor.is_float != 0 ? 0x7f800000u : 0xffffffffu;
  const unsigned blocks = (count + 3 + 15) / 16;  // with a word for the closing bit and two for the length
  constexpr Sha256State kAfterTag = sha256_after_tag("envlock probe-spec/1 leaf");
  Sha256State state = kAfterTag;
  unsigned nans = 0;
#pragma unroll 1
  for (unsigned block = 0; block < blocks; ++block) {
    unsigned w[16];
    if ((block + 1) * 16 <= count) {
#pragma unroll
      for (unsigned i = 0; i < 16; ++i) {
        w[i] = words[block * 16 + i];
      }
    } else {
#pragma unroll
      for (unsigned i = 0; i < 16; ++i) {
        w[i] = block * 16 + i < count ? words[block * 16 + i] : 0;
      }
    }
#pragma unroll
    for (int i = 0; i < 16; ++i) {
      const bool is_nan = (w[i] & 0x7fffffffu) > limit;
      nans += is_nan ? 1 : 0;
      w[i] = reverse_bytes(is_nan ? kOneNan : w[i]);
    }
    if ((block + 1) * 16 > count) {
#pragma unroll
      for (unsigned i = 0; i < 16; ++i) {
        w[i] = block * 16 + i == count ? 0x80000000u : w[i];
      }
      w[15] = block + 1 == blocks ? (64 + 4 * count) * 8 : w[15];
    }
    state = sha256_compress(state, w);
  }
  unsigned* out = of_replica(launch, op.leaves) + static_cast<long long>(leaf) * 8;
#pragma unroll
  for (int i = 0; i < 8; ++i) {
    out[i] = reverse_bytes(state.word[i]);
  }
  of_replica(launch, op.leaf_nans)[leaf] = nans;
}

/// node(left, right), the two being neighbours at `pair`.
DEVICE void hash_node(const unsigned* pair, unsigned* out) {
  constexpr Sha256State kAfterTag = sha256_after_tag("envlock probe-spec/1 node");
  Sha256State state = kAfterTag;
#pragma unroll 1
  for (int block = 0; block < 2; ++block) {
    unsigned w[16];
    if (block == 0) {
#pragma unroll
      for (int i = 0; i < 16; ++i) {
        w[i] = reverse_bytes(pair[i]);
      }
    } else {
#pragma unroll
      for (int i = 0; i < 16; ++i) {
        w[i] = 0;
      }
      w[0] = 0x80000000u;
      w[15] = 128 * 8;
    }
    state = sha256_compress(state, w);
  }
#pragma unroll
  for (int i = 0; i < 8; ++i) {
    out[i] = reverse_bytes(state.word[i]);
  }
}

/// One block a tensor, which climbs the tree level by level. Levels lie in two halves of the tensor's share of scratch
/// in turn; the leaves stay as they are.
KERNEL BOUNDS(kTreeThreads) envlock_sha256_trees(Launch launch, Hash op) {
  note_multiprocessor(launch);
  SHARED unsigned partial_nans[kTreeThreads];
  const HashTensor tensor = op.tensors[block_x()];
  const int threads = block_size_x();
  int count = static_cast<int>((tensor.count + kLeafWords - 1) / kLeafWords);
  const unsigned* level = of_replica(launch, op.leaves) + tensor.first_leaf * 8ull;
  const unsigned* leaf_nans = of_replica(launch, op.leaf_nans) + tensor.first_leaf;
  unsigned* const halves =
      of_replica(launch, op.scratch) + (tensor.first_leaf + static_cast<unsigned>(block_x())) * 8ull;
  unsigned* const other_half = halves + static_cast<unsigned>((count + 1) / 2) * 8ull;
  unsigned nans = 0;
  for (int i = thread_x(); i < count; i += threads) {
    nans += leaf_nans[i];
  }
  partial_nans[thread_x()] = nans;
  unsigned* next = halves;
  while (count > 1) {
    const int above = (count + 1) / 2;
#pragma unroll 1
    for (int i = thread_x(); i < above; i += threads) {
      if (2 * i + 1 < count) {
        hash_node(level + 16ll * i, next + 8ll * i);
      } else {
        for (int word = 0; word < 8; ++word) {
          next[8ll * i + word] = level[16ll * i + word];
        }
      }
    }
    barrier();
    level = next;
    next = next == halves ? other_half : halves;
    count = above;
  }
  barrier();
  if (thread_x() < 8) {
    of_replica(launch, op.roots)[block_x() * 8 + thread_x()] = level[thread_x()];
  }
  if (thread_x() == 0) {
    unsigned all = 0;
    for (int i = 0; i < threads; ++i) {
      all += partial_nans[i];
    }
    of_replica(launch, op.root_nans)[block_x()] = all;
  }
}

}  // namespace envlock::kernels::cuda
