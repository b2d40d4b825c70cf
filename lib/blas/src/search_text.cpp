#include "search_text.h"

#include <system_error>

namespace envlock::blas {
namespace {

namespace fs = std::filesystem;

bool is_letter_of_name(char letter) {
  return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') || (letter >= '0' && letter <= '9') ||
         letter == '_';
}

/// The word after a dollar, and how many bytes it takes with its braces; an empty word when there is none.
struct Token {
  std::string_view word;
  std::size_t length = 0;
};

Token token_at(std::string_view text) {
  const bool has_braces = text.starts_with('{');
  const std::size_t start = has_braces ? 1 : 0;
  std::size_t end = start;
  while (end < text.size() && is_letter_of_name(text[end])) ++end;
  if (has_braces && (end == text.size() || text[end] != '}')) return {};
  return {text.substr(start, end - start), has_braces ? end + 1 : end};
}

/// What the system's dynamic linker was built with; distributions differ.
const std::string& library_folder() {
  static const std::string folder = [] {
#if defined(__aarch64__)
    const std::string multiarch = "lib/aarch64-linux-gnu";
#else
    const std::string multiarch = "lib/x86_64-linux-gnu";
#endif
    std::error_code error;
    return fs::exists("/" + multiarch + "/libc.so.6", error) ? multiarch : std::string("lib64");
  }();
  return folder;
}

}  // namespace

std::optional<std::string> expand_tokens(std::string_view text, const fs::path& origin) {
  std::string expanded;
  for (std::size_t place = 0; place < text.size(); ++place) {
    const Token token = text[place] == '$' ? token_at(text.substr(place + 1)) : Token{};
    if (token.word == "ORIGIN") {
      if (origin.empty()) return std::nullopt;
      expanded += origin.string();
    } else if (token.word == "LIB") {
      expanded += library_folder();
    } else if (token.word == "PLATFORM") {
#if defined(__aarch64__)
      expanded += "aarch64";
#else
      expanded += "x86_64";
#endif
    } else {
      expanded += text[place];
      continue;
    }
    place += token.length;
  }
  return expanded;
}

std::vector<std::string_view> split_search_text(std::string_view text, std::string_view separators) {
  std::vector<std::string_view> parts;
  if (text.empty()) return parts;
  while (true) {
    const std::size_t end = text.find_first_of(separators);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

}  // namespace envlock::blas
