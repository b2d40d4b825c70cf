#include "../../lib/blas/src/search_text.h"

#include "support/catch.h"

using namespace envlock::blas;

TEST_CASE("the dynamic linker's words in paths are replaced, others stay") {
  CHECK(expand_tokens("$ORIGIN/../lib", "/env/bin") == "/env/bin/../lib");
  CHECK(expand_tokens("${ORIGIN}lib:$ORIGIN", "/e") == "/elib:/e");
  CHECK(expand_tokens("$ORIGINAL/${HOME}/$", "/e") == "$ORIGINAL/${HOME}/$");
  CHECK(expand_tokens("${ORIGIN", "/e") == "${ORIGIN");
  CHECK(expand_tokens("/a/${LIB}", "/e")->find("/a/lib") == 0);
  CHECK(!expand_tokens("$ORIGIN", ""));
  CHECK(expand_tokens("/a", "") == "/a");
}

TEST_CASE("a list of folders has empty parts, an empty text none") {
  using Parts = std::vector<std::string_view>;
  CHECK(split_search_text("a:b;c", ":;") == Parts{"a", "b", "c"});
  CHECK(split_search_text(":a:", ":") == Parts{"", "a", ""});
  CHECK(split_search_text("", ":").empty());
}
