// cuBLAS loaded into this process.
#pragma once

#include <filesystem>
#include <stdexcept>
#include <string>

#include "cublas_abi.h"
#include "envlock/blas/cublas.h"

namespace envlock::blas::cublas {

/// What a library refused, in words: "`cublasSgemm_v2` answered CUBLAS_STATUS_ALLOC_FAILED".
struct Failure : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Throws: Failure unless `status` is success. `call` is the function's name.
void check(Status status, const char* call);

/// Stays loaded to the end of the process.
struct Loaded {
  Functions functions;
  LtFunctions lt;
  std::filesystem::path origin;     ///< where the product comes from, as dladdr says
  std::filesystem::path lt_origin;  ///< the same of cuBLASLt; empty without it
};

/// cuBLASLt first, so that cuBLAS gets this one and no other. Without a path of one, cuBLAS finds it by itself, and
/// `lt` has no functions unless `need_lt`.
/// Throws: Failure with the linker's words, or the name of a function that it lacks.
Loaded load(const CublasLibrary& library, bool need_lt);

/// 120604 and 111003 are 12.6.4 and 11.10.3.
std::string format_version(int version);

}  // namespace envlock::blas::cublas
