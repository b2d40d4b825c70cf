#include "envlock/core/text.h"

#include "support/catch.h"

using namespace envlock::core;

TEST_CASE("split keeps empty parts") {
  CHECK(split("a,,b", ',') == std::vector<std::string_view>{"a", "", "b"});
  CHECK(split("", ',') == std::vector<std::string_view>{""});
}

TEST_CASE("UTF-8 is told from what only looks like it") {
  CHECK(is_valid_utf8("aé€😀"));
  CHECK_FALSE(is_valid_utf8("\xC0\x80"));          // an overlong NUL
  CHECK_FALSE(is_valid_utf8("\xED\xA0\x80"));      // a surrogate
  CHECK_FALSE(is_valid_utf8("\xF4\x90\x80\x80"));  // past the last code point
  CHECK_FALSE(is_valid_utf8("a\xE2\x82"));         // cut short
}

TEST_CASE("text is decoded from UTF-8 with a mark and from UTF-16 with and without one") {
  CHECK(decode_text("\xEF\xBB\xBFname: x") == "name: x");
  CHECK(decode_text(std::string_view("\xFF\xFEn\0a\0\xAC\x20", 8)) == "na€");
  CHECK(decode_text(std::string_view("\xFE\xFF\0n\0a", 6)) == "na");
  CHECK(decode_text(std::string_view("n\0a\0m\0", 6)) == "nam");
  CHECK(decode_text(std::string_view("\0n\0a\0m", 6)) == "nam");
  CHECK(decode_text(std::string_view("\xFF\xFE\x3D\xD8\x00\xDE", 6)) == "😀");
  CHECK_FALSE(decode_text(std::string_view("\xFF\xFE\x3D\xD8", 4)));  // half a surrogate pair
  CHECK_FALSE(decode_text("\xC3("));
}

TEST_CASE("what is shown holds no control characters, no marks that turn text around, and has an end") {
  CHECK(printable("a\x1b[31mb") == "a\\x1B[31mb");
  CHECK(printable("\xE2\x80\xAE") == "\\u{202E}");
  CHECK(printable("\xFF") == "\\xFF");
  CHECK(printable("line\nnext") == "line\\x0Anext");
  CHECK(printable("abcdef", 3) == "abc…");
  CHECK(printable("é€😀") == "é€😀");
}

TEST_CASE("a mistyped word finds the one that was meant") {
  const std::vector<std::string> words = {"channels", "dependencies", "name", "numpy"};
  CHECK(closest_match("dependancies", words) == "dependencies");
  CHECK(closest_match("nmae", words) == "name");
  CHECK(closest_match("NumPy", words) == "numpy");
  CHECK_FALSE(closest_match("xylophone", words));
}

TEST_CASE("variables are expanded as a shell would, and unknown ones stay") {
  const auto look_up = [](std::string_view name) -> std::optional<std::string> {
    if (name == "TOKEN") return "secret";
    return std::nullopt;
  };
  CHECK(expand_variables("https://h/t/$TOKEN/c", look_up) == "https://h/t/secret/c");
  CHECK(expand_variables("${TOKEN}x$TOKENx", look_up) == "secretx$TOKENx");
  CHECK(expand_variables("$ ${ ${OTHER} $", look_up) == "$ ${ ${OTHER} $");
}
