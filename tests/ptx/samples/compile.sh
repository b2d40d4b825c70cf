#!/bin/sh
# Compiles the sample kernels anew: sh compile.sh, with clang-19. No CUDA toolkit is used.
cd "$(dirname "$0")" || exit 2
for source in *.cu; do
  clang-19 -x cuda --cuda-device-only --cuda-gpu-arch=sm_50 --cuda-feature=+ptx60 --cuda-path=/nonexistent -nocudainc \
    -nocudalib -std=c++20 -O3 -ffp-contract=off -fno-ident -S -o "${source%.cu}.ptx" "$source" || exit 1
done
