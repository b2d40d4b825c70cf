#include "envlock/prefix/replacement.h"

#include <string>
#include <string_view>
#include <vector>

#include "envlock/core/diagnostic.h"
#include "support/catch.h"

using namespace envlock;
using namespace envlock::prefix;
using namespace std::string_literals;

namespace {

const std::string kPlaceholder = "/build/placehold_placehold_placehold";  // 36 bytes
const Placeholder kText{kPlaceholder, FileMode::text};
const Placeholder kBinary{kPlaceholder, FileMode::binary};
const std::vector<Dialect> kAll{Dialect::conda, Dialect::rattler, Dialect::mamba};

// ASCII as UTF-16 or UTF-32.
std::string wide(std::string_view text, std::size_t unit, bool big_endian) {
  std::string out;
  for (const char c : text) {
    std::string character(unit, '\0');
    character[big_endian ? unit - 1 : 0] = c;
    out += character;
  }
  return out;
}

std::string zeros(std::size_t count) {
  return std::string(count, '\0');
}
std::string path_of(std::size_t bytes) {
  return "/" + std::string(bytes - 1, 'q');
}

// What each dialect gives; conda, rattler, mamba.
struct Expected {
  std::string conda, rattler, mamba;
};
Expected all(const std::string& same) {
  return {same, same, same};
}

void check(const std::string& original, const Placeholder& placeholder, const std::string& prefix,
           const Expected& expected) {
  CAPTURE(original, prefix);
  CHECK(replace_prefix(original, placeholder, prefix, Dialect::conda) == expected.conda);
  CHECK(replace_prefix(original, placeholder, prefix, Dialect::rattler) == expected.rattler);
  CHECK(replace_prefix(original, placeholder, prefix, Dialect::mamba) == expected.mamba);
}

}  // namespace

TEST_CASE("in text every placeholder becomes the prefix, whatever the lengths") {
  const std::string P = kPlaceholder;
  for (const std::string& prefix : {"/p"s, path_of(36), path_of(300), ""s}) {
    check("", kText, prefix, all(""));
    check("nothing here\n", kText, prefix, all("nothing here\n"));
    check(P, kText, prefix, all(prefix));
    check(P + P + "/x:" + P + "\n" + P.substr(1), kText, prefix,
          all(prefix + prefix + "/x:" + prefix + "\n" + P.substr(1)));
    check("a\0b"s + P, kText, prefix, all("a\0b"s + prefix));
  }
  check("text", Placeholder{"", FileMode::text}, "/p", all("text"));
  check("aaa", Placeholder{"a", FileMode::text}, "aa", all("aaaaaa"));
  check("aaaaa", Placeholder{"aa", FileMode::text}, "/p", all("/p/pa"));
}

TEST_CASE("a first line that fits is kept, at 127 bytes too") {
  const std::string rest = "\nprint()\n";
  const std::size_t at_most = 127 - 2 - "/bin/perl -w"s.size();
  check("#!" + kPlaceholder + "/bin/perl -w" + rest, kText, path_of(at_most),
        all("#!" + path_of(at_most) + "/bin/perl -w" + rest));
  check("#!" + kPlaceholder + "/bin/perl -w" + rest, kText, path_of(at_most + 1), all("#!/usr/bin/env perl -w" + rest));
  check("#! " + kPlaceholder + "/bin/perl -w" + rest, kText, path_of(at_most), all("#!/usr/bin/env perl -w" + rest));
  check("#!" + kPlaceholder + "/bin/perl", kText, path_of(130), all("#!/usr/bin/env perl"));
}

TEST_CASE("python's long first line becomes a shell's with rattler alone") {
  const std::string prefix = path_of(130);
  for (const std::string& name : {"python"s, "python3"s, "python3.12"s}) {
    check("#!" + kPlaceholder + "/bin/" + name + " -E\nx\n", kText, prefix,
          {.conda = "#!/usr/bin/env " + name + " -E\nx\n",
           .rattler = "#!/bin/sh\n'''exec' \"" + prefix + "/bin/" + name + "\" -E \"$0\" \"$@\" #'''\nx\n",
           .mamba = "#!/usr/bin/env " + name + " -E\nx\n"});
  }
  for (const std::string& name : {"pythonw"s, "python3."s, "python3.12.1"s, "python3x"s, "ipython"s}) {
    check("#!" + kPlaceholder + "/bin/" + name + "\n", kText, prefix, all("#!/usr/bin/env " + name + "\n"));
  }
}

TEST_CASE("a prefix with a space moves the first line to env with conda and rattler, not with mamba") {
  const std::string prefix = "/my env";
  check("#!" + kPlaceholder + "/bin/perl -I" + kPlaceholder + "\nuse " + kPlaceholder + "\n", kText, prefix,
        {.conda = "#!/usr/bin/env perl -I/my env\nuse /my env\n",
         .rattler = "#!/usr/bin/env perl -I/my env\nuse /my env\n",
         .mamba = "#!/my env/bin/perl -I/my env\nuse /my env\n"});
  check("#!" + kPlaceholder + "/bin/python\n", kText, prefix,
        {.conda = "#!/usr/bin/env python\n",
         .rattler = "#!/bin/sh\n'''exec' \"/my env/bin/python\" \"$0\" \"$@\" #'''\n",
         .mamba = "#!/my env/bin/python\n"});
  // conda escapes nothing behind a space, nor in a file of one line without an end.
  check("#! " + kPlaceholder + "/bin/perl\n", kText, prefix,
        {.conda = "#! /my env/bin/perl\n", .rattler = "#!/usr/bin/env perl\n", .mamba = "#! /my env/bin/perl\n"});
  check("#!" + kPlaceholder + "/bin/perl", kText, prefix,
        {.conda = "#!/my env/bin/perl", .rattler = "#!/usr/bin/env perl", .mamba = "#!/my env/bin/perl"});
  // A first line without the placeholder stays.
  check("#!/bin/sh -e\n" + kPlaceholder, kText, prefix, all("#!/bin/sh -e\n/my env"));
}

TEST_CASE("a long first line of another program is shortened too, and a line that is none never") {
  const std::string options = " -x" + std::string(150, 'y');
  check("#!/bin/tool" + options + "\n" + kPlaceholder, kText, "/p", all("#!/usr/bin/env tool" + options + "\n/p"));
  check("#!tool" + options + "\n" + kPlaceholder, kText, "/p", all("#!tool" + options + "\n/p"));
  check(" #!/bin/tool" + options + "\n" + kPlaceholder, kText, "/p", all(" #!/bin/tool" + options + "\n/p"));
}

TEST_CASE("conda changes the long first line wherever it stands again") {
  const std::string prefix = path_of(130);
  const std::string line = "#!" + kPlaceholder + "/bin/perl";
  check(line + "\ncat " + line + "\n", kText, prefix,
        {.conda = "#!/usr/bin/env perl\ncat #!/usr/bin/env perl\n",
         .rattler = "#!/usr/bin/env perl\ncat #!" + prefix + "/bin/perl\n",
         .mamba = "#!/usr/bin/env perl\ncat #!" + prefix + "/bin/perl\n"});
}

TEST_CASE("a carriage return in the first line stops mamba alone") {
  const std::string prefix = path_of(130);
  check("#!" + kPlaceholder + "/bin/perl\r\nx\r\n", kText, prefix,
        {.conda = "#!/usr/bin/env perl\r\nx\r\n",
         .rattler = "#!/usr/bin/env perl\r\nx\r\n",
         .mamba = "#!" + prefix + "/bin/perl\r\nx\r\n"});
}

TEST_CASE("bytes that are no UTF-8 in a first line are replaced by rattler alone") {
  check("#!" + kPlaceholder + "/x \xff\xe2\x82y\xed\xa0\x80\xf0\x9f\x98\x80\n\xff", kText, "/p",
        {.conda = "#!/p/x \xff\xe2\x82y\xed\xa0\x80\xf0\x9f\x98\x80\n\xff",
         .rattler = "#!/p/x \xEF\xBF\xBD\xEF\xBF\xBDy\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xf0\x9f\x98\x80\n\xff",
         .mamba = "#!/p/x \xff\xe2\x82y\xed\xa0\x80\xf0\x9f\x98\x80\n\xff"});
}

TEST_CASE("UTF-16 and UTF-32 text is changed by conda and rattler") {
  for (const std::size_t unit : {2U, 4U}) {
    for (const bool big : {false, true}) {
      const std::string original = wide("see " + kPlaceholder + "/x\n" + kPlaceholder, unit, big);
      const std::string changed = wide("see /p/x\n/p", unit, big);
      check(original, kText, "/p", {.conda = changed, .rattler = changed, .mamba = original});
    }
  }
}

TEST_CASE("text beyond ASCII is replaced in every encoding") {
  const Placeholder placeholder{"/\xC3\xA9/\xE2\x82\xAC/\xF0\x9F\x98\x80", FileMode::text};
  const std::string utf16 = "\x2f\0\xe9\0\x2f\0\xac\x20\x2f\0\x3d\xd8\x00\xde"s;
  const std::string utf32 = "\0\0\0\x2f\0\0\0\xe9\0\0\0\x2f\0\0\x20\xac\0\0\0\x2f\0\x01\xf6\x00"s;
  check(placeholder.text + "|" + utf16 + "|" + utf32, placeholder, "/p",
        {.conda = "/p|" + wide("/p", 2, false) + "|" + wide("/p", 4, true),
         .rattler = "/p|" + wide("/p", 2, false) + "|" + wide("/p", 4, true),
         .mamba = "/p|" + utf16 + "|" + utf32});
}

TEST_CASE("in a binary the run is padded at its end and the length stays") {
  const std::string P = kPlaceholder;
  const std::string pad = zeros(34);
  check("a\0"s + P + "/lib\0rest"s, kBinary, "/p", all("a\0/p/lib"s + pad + "\0rest"s));
  check(P + ":" + P + "/b\0z"s, kBinary, "/p", all("/p:/p/b" + pad + pad + "\0z"s));
  check(P + "\0"s + P + "\0\0\0"s, kBinary, "/p", all("/p" + pad + "\0/p"s + pad + "\0\0\0"s));
  check("x" + P + P + "\0"s, kBinary, "/p", all("x/p/p" + pad + pad + "\0"s));
  check("#!" + P + "/bin/perl\n\0"s, kBinary, "/my env", all("#!/my env/bin/perl\n" + zeros(29) + "\0"s));
  check("\0\0\0"s, kBinary, "/p", all("\0\0\0"s));
}

TEST_CASE("a run that ends with the file is left alone by conda") {
  const std::string P = kPlaceholder;
  check(P, kBinary, "/p", {.conda = P, .rattler = "/p" + zeros(34), .mamba = "/p" + zeros(34)});
  check(P + "\0x"s + P + "/y", kBinary, "/p",
        {.conda = "/p" + zeros(34) + "\0x"s + P + "/y",
         .rattler = "/p" + zeros(34) + "\0x/p/y"s + zeros(34),
         .mamba = "/p" + zeros(34) + "\0x/p/y"s + zeros(34)});
}

TEST_CASE("a prefix as long as the placeholder fits, one byte more does not, unless nothing is to be replaced") {
  const std::string original = kPlaceholder + "/x\0"s;
  check(original, kBinary, path_of(36), all(path_of(36) + "/x\0"s));
  for (const Dialect dialect : kAll) {
    try {
      replace_prefix(original, kBinary, path_of(37), dialect);
      FAIL("was taken");
    } catch (const core::Error& error) {
      CHECK(error.diagnostics().front().code == "prefix-too-long");
      CHECK(error.diagnostics().front().why ==
            std::vector<std::string>{"want at most 36 bytes, the length of its placeholder", "have 37 bytes"});
    }
    CHECK(replace_prefix("nothing\0"s, kBinary, path_of(37), dialect) == "nothing\0"s);
  }
  CHECK(replace_prefix(kPlaceholder, kBinary, path_of(37), Dialect::conda) == kPlaceholder);
}

TEST_CASE("wide runs of a binary are padded in their own encoding") {
  for (const std::size_t unit : {2U, 4U}) {
    for (const bool big : {false, true}) {
      const std::string original = "head" + wide(kPlaceholder + "/x", unit, big) + zeros(unit) + "tail";
      const std::string changed = "head" + wide("/p/x", unit, big) + zeros(34 * unit) + zeros(unit) + "tail";
      check(original, kBinary, "/p", {.conda = changed, .rattler = changed, .mamba = original});
    }
  }
  // Not aligned, and between zeros: both byte orders seem to be there.
  const std::string odd = "\0"s + wide(kPlaceholder, 2, false) + zeros(2) + "x";
  const std::string changed = "\0"s + wide("/p", 2, false) + zeros(68) + zeros(2) + "x";
  check(odd, kBinary, "/p", {.conda = changed, .rattler = changed, .mamba = odd});
}

TEST_CASE("rattler takes of two overlapping wide placeholders the aligned one") {
  const std::string twice = "\r" + wide(kPlaceholder + kPlaceholder, 2, false);
  CHECK(replace_prefix(twice, kText, "/p", Dialect::rattler) ==
        "\r" + wide(kPlaceholder, 2, false) + wide("/p", 2, false));
  CHECK(replace_prefix(twice, kText, "/p", Dialect::conda) == "\r" + wide("/p/p", 2, false));
}

TEST_CASE("a prefix that holds the placeholder is put in once, twice on conda's first line") {
  const std::string prefix = kPlaceholder + "/x";
  check(kPlaceholder + ":" + kPlaceholder, kText, prefix, all(prefix + ":" + prefix));
  check("#!" + kPlaceholder + "/b\n", kText, prefix,
        {.conda = "#!" + kPlaceholder + "/x/x/b\n",
         .rattler = "#!" + kPlaceholder + "/x/b\n",
         .mamba = "#!" + kPlaceholder + "/x/b\n"});
}

TEST_CASE("the dialect of an installed file is told from its bytes") {
  const std::string original = "#!" + kPlaceholder + "/bin/python\nx\n";
  const std::string prefix = path_of(130);
  for (const Dialect dialect : {Dialect::conda, Dialect::rattler}) {
    CHECK(matching_dialect(original, replace_prefix(original, kText, prefix, dialect), kText, prefix) == dialect);
  }
  CHECK(matching_dialect(original, "#!/my env/bin/python\nx\n", kText, "/my env") == Dialect::mamba);
  CHECK(matching_dialect(original, "#!/p/bin/python\nx\n", kText, "/p") == Dialect::conda);
  CHECK(matching_dialect(original, "#!/p/bin/python\ny\n", kText, "/p") == std::nullopt);
  CHECK(matching_dialect(kPlaceholder + "\0"s, kPlaceholder + "\0"s, kBinary, path_of(40)) == std::nullopt);
}
