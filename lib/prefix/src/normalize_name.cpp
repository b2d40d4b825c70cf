#include "envlock/core/text.h"
#include "envlock/prefix/wheel.h"

namespace envlock::prefix {

std::string normalize_name(std::string_view name) {
  std::string normalized;
  for (const char letter : core::to_lower(name)) {
    const bool separator = letter == '-' || letter == '_' || letter == '.';
    if (!separator) {
      normalized += letter;
    } else if (normalized.empty() || normalized.back() != '-') {
      normalized += '-';
    }
  }
  return normalized;
}

}  // namespace envlock::prefix
