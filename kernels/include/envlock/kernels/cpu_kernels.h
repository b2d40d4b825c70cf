#pragma once

#include <cstddef>
#include <vector>

#include "envlock/kernels/adamw.h"
#include "envlock/kernels/block_sums.h"
#include "envlock/kernels/cross_entropy.h"
#include "envlock/kernels/embed.h"
#include "envlock/kernels/gelu.h"
#include "envlock/kernels/gemm.h"
#include "envlock/kernels/init.h"
#include "envlock/kernels/lanes.h"
#include "envlock/kernels/layernorm.h"
#include "envlock/kernels/range.h"
#include "envlock/kernels/residual.h"
#include "envlock/kernels/softmax.h"

namespace envlock::kernels {

/// Every op of the probe for one instruction set. All tables give the same bits; they differ in speed.
struct CpuKernels {
  const char* name;  ///< "scalar", "avx2", "avx512", "neon"
  GemmFunctions gemm;
  void (*init_uniform)(const UniformInit&, Range blocks);
  void (*underflow_lanes)(const UnderflowLanes&, Range columns);
  void (*embed_forward)(const EmbedForward&, Range rows);
  void (*embed_backward)(const EmbedBackward&, Range columns);
  void (*layernorm_forward)(const LayerNormForward&, Range rows);
  void (*layernorm_backward)(const LayerNormBackward&, Range rows);
  void (*layernorm_weight_gradient)(const LayerNormWeightGradient&, Range columns);
  void (*softmax_forward)(const SoftmaxForward&, Range rows);
  void (*softmax_backward)(const SoftmaxBackward&, Range rows);
  void (*gelu_forward)(const GeluForward&, Range elements);
  void (*gelu_backward)(const GeluBackward&, Range elements);
  void (*residual)(const Residual&, Range elements);
  void (*cross_entropy)(const CrossEntropy&, Range rows);
  void (*block_sums)(const BlockSums&, Range blocks);
  void (*mean_loss)(const MeanLoss&);
  void (*clip_scale)(const ClipScale&);
  void (*adamw)(const AdamW&, Range elements);
};

/// The tables that this processor and its operating system can run, slowest first; never empty.
std::vector<const CpuKernels*> usable_cpu_kernels();

}  // namespace envlock::kernels
