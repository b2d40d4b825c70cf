// What happens where there is no GPU, no driver, or not the kernels that were built.
#include <cstdlib>
#include <string>

#include "cuda_program.h"
#include "cuda_session.h"
#include "envlock/core/diagnostic.h"
#include "envlock/core/digest.h"
#include "envlock/kernels/cuda_launch.h"
#include "envlock/kernels/cuda_ptx.h"
#include "envlock/probe/cuda.h"
#include "support/catch.h"

using namespace envlock;

namespace {

/// Sets a variable of the environment for one test.
class Variable {
 public:
  Variable(const char* name, const std::string& value) : name_(name) {
    if (const char* before = std::getenv(name)) before_ = before;
    setenv(name, value.c_str(), 1);
  }
  ~Variable() {
    if (before_.empty())
      unsetenv(name_);
    else
      setenv(name_, before_.c_str(), 1);
  }

 private:
  const char* name_;
  std::string before_;
};

template <typename F>
core::Diagnostic diagnostic_of(const F& function) {
  try {
    function();
  } catch (const core::Error& error) {
    return error.diagnostics().front();
  }
  FAIL("nothing was thrown");
  return {};
}

}  // namespace

TEST_CASE("without a driver the error says so, and what to do") {
  const Variable library("ENVLOCK_LIBCUDA", "/nowhere/libcuda.so.1");
  const core::Diagnostic found = diagnostic_of([] { probe::find_cuda(); });
  CHECK(found.code == "no-cuda-driver");
  CHECK(found.what.find("/nowhere/libcuda.so.1") != std::string::npos);
  REQUIRE(found.why.size() == 1);
  CHECK(found.why[0].find("No such file") != std::string::npos);
  CHECK(found.hints.size() == 2);
}

TEST_CASE("a library that is no driver is named with the function that it lacks") {
  const Variable library("ENVLOCK_LIBCUDA", "libm.so.6");
  const core::Diagnostic found = diagnostic_of([] { probe::find_cuda(); });
  CHECK(found.code == "no-cuda-driver");
  REQUIRE(found.why.size() == 1);
  CHECK(found.why[0] == "it has no `cuInit`: it is too old");
}

TEST_CASE("the kernels that ship are those that were built") {
  CHECK(probe::cuda::shipped_ptx() == kernels::cuda::ptx());
  CHECK(core::format(core::sha256(kernels::cuda::ptx())) == kernels::cuda::ptx_sha256());
}

TEST_CASE("a changed PTX text is refused by its hash") {
  std::string text(kernels::cuda::ptx());
  const auto at = text.find("fma.rn.f32");
  REQUIRE(at != std::string::npos);
  text[at + 5] = 'z';
  const core::Diagnostic found = diagnostic_of([&] { probe::cuda::checked_ptx(text, kernels::cuda::ptx_sha256()); });
  CHECK(found.code == "ptx-tampered");
  CHECK(found.why.size() == 2);
  CHECK(diagnostic_of([&] { probe::cuda::checked_ptx("", kernels::cuda::ptx_sha256()); }).code == "ptx-tampered");
}

TEST_CASE("a product takes the largest tile that keeps every multiprocessor busy") {
  using probe::cuda::choose_tile;
  CHECK(choose_tile(256, 192, 1, 132) == 0);    // 48 blocks of the smallest tile: none would fill the device
  CHECK(choose_tile(2048, 768, 1, 132) == 1);   // 384 blocks of 64x64, 96 of 128x128
  CHECK(choose_tile(4096, 4096, 1, 132) == 2);  // 1,024 blocks of 128x128
  CHECK(choose_tile(256, 192, 264, 132) == 2);  // many replicas
  CHECK(choose_tile(1, 1, 1, 1) == 0);
  CHECK(probe::cuda::gemm_kernel(kernels::GemmForm::tn, 2) == "envlock_gemm_tn_128x128");
}
