// A driver as far as detection asks it: the functions of libcuda, or of NVML with FAKE_DRIVER_nvml.
#include <unistd.h>

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>

extern "C" {

#ifdef FAKE_DRIVER_nvml
int nvmlInit_v2() {
  return 0;
}
int nvmlSystemGetCudaDriverVersion_v2(int* version) {
  *version = 11040;
  return 0;
}
int nvmlDeviceGetCount_v2(unsigned* count) {
  *count = 1;
  return 0;
}
int nvmlDeviceGetHandleByIndex_v2(unsigned, void** device) {
  *device = nullptr;
  return 0;
}
int nvmlDeviceGetCudaComputeCapability(void*, int* major, int* minor) {
  *major = 7;
  *minor = 0;
  return 0;
}
#else
int cuDriverGetVersion(int* version) {
#ifdef FAKE_DRIVER_refuses
  (void)version;
  return 34;
#else
#ifdef FAKE_DRIVER_hangs
  for (;;) pause();
#endif
  *version = 12090;
  return 0;
#endif
}
int cuInit(unsigned) {
#ifdef FAKE_DRIVER_no_device
  return 100;
#endif
#ifdef FAKE_DRIVER_crashes
  std::abort();
#endif
  return 0;
}
// As the real one: only the devices that the variable shows.
int cuDeviceGetCount(int* count) {
  *count = std::getenv("CUDA_VISIBLE_DEVICES") != nullptr ? 0 : 2;
  return 0;
}
// Its order is not NVML's: device 1 is NVML's first.
int cuDeviceGet(int* device, int index) {
  *device = index;
  return 0;
}
int cuDeviceGetUuid(unsigned char* uuid, int device) {
  std::memset(uuid, 0, 16);
  uuid[3] = device == 0 ? 1 : 0;
  return 0;
}
int cuDeviceGetName(char* name, int size, int device) {
  std::snprintf(name, static_cast<std::size_t>(size), "Device %d", device);
  return 0;
}
int cuDeviceTotalMem_v2(std::size_t* bytes, int device) {
  *bytes = std::size_t{1} << (30 + device);
  return 0;
}
// Device 0 is 9.0, device 1 is 8.6.
int cuDeviceGetAttribute(int* value, int attribute, int device) {
  if (attribute == 16) {
    *value = device == 0 ? 132 : 84;
    return 0;
  }
  if (device == 0) *value = attribute == 75 ? 9 : 0;
  if (device == 1) *value = attribute == 75 ? 8 : 6;
  return 0;
}
#endif
}
