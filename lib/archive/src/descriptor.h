#pragma once

#include <unistd.h>

#include <utility>

namespace envlock::archive {

/// A file descriptor, closed at the end of its life.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) close(number_);
  }
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  int get() const { return number_; }
  explicit operator bool() const { return number_ >= 0; }
  /// For those who want to know what close says.
  int release() { return std::exchange(number_, -1); }

 private:
  int number_ = -1;
};

}  // namespace envlock::archive
