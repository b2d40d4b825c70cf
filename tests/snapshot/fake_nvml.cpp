// NVML and libcuda as far as a snapshot asks them. With FAKE_NVML_crashes it dies at the second device, with
// FAKE_NVML_hangs it never answers after the first.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

extern "C" {

struct Memory {
  unsigned long long total, free, used;
};
struct Attributes {
  unsigned multiprocessors;
  unsigned engines[5];
  unsigned slices[2];
  unsigned long long megabytes;
};

int g_devices[3] = {0, 1, 2};
int index_of(void* device) {
  return *static_cast<int*>(device);
}

int nvmlInit_v2() {
#ifdef FAKE_NVML_refuses
  return 9;
#else
  return 0;
#endif
}
int nvmlSystemGetDriverVersion(char* text, unsigned size) {
  std::snprintf(text, size, "550.54.15");
  return 0;
}
int nvmlDeviceGetCount_v2(unsigned* count) {
  *count = 3;
  return 0;
}
int nvmlDeviceGetHandleByIndex_v2(unsigned index, void** device) {
#ifdef FAKE_NVML_crashes
  if (index == 1) std::abort();
#endif
#ifdef FAKE_NVML_hangs
  if (index == 1) {
    for (;;) pause();
  }
#endif
  if (index == 2) return 15;  // fallen off the bus
  *device = &g_devices[index];
  return 0;
}
int nvmlDeviceGetUUID(void* device, char* text, unsigned size) {
  std::snprintf(text, size, "GPU-0000000%d-0000-0000-0000-000000000000", index_of(device));
  return 0;
}
int nvmlDeviceGetName(void* device, char* text, unsigned size) {
  std::snprintf(text, size, index_of(device) == 0 ? "NVIDIA A100-SXM4-80GB" : "Evil\nname\x1b[2J");
  return 0;
}
int nvmlDeviceGetCudaComputeCapability(void* device, int* major, int* minor) {
  *major = index_of(device) == 0 ? 8 : 9;
  *minor = 0;
  return 0;
}
int nvmlDeviceGetMemoryInfo(void*, Memory* memory) {
  *memory = {85899345920ull, 1, 2};
  return 0;
}
int nvmlDeviceGetEccMode(void* device, unsigned* current, unsigned* pending) {
  *current = index_of(device) == 0 ? 1 : 0;
  *pending = 1;
  return 0;
}
int nvmlDeviceGetMigMode(void* device, unsigned* current, unsigned* pending) {
  if (index_of(device) == 1) return 3;  // not supported
  *current = 0;
  *pending = 1;
  return 0;
}
int nvmlDeviceGetAttributes_v2(void* device, Attributes* attributes) {
  if (index_of(device) == 1) return 3;
  std::memset(attributes, 0, sizeof *attributes);
  attributes->multiprocessors = 108;
  return 0;
}
}
