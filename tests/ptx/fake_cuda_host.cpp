// A host program of the usual kind: it loads a libcuda.so.1 by its path and runs one scenario. Each line it prints is a
// name and a number or text, which fake_driver_test.cpp compares.
#include <dlfcn.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#define ENVLOCK_FAKE_CUDA_TYPES_ONLY
#include "cuda_abi.h"

using namespace envlock::fake_cuda;

namespace {

struct Driver {
#define ENVLOCK_FAKE_CUDA_POINTER(name, parameters) Result(*name) parameters = nullptr;
  ENVLOCK_FAKE_CUDA_FUNCTIONS(ENVLOCK_FAKE_CUDA_POINTER)
#undef ENVLOCK_FAKE_CUDA_POINTER
  explicit Driver(const char* path) {
    void* library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) {
      std::printf("dlopen %s\n", dlerror());
      std::exit(2);
    }
#define ENVLOCK_FAKE_CUDA_LOAD(name, parameters)               \
  if (void* found = dlsym(library, #name); found != nullptr) { \
    std::memcpy(&name, &found, sizeof found);                  \
  } else {                                                     \
    std::printf("missing %s\n", #name);                        \
  }
    ENVLOCK_FAKE_CUDA_FUNCTIONS(ENVLOCK_FAKE_CUDA_LOAD)
#undef ENVLOCK_FAKE_CUDA_LOAD
  }
};

void tell(const char* name, long long value) {
  std::printf("%s %lld\n", name, value);
  std::fflush(stdout);
}

void tell(const char* name, const std::string& text) {
  std::printf("%s %s\n", name, text.c_str());
  std::fflush(stdout);
}

std::string sample(const char* name) {
  std::ifstream file(std::string(ENVLOCK_SOURCE_DIR) + "/tests/ptx/samples/" + name);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

struct Program {
  explicit Program(const char* library) : cuda(library) {}

  void need(const char* what, Result result) {
    if (result == kSuccess) return;
    tell(what, result);
    std::exit(1);
  }

  void start(int ordinal = 0) {
    need("cuInit", cuda.cuInit(0));
    Device device = 0;
    need("cuDeviceGet", cuda.cuDeviceGet(&device, ordinal));
    Context context = nullptr;
    need("cuDevicePrimaryCtxRetain", cuda.cuDevicePrimaryCtxRetain(&context, device));
    need("cuCtxSetCurrent", cuda.cuCtxSetCurrent(context));
    need("cuStreamCreate", cuda.cuStreamCreate(&stream, 1));
  }

  Function function(const std::string& text, const char* name) {
    char log[4096] = "";
    int options[] = {5, 6};
    void* values[] = {log, reinterpret_cast<void*>(sizeof log)};
    Module module = nullptr;
    const Result result = cuda.cuModuleLoadDataEx(&module, text.c_str(), 2, options, values);
    if (result != kSuccess) {
      tell("load", result);
      tell("log", std::string(log).substr(0, std::string(log).find('\n')));
      std::exit(1);
    }
    Function found = nullptr;
    need("cuModuleGetFunction", cuda.cuModuleGetFunction(&found, module, name));
    return found;
  }

  Address give(const std::vector<float>& values) {
    Address address = 0;
    need("cuMemAlloc_v2", cuda.cuMemAlloc_v2(&address, values.size() * 4));
    need("cuMemcpyHtoD_v2", cuda.cuMemcpyHtoD_v2(address, values.data(), values.size() * 4));
    return address;
  }

  /// C (70,50) = A (70,40) B (40,50); `missing` elements of C are not allocated.
  Result product(const std::string& text, std::vector<float>& c, std::size_t missing = 0) {
    int m = 70, n = 50, k = 40;
    std::vector<float> a(2800), b(2000);
    for (std::size_t i = 0; i < a.size(); ++i) a[i] = static_cast<float>(i % 97) - 48.25f;
    for (std::size_t i = 0; i < b.size(); ++i) b[i] = 1.0f / static_cast<float>(1 + i % 89);
    Address left = give(a), right = give(b), out = 0;
    c.resize(3500);
    need("cuMemAlloc_v2", cuda.cuMemAlloc_v2(&out, (c.size() - missing) * 4));
    void* parameters[] = {&left, &right, &out, &m, &n, &k};
    const Function gemm = function(text, "gemm");
    const Result result = cuda.cuLaunchKernel(gemm, 1, 2, 1, 256, 1, 1, 0, stream, parameters, nullptr);
    if (result != kSuccess) return result;
    const Result waited = cuda.cuStreamSynchronize(stream);
    if (waited != kSuccess) return waited;
    return cuda.cuMemcpyDtoH_v2(c.data(), out, (c.size() - missing) * 4);
  }

  Driver cuda;
  Stream stream = nullptr;
};

unsigned long long digest(const std::vector<float>& values) {
  unsigned long long hash = 14695981039346656037u;
  for (const float value : values) {
    unsigned bits = 0;
    std::memcpy(&bits, &value, 4);
    hash = (hash ^ bits) * 1099511628211u;
  }
  return hash >> 1;
}

void devices(Program& program) {
  Driver& cuda = program.cuda;
  tell("early", cuda.cuDeviceGetCount(nullptr));
  const Result init = cuda.cuInit(0);
  tell("init", init);
  int value = 0;
  cuda.cuDriverGetVersion(&value);
  tell("version", value);
  const char* name = nullptr;
  cuda.cuGetErrorName(init == kSuccess ? kIllegalAddress : init, &name);
  tell("error", std::string(name));
  if (init != kSuccess) return;
  int count = 0;
  cuda.cuDeviceGetCount(&count);
  tell("count", count);
  for (int i = 0; i < count; ++i) {
    char text[64] = "";
    cuda.cuDeviceGetName(text, sizeof text, i);
    tell("name", std::string(text));
    cuda.cuDeviceGetPCIBusId(text, sizeof text, i);
    tell("pci", std::string(text));
    Uuid uuid;
    cuda.cuDeviceGetUuid_v2(&uuid, i);
    tell("uuid", static_cast<unsigned char>(uuid.bytes[0]) * 256ll + static_cast<unsigned char>(uuid.bytes[15]));
    cuda.cuDeviceGetAttribute(&value, 16, i);
    tell("sms", value);
    cuda.cuDeviceGetAttribute(&value, 75, i);
    tell("major", value);
    std::size_t bytes = 0;
    cuda.cuDeviceTotalMem_v2(&bytes, i);
    tell("memory", static_cast<long long>(bytes));
  }
  tell("missing device", cuda.cuDeviceGet(&value, count));
}

void gemm(Program& program) {
  program.start();
  std::vector<float> c;
  tell("gemm", program.product(sample("gemm.ptx"), c));
  tell("digest", static_cast<long long>(digest(c)));
}

/// One element of the result is not there: the launch fails, and everything after it.
void broken(Program& program) {
  program.start();
  std::vector<float> c;
  tell("gemm", program.product(sample("gemm.ptx"), c, 1));
  Address address = 0;
  tell("after", program.cuda.cuMemAlloc_v2(&address, 4));
  tell("synchronize", program.cuda.cuCtxSynchronize());
}

void misuse(Program& program) {
  Driver& cuda = program.cuda;
  Address address = 0;
  tell("before init", cuda.cuMemAlloc_v2(&address, 4));
  program.need("cuInit", cuda.cuInit(0));
  tell("no context", cuda.cuMemAlloc_v2(&address, 4));
  program.start();
  float value = 1;
  tell("alloc", cuda.cuMemAlloc_v2(&address, 4));
  tell("past the end", cuda.cuMemcpyHtoD_v2(address + 4, &value, 4));
  tell("too long", cuda.cuMemcpyDtoH_v2(&value, address, 8));
  tell("inner free", cuda.cuMemFree_v2(address + 1));
  tell("free", cuda.cuMemFree_v2(address));
  tell("free twice", cuda.cuMemFree_v2(address));
  tell("after free", cuda.cuMemcpyHtoD_v2(address, &value, 4));
  Stream other = &value;
  tell("host memory not ours", cuda.cuMemFreeHost(&value));
  tell("bad stream", cuda.cuStreamSynchronize(other));
  Function function = program.function(sample("rows.ptx"), "block_sum");
  Function missing = nullptr;
  Module module = nullptr;
  cuda.cuModuleLoadData(&module, sample("rows.ptx").c_str());
  tell("no function", cuda.cuModuleGetFunction(&missing, module, "nothing"));
  tell("no threads", cuda.cuLaunchKernel(function, 1, 1, 1, 0, 1, 1, 0, program.stream, nullptr, nullptr));
  tell("too many threads", cuda.cuLaunchKernel(function, 1, 1, 1, 1025, 1, 1, 0, program.stream, nullptr, nullptr));
  tell("no parameters", cuda.cuLaunchKernel(function, 1, 1, 1, 256, 1, 1, 0, program.stream, nullptr, nullptr));
  tell("graph", cuda.cuStreamBeginCapture_v2(program.stream, 0));
  void* found = nullptr;
  tell("proc address", cuda.cuGetProcAddress_v2("cuMemAlloc", &found, 12000, 0, nullptr));
  tell("is it", found == reinterpret_cast<void*>(cuda.cuMemAlloc_v2));
  int attribute = 0;
  tell("attribute", cuda.cuFuncGetAttribute(&attribute, 1, function));
  tell("shared", attribute);
  tell("unload", cuda.cuModuleUnload(module));
  tell("unload twice", cuda.cuModuleUnload(module));
}

/// Asynchronous copies with pinned memory are only done when somebody waits.
void late(Program& program) {
  program.start();
  Driver& cuda = program.cuda;
  void* pinned = nullptr;
  program.need("cuMemHostAlloc", cuda.cuMemHostAlloc(&pinned, 64, 0));
  auto* words = static_cast<unsigned*>(pinned);
  Address address = 0;
  program.need("cuMemAlloc_v2", cuda.cuMemAlloc_v2(&address, 4));
  program.need("cuMemsetD32Async", cuda.cuMemsetD32Async(address, 77, 1, program.stream));
  words[0] = 5;
  program.need("cuMemcpyDtoHAsync_v2", cuda.cuMemcpyDtoHAsync_v2(pinned, address, 4, program.stream));
  tell("early", words[0]);
  tell("ready", cuda.cuStreamQuery(program.stream));
  tell("wait", cuda.cuStreamSynchronize(program.stream));
  tell("late", words[0]);
  unsigned pageable = 9;
  program.need("cuMemcpyHtoDAsync_v2", cuda.cuMemcpyHtoDAsync_v2(address, &pageable, 4, program.stream));
  pageable = 10;  // CUDA has kept a copy of pageable memory
  unsigned back = 0;
  program.need("cuMemcpyDtoHAsync_v2", cuda.cuMemcpyDtoHAsync_v2(&back, address, 4, program.stream));
  tell("pageable", back);
  words[1] = 30;
  program.need("cuMemcpyHtoDAsync_v2", cuda.cuMemcpyHtoDAsync_v2(address, words + 1, 4, program.stream));
  words[1] = 31;  // too early: the copy has not been made
  program.need("cuMemcpyDtoH_v2", cuda.cuMemcpyDtoH_v2(&back, address, 4));
  tell("overwritten", back);
  program.need("cuMemFreeHost", cuda.cuMemFreeHost(pinned));
}

/// Two devices do not see each other's memory.
void two(Program& program) {
  program.start(1);
  std::vector<float> c;
  tell("second", program.product(sample("gemm.ptx"), c));
  const long long second = static_cast<long long>(digest(c));
  Address address = program.give({1, 2});
  program.start(0);
  float value = 0;
  tell("other device's memory", program.cuda.cuMemcpyDtoH_v2(&value, address, 4));
  tell("first", program.product(sample("gemm.ptx"), c));
  tell("equal", static_cast<long long>(digest(c)) == second);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  Program program(argv[1]);
  const std::string scenario = argv[2];
  if (scenario == "devices") devices(program);
  if (scenario == "gemm") gemm(program);
  if (scenario == "broken") broken(program);
  if (scenario == "misuse") misuse(program);
  if (scenario == "late") late(program);
  if (scenario == "two") two(program);
  if (scenario == "load") {
    program.start();
    std::stringstream text;
    text << std::ifstream(argv[3]).rdbuf();
    program.function(text.str(), "k");
    tell("load", 0ll);
  }
  return 0;
}
