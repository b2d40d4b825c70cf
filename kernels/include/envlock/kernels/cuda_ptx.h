#pragma once

#include <string_view>

namespace envlock::kernels::cuda {

/// The PTX text of all kernels (kernels/ptx/envlock_kernels.ptx), as it lies in this program.
std::string_view ptx();
/// The SHA-256 in hex that the text had when this program was built.
std::string_view ptx_sha256();

}  // namespace envlock::kernels::cuda
