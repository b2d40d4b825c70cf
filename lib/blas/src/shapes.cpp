#include "envlock/blas/shapes.h"

namespace envlock::blas {

const std::vector<Shape>& battery_shapes() {
  using enum kernels::GemmForm;
  static const std::vector<Shape> shapes = {
      {nn, 64, 64, 64},   {nt, 256, 192, 64},  {nn, 256, 64, 256},   {nn, 64, 64, 320},
      {nn, 64, 64, 384},  {nn, 64, 64, 448},   {nn, 64, 64, 512},    {nn, 64, 64, 1024},
      {nn, 64, 64, 2048}, {nn, 48, 80, 4096},  {nn, 1, 256, 1024},   {nn, 256, 1, 1024},
      {tn, 33, 17, 129},  {nn, 512, 512, 512}, {nn, 1024, 256, 256}, {nn, 8, 8, 8192}};
  return shapes;
}

std::string name_of(const Shape& shape) {
  const char* form = shape.form == kernels::GemmForm::nn ? "nn" : shape.form == kernels::GemmForm::nt ? "nt" : "tn";
  return "gemm." + std::string(form) + "." + std::to_string(shape.M) + "x" + std::to_string(shape.N) + "x" +
         std::to_string(shape.K);
}

}  // namespace envlock::blas
