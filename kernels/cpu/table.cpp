#include "ops.h"

namespace envlock::kernels::ENVLOCK_ISA {

#define ENVLOCK_TEXT_OF(name) #name
#define ENVLOCK_TEXT(name) ENVLOCK_TEXT_OF(name)

CpuKernels cpu_kernels() {
  return {
      .name = ENVLOCK_TEXT(ENVLOCK_ISA),
      .gemm = gemm_functions(),
      .init_uniform = init_uniform,
      .underflow_lanes = underflow_lanes,
      .embed_forward = embed_forward,
      .embed_backward = embed_backward,
      .layernorm_forward = layernorm_forward,
      .layernorm_backward = layernorm_backward,
      .layernorm_weight_gradient = layernorm_weight_gradient,
      .softmax_forward = softmax_forward,
      .softmax_backward = softmax_backward,
      .gelu_forward = gelu_forward,
      .gelu_backward = gelu_backward,
      .residual = residual,
      .cross_entropy = cross_entropy,
      .block_sums = block_sums,
      .mean_loss = mean_loss,
      .clip_scale = clip_scale,
      .adamw = adamw,
  };
}

}  // namespace envlock::kernels::ENVLOCK_ISA
