#include "envlock/probe/cuda_workplace.h"

#include "cuda_session.h"

namespace envlock::probe {

struct CudaWorkplace::Hidden {
  cuda::Session session;
};

// Without kernels of ours: the library brings its own.
CudaWorkplace::CudaWorkplace(int device) : hidden_(new Hidden{cuda::Session(device, {})}) {}

CudaWorkplace::~CudaWorkplace() = default;

const CudaDevice& CudaWorkplace::device() const {
  return hidden_->session.device();
}

int CudaWorkplace::driver_version() const {
  return cuda::Driver::get().version();
}

void* CudaWorkplace::stream() const {
  return hidden_->session.stream();
}

std::uint64_t CudaWorkplace::allocate(std::size_t bytes) {
  return hidden_->session.allocate(bytes);
}

void CudaWorkplace::upload(std::uint64_t to, const void* from, std::size_t bytes) const {
  hidden_->session.upload(to, from, bytes);
}

void CudaWorkplace::download(void* to, std::uint64_t from, std::size_t bytes) const {
  hidden_->session.download(to, from, bytes);
}

}  // namespace envlock::probe
