// The ops of this folder, in the namespace of the instruction set that they are compiled for.
#pragma once

#include "envlock/kernels/cpu_kernels.h"
#include "vec.h"

namespace envlock::kernels::ENVLOCK_ISA {

void init_uniform(const UniformInit& init, Range blocks);
void underflow_lanes(const UnderflowLanes& lanes, Range columns);
void embed_forward(const EmbedForward& embed, Range rows);
void embed_backward(const EmbedBackward& embed, Range columns);
void layernorm_forward(const LayerNormForward& norm, Range rows);
void layernorm_backward(const LayerNormBackward& norm, Range rows);
void layernorm_weight_gradient(const LayerNormWeightGradient& norm, Range columns);
void softmax_forward(const SoftmaxForward& softmax, Range rows);
void softmax_backward(const SoftmaxBackward& softmax, Range rows);
void gelu_forward(const GeluForward& gelu, Range elements);
void gelu_backward(const GeluBackward& gelu, Range elements);
void residual(const Residual& residual, Range elements);
void cross_entropy(const CrossEntropy& loss, Range rows);
void block_sums(const BlockSums& sums, Range blocks);
void mean_loss(const MeanLoss& mean);
void clip_scale(const ClipScale& clip);
void adamw(const AdamW& adam, Range elements);

}  // namespace envlock::kernels::ENVLOCK_ISA
