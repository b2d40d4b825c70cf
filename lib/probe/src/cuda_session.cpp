#include "cuda_session.h"

#include "envlock/core/diagnostic.h"
#include "envlock/core/digest.h"
#include "envlock/core/text.h"
#include "envlock/kernels/cuda_ptx.h"

namespace envlock::probe::cuda {

Session::Session(int device, const std::string& ptx) : driver_(Driver::get()) {
  const int count = driver_.device_count();
  if (device < 0 || device >= count) {
    throw core::Error({.code = "no-cuda-device",
                       .what = "there is no GPU " + std::to_string(device),
                       .where = std::nullopt,
                       .why = {count == 1 ? "the driver shows one GPU, which has the number 0"
                                          : "the driver shows " + std::to_string(count) + " GPUs, numbered from 0"},
                       .hints = {"`--device cuda:0`"}});
  }
  device_ = driver_.describe(device);
  who_ = name_of(device_);
  const Functions& f = driver_.functions();
  check(f.device(&ordinal_, device), "cuDeviceGet");
  check(f.retain_context(&context_, ordinal_), "cuDevicePrimaryCtxRetain");
  try {
    enter();
    check(f.create_stream(&stream_, kNonBlockingStream), "cuStreamCreate");
    if (!ptx.empty()) load(ptx);
  } catch (...) {
    release();
    throw;
  }
}

Session::~Session() {
  release();
}

void Session::release() noexcept {
  // What fails here cannot be helped, and the process's end gives everything back.
  const Functions& f = driver_.functions();
  f.set_context(context_);
  if (stream_ != nullptr) f.synchronize(stream_);
  for (const Address address : allocations_) f.free(address);
  if (module_ != nullptr) f.unload_module(module_);
  if (stream_ != nullptr) f.destroy_stream(stream_);
  f.set_context(nullptr);
  f.release_context(ordinal_);
}

void Session::check(Result result, const char* call) const {
  driver_.check(result, call, who_);
}

void Session::enter() const {
  check(driver_.functions().set_context(context_), "cuCtxSetCurrent");
}

void Session::load(const std::string& ptx) {
  char log[4096] = {};
  int names[] = {error_log_buffer, error_log_buffer_size};
  // The driver takes a number where an option's value is one, in place of the pointer.
  void* values[] = {log, reinterpret_cast<void*>(sizeof log - 1)};
  const Result result = driver_.functions().load_module(&module_, ptx.c_str(), 2, names, values);
  try {
    check(result, "cuModuleLoadDataEx");
  } catch (core::Error& error) {
    core::Diagnostic diagnostic = error.diagnostics().front();
    for (const std::string_view line : core::split(log, '\n')) {
      if (!core::trim(line).empty() && diagnostic.why.size() < 8) diagnostic.why.push_back(core::printable(line));
    }
    diagnostic.hints = {"the kernels need a driver of CUDA 9 or newer, and a GPU of compute capability 5.0 or higher"};
    throw core::Error(std::move(diagnostic));
  }
}

Function Session::function(const std::string& kernel) {
  Function& function = functions_[kernel];
  if (function == nullptr) {
    check(driver_.functions().function(&function, module_, kernel.c_str()), "cuModuleGetFunction");
  }
  return function;
}

Address Session::allocate_if_free(std::size_t bytes) {
  Address address = 0;
  const Result result = driver_.functions().allocate(&address, bytes);
  if (result == kOutOfMemory) return 0;
  check(result, "cuMemAlloc_v2");
  allocations_.push_back(address);
  return address;
}

Address Session::allocate(std::size_t bytes) {
  const Address address = allocate_if_free(bytes);
  if (address == 0) check(kOutOfMemory, "cuMemAlloc_v2");
  return address;
}

void Session::upload(Address to, const void* from, std::size_t bytes) const {
  check(driver_.functions().to_device(to, from, bytes, stream_), "cuMemcpyHtoDAsync_v2");
}

void Session::download(void* to, Address from, std::size_t bytes) const {
  check(driver_.functions().to_host(to, from, bytes, stream_), "cuMemcpyDtoHAsync_v2");
  wait();
}

void Session::launch(KernelCall& call) const {
  std::vector<void*> arguments;
  arguments.reserve(call.arguments.size());
  for (std::vector<std::byte>& bytes : call.arguments) arguments.push_back(bytes.data());
  const auto size = [](int n) { return static_cast<unsigned>(n); };
  const Result result =
      driver_.functions().launch(call.function, size(call.grid.x), size(call.grid.y), size(call.grid.z),
                                 size(call.threads), 1, 1, 0, stream_, arguments.data(), nullptr);
  if (result != kSuccess) check(result, ("cuLaunchKernel(" + call.kernel + ")").c_str());
}

void Session::wait() const {
  check(driver_.functions().synchronize(stream_), "cuStreamSynchronize");
}

std::string checked_ptx(std::string_view text, std::string_view sha256) {
  const std::string found = core::format(core::sha256(text));
  if (found != sha256) {
    throw core::Error({.code = "ptx-tampered",
                       .what = "the GPU kernels in this program are not those it was built with",
                       .where = std::nullopt,
                       .why = {"want sha256 " + std::string(sha256), "have sha256 " + found},
                       .hints = {"install envlock again: its file was changed or damaged"}});
  }
  return std::string(text);
}

std::string shipped_ptx() {
  return checked_ptx(kernels::cuda::ptx(), kernels::cuda::ptx_sha256());
}

}  // namespace envlock::probe::cuda
