#include "support/golden.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace envlock_test {
namespace {

std::string line_at(std::string_view text, std::size_t position) {
  const std::size_t begin = position == 0 ? 0 : text.rfind('\n', position - 1) + 1;
  return std::string(text.substr(begin, text.find('\n', begin) - begin));
}

}  // namespace

std::string compare_with_golden(const std::string& name, std::string_view text) {
  const std::filesystem::path path = std::filesystem::path(ENVLOCK_SOURCE_DIR) / "fixtures" / "golden" / name;
  if (updating()) {
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary).write(text.data(), static_cast<std::streamsize>(text.size()));
    return {};
  }
  std::ifstream file(path, std::ios::binary);
  std::ostringstream buffer;
  buffer << file.rdbuf();
  const std::string want = buffer.str();
  if (file.is_open() && want == text) return {};
  const auto position =
      static_cast<std::size_t>(std::mismatch(want.begin(), want.end(), text.begin(), text.end()).first - want.begin());
  const auto line = 1 + std::count(want.begin(), want.begin() + static_cast<std::ptrdiff_t>(position), '\n');
  return "fixtures/golden/" + name + ":" + std::to_string(line) + " differs\n  want: " + line_at(want, position) +
         "\n  have: " + line_at(text, std::min(position, text.size())) +
         "\n  to accept: run this test program with --update";
}

}  // namespace envlock_test
