#include "envlock/pypi/name.h"

#include <algorithm>

#include "ascii.h"

namespace envlock::pypi {
namespace {

bool is_separator(char c) {
  return c == '-' || c == '_' || c == '.';
}

}  // namespace

std::string normalize_name(std::string_view name) {
  std::string normalized;
  normalized.reserve(name.size());
  for (const char c : name) {
    if (!is_separator(c)) {
      normalized += ascii::to_lower(c);
    } else if (normalized.empty() || normalized.back() != '-') {
      normalized += '-';
    }
  }
  return normalized;
}

bool is_valid_name(std::string_view name) {
  if (name.empty() || is_separator(name.front()) || is_separator(name.back())) return false;
  return std::all_of(name.begin(), name.end(), [](char c) { return ascii::is_alphanumeric(c) || is_separator(c); });
}

}  // namespace envlock::pypi
