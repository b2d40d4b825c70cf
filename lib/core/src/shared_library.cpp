#include "envlock/core/shared_library.h"

#include <dlfcn.h>

#include "envlock/core/diagnostic.h"
#include "envlock/core/text.h"

namespace envlock::core {
namespace {

[[noreturn]] void throw_missing(const std::string& name, const std::string& purpose) {
  const char* said = dlerror();
  throw Error({.code = "library-missing",
               .what = "`" + name + "` cannot be loaded, which is needed " + purpose,
               .why = {said != nullptr ? printable(said) : "the loader says no more"},
               .hints = {"install the package of the system that holds it"}});
}

}  // namespace

SharedLibrary::SharedLibrary(const char* name, const char* purpose)
    : name_(name), purpose_(purpose), handle_(dlopen(name, RTLD_LAZY | RTLD_LOCAL)) {
  if (handle_ == nullptr) throw_missing(name_, purpose_);
}

void* SharedLibrary::address_of(const char* symbol) const {
  void* address = dlsym(handle_, symbol);
  if (address == nullptr) throw_missing(name_, purpose_);
  return address;
}

}  // namespace envlock::core
