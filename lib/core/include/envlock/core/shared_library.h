#pragma once

#include <cstring>
#include <string>

namespace envlock::core {

/// A library of the system that is loaded when it is first needed, not when the program starts. It stays until the
/// process ends.
class SharedLibrary {
 public:
  /// `name`: as the loader knows it, "libcurl.so.4". `purpose`, for the message: "to download".
  /// Throws: core::Error "library-missing".
  SharedLibrary(const char* name, const char* purpose);

  /// Sets `function` to the address of `symbol`.
  /// Throws: core::Error "library-missing".
  template <typename Function>
  void find(const char* symbol, Function*& function) const {
    void* address = address_of(symbol);
    static_assert(sizeof function == sizeof address);
    std::memcpy(&function, &address, sizeof address);  // no cast makes a function of an object pointer
  }

 private:
  void* address_of(const char* symbol) const;

  std::string name_, purpose_;
  void* handle_;
};

}  // namespace envlock::core
