#include "fault.h"

#include <functional>
#include <utility>

#include "envlock/prefix/transaction.h"

namespace envlock::prefix {
namespace {

std::function<void(const char*)>& hook() {
  static std::function<void(const char*)> installed;
  return installed;
}

}  // namespace

void set_fault_hook(std::function<void(const char* step)> replacement) {
  hook() = std::move(replacement);
}

void fault_point(const char* step) {
  if (hook()) hook()(step);
}

}  // namespace envlock::prefix
