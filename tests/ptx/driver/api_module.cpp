#include "state.h"

#include "../interpreter/error.h"
#include "../interpreter/policy.h"

#include <algorithm>
#include <cstring>
#include <string>

/// Modules, functions and launches.
namespace envlock::fake_cuda {
namespace {

constexpr int kInfoLog = 3, kInfoLogSize = 4, kErrorLog = 5, kErrorLogSize = 6;

/// What a caller of cuModuleLoadDataEx wants to be told.
struct JitLog {
  char* text = nullptr;
  std::size_t size = 0;
  void** size_slot = nullptr;
  void write(const std::string& message) const {
    if (text == nullptr || size == 0) return;
    const std::size_t count = std::min(message.size(), size - 1);
    std::memcpy(text, message.data(), count);
    text[count] = '\0';
    if (size_slot != nullptr) *size_slot = reinterpret_cast<void*>(count);
  }
};

JitLog find_log(unsigned count, const int* options, void** values, int text_option, int size_option) {
  JitLog log;
  for (unsigned i = 0; i < count; ++i) {
    if (options[i] == text_option) log.text = static_cast<char*>(values[i]);
    if (options[i] == size_option) {
      log.size = reinterpret_cast<std::uintptr_t>(values[i]);
      log.size_slot = &values[i];
    }
  }
  return log;
}

/// The newest PTX version, times ten, that a driver of this version takes.
int newest_ptx(int driver) {
  const int major = driver / 1000, minor = driver % 1000 / 10;
  if (major <= 9) return 60 + minor;
  if (major == 10) return 63 + minor;
  if (major == 11) return 70 + minor;
  if (major == 12) return 80 + minor;
  return major * 10 - 40;
}

Result refuse(const JitLog& log, Result result, const std::string& message) {
  log.write(message);
  report("a module is refused: " + message + "\n");
  return result;
}

Result load_module(Module* module, const char* text, const JitLog& log) {
  FakeContext& context = *current();
  if (!config().jit_error.empty()) return refuse(log, kInvalidPtx, config().jit_error);
  auto made = std::make_unique<FakeModule>();
  made->context = &context;
  try {
    const ptx::Module parsed = ptx::parse(text);
    const int version = static_cast<int>(std::strtod(parsed.version.c_str(), nullptr) * 10 + 0.5);
    if (version > newest_ptx(config().driver_version))
      return refuse(log, kUnsupportedPtxVersion, "PTX " + parsed.version + " is newer than this driver");
    const int target = parsed.target.size() > 3 ? std::atoi(parsed.target.c_str() + 3) : 0;
    if (target > config().capability_major * 10 + config().capability_minor)
      return refuse(log, kNoBinaryForGpu, "target " + parsed.target + " is newer than this device");
    if (config().check_policy) {
      std::string breaches;
      for (const ptx::PolicyBreach& breach : ptx::check_policy(text)) breaches += breach.text() + "\n";
      if (!breaches.empty()) return refuse(log, kInvalidPtx, "policy:\n" + breaches);
    }
    made->loaded = ptx::load(parsed, context.machine.memory());
  } catch (const ptx::PtxError& error) {
    return refuse(log, kInvalidPtx, error.what());
  }
  for (const auto& [name, kernel] : made->loaded.kernels) {
    auto function = std::make_unique<FakeFunction>(FakeFunction{made.get(), &kernel});
    state().functions.insert(function.get());
    made->functions.emplace(name, std::move(function));
  }
  state().modules.insert(made.get());
  context.modules.insert(made.get());
  *module = made.release();
  return kSuccess;
}

Result load_image(Module* module, const void* image, unsigned count, const int* options, void** values) {
  if (module == nullptr || image == nullptr || (count != 0 && (options == nullptr || values == nullptr)))
    return kInvalidValue;
  if (const Result result = usable(current()); result != kSuccess) return result;
  const JitLog log = find_log(count, options, values, kErrorLog, kErrorLogSize);
  find_log(count, options, values, kInfoLog, kInfoLogSize).write("");
  const auto* text = static_cast<const char*>(image);
  if (std::memcmp(text,
                  "\x7f"
                  "ELF",
                  4) == 0)
    return refuse(log, kInvalidImage, "this driver reads PTX only");
  return load_module(module, text, log);
}

Result code_of(const ptx::Finding& finding) {
  if (finding.kind == "misaligned") return kMisalignedAddress;
  if (finding.kind == "trap") return kAssert;
  if (finding.kind == "endless") return kLaunchTimeout;
  if (finding.kind == "out-of-bounds" || finding.kind == "use-after-free" || finding.kind == "constant-write")
    return kIllegalAddress;
  return kLaunchFailed;
}

Result run(FakeContext& context, ptx::Launch launch) {
  const bool flips = launch.kernel->name == config().flip_kernel &&
                     (config().flip_device < 0 || config().flip_device == context.device);
  std::uint64_t& stores = state().flip_stores[context.device];
  if (flips && config().flip.store >= stores)
    launch.flip = ptx::FlipFault{config().flip.store - stores, config().flip.bit};
  const ptx::LaunchResult result = context.machine.run(launch, config().threads);
  if (launch.flip) stores += result.stores;
  ++state().launches;
  state().thread_instructions += result.thread_instructions;
  write_statistics();
  if (!result.finding) return kSuccess;
  report(result.finding->text());
  context.broken = code_of(*result.finding);
  return context.broken;
}

/// The parameters as the kernel will see them; false where the caller gives too few.
bool gather(const ptx::Kernel& kernel, void** parameters, void** extra, std::vector<std::byte>& bytes) {
  bytes.assign(kernel.parameter_bytes, std::byte{0});
  if (extra != nullptr) {
    const std::byte* buffer = nullptr;
    std::size_t size = 0;
    for (std::size_t i = 0; extra[i] != nullptr; i += 2) {
      if (reinterpret_cast<std::uintptr_t>(extra[i]) == 1) buffer = static_cast<const std::byte*>(extra[i + 1]);
      if (reinterpret_cast<std::uintptr_t>(extra[i]) == 2) size = *static_cast<const std::size_t*>(extra[i + 1]);
    }
    if (buffer == nullptr || size < bytes.size()) return false;
    std::memcpy(bytes.data(), buffer, bytes.size());
    return true;
  }
  if (kernel.parameters.empty()) return true;
  if (parameters == nullptr) return false;
  for (std::size_t i = 0; i < kernel.parameters.size(); ++i) {
    if (parameters[i] == nullptr) return false;
    std::memcpy(bytes.data() + kernel.parameters[i].offset, parameters[i], kernel.parameters[i].size);
  }
  return true;
}

}  // namespace

extern "C" {

Result cuModuleLoadData(Module* module, const void* image) {
  ENVLOCK_FAKE_CUDA_ENTER("cuModuleLoadData");
  return load_image(module, image, 0, nullptr, nullptr);
}

Result cuModuleLoadDataEx(Module* module, const void* image, unsigned int count, int* options, void** values) {
  ENVLOCK_FAKE_CUDA_ENTER("cuModuleLoadDataEx");
  return load_image(module, image, count, options, values);
}

Result cuModuleUnload(Module module) {
  ENVLOCK_FAKE_CUDA_ENTER("cuModuleUnload");
  if (!known(state().modules, module)) return kInvalidHandle;
  auto* gone = static_cast<FakeModule*>(module);
  flush_all(*gone->context);
  for (const std::uint64_t address : gone->loaded.allocations) gone->context->machine.memory().free(address);
  for (const auto& [name, function] : gone->functions) state().functions.erase(function.get());
  gone->context->modules.erase(gone);
  state().modules.erase(gone);
  delete gone;
  return kSuccess;
}

Result cuModuleGetFunction(Function* function, Module module, const char* name) {
  ENVLOCK_FAKE_CUDA_ENTER("cuModuleGetFunction");
  if (function == nullptr || name == nullptr) return kInvalidValue;
  if (!known(state().modules, module)) return kInvalidHandle;
  const auto& functions = static_cast<FakeModule*>(module)->functions;
  const auto found = functions.find(name);
  if (found == functions.end()) return kNotFound;
  *function = found->second.get();
  return kSuccess;
}

Result cuModuleGetGlobal_v2(Address* address, std::size_t* bytes, Module module, const char* name) {
  ENVLOCK_FAKE_CUDA_ENTER("cuModuleGetGlobal_v2");
  if (name == nullptr) return kInvalidValue;
  if (!known(state().modules, module)) return kInvalidHandle;
  const auto* owner = static_cast<FakeModule*>(module);
  const auto found = owner->loaded.globals.find(name);
  if (found == owner->loaded.globals.end()) return kNotFound;
  if (address != nullptr) *address = found->second;
  if (bytes != nullptr) *bytes = owner->context->machine.memory().find(found->second)->size;
  return kSuccess;
}

Result cuFuncGetAttribute(int* value, int attribute, Function function) {
  ENVLOCK_FAKE_CUDA_ENTER("cuFuncGetAttribute");
  if (value == nullptr) return kInvalidValue;
  if (!known(state().functions, function)) return kInvalidHandle;
  const ptx::Kernel& kernel = *static_cast<FakeFunction*>(function)->kernel;
  const int values[] = {static_cast<int>(kernel.max_threads),
                        static_cast<int>(kernel.shared_bytes),
                        0,
                        static_cast<int>(kernel.local_bytes),
                        static_cast<int>(std::min(kernel.registers, 255u)),
                        60,
                        config().capability_major * 10 + config().capability_minor,
                        0,
                        static_cast<int>(static_cast<FakeFunction*>(function)->most_dynamic_shared)};
  if (attribute < 0 || attribute >= static_cast<int>(std::size(values))) return kInvalidValue;
  *value = values[attribute];
  return kSuccess;
}

Result cuFuncSetAttribute(Function function, int attribute, int value) {
  ENVLOCK_FAKE_CUDA_ENTER("cuFuncSetAttribute");
  if (!known(state().functions, function)) return kInvalidHandle;
  if (attribute == 9) return kSuccess;  // how to share the cache: only a wish
  if (attribute != 8 || value < 0 || value > 99 * 1024) return kInvalidValue;
  static_cast<FakeFunction*>(function)->most_dynamic_shared = static_cast<std::uint32_t>(value);
  return kSuccess;
}

Result cuOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, Function function, int size, std::size_t) {
  ENVLOCK_FAKE_CUDA_ENTER("cuOccupancyMaxActiveBlocksPerMultiprocessor");
  if (blocks == nullptr || size <= 0) return kInvalidValue;
  if (!known(state().functions, function)) return kInvalidHandle;
  *blocks = std::clamp(2048 / size, 0, 16);
  return kSuccess;
}

Result cuLaunchKernel(Function function, unsigned int grid_x, unsigned int grid_y, unsigned int grid_z,
                      unsigned int block_x, unsigned int block_y, unsigned int block_z, unsigned int shared_bytes,
                      Stream stream, void** parameters, void** extra) {
  ENVLOCK_FAKE_CUDA_ENTER("cuLaunchKernel");
  if (const Result result = usable(current()); result != kSuccess) return result;
  FakeContext& context = *current();
  if (!known(state().functions, function)) return kInvalidHandle;
  const FakeFunction& made = *static_cast<FakeFunction*>(function);
  if (made.module->context != &context) return kInvalidHandle;
  FakeStream* const queue = find_stream(context, stream);
  if (queue == nullptr) return kInvalidHandle;
  ptx::Launch launch;
  launch.kernel = made.kernel;
  launch.grid = {grid_x, grid_y, grid_z};
  launch.block = {block_x, block_y, block_z};
  launch.dynamic_shared = shared_bytes;
  const std::uint64_t threads = launch.block.count();
  if (launch.grid.count() == 0 || threads == 0 || grid_x > 0x7fffffffu || grid_y > 65535 || grid_z > 65535 ||
      block_x > 1024 || block_y > 1024 || block_z > 64 || threads > 1024)
    return kInvalidValue;
  if (shared_bytes > made.most_dynamic_shared || shared_bytes + made.kernel->shared_bytes > 99 * 1024)
    return kInvalidValue;
  if (threads > made.kernel->max_threads) return kLaunchOutOfResources;
  if (!gather(*made.kernel, parameters, extra, launch.parameters)) return kInvalidValue;
  launch.seed = config().seed;
  launch.sm_count = static_cast<std::uint32_t>(config().devices[static_cast<std::size_t>(context.device)].sm_count);
  launch.check_races = config().check_races;
  launch.check_undefined = config().check_undefined;
  return enqueue(*queue, [&context, launch] { return run(context, launch); });
}

}  // extern "C"

}  // namespace envlock::fake_cuda
