#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "envlock/core/diagnostic.h"
#include "envlock/prefix/replacement.h"
#include "support/catch.h"

using namespace envlock;
using namespace envlock::prefix;
using namespace std::string_literals;

namespace {

const std::string kPlaceholder = "/build/placehold_placehold_placehold";
const Placeholder kText{kPlaceholder, FileMode::text};
const Placeholder kBinary{kPlaceholder, FileMode::binary};
const std::vector<Dialect> kAll{Dialect::conda, Dialect::rattler, Dialect::mamba};
const std::string kLong = "/" + std::string(130, 'q');

std::string wide(std::string_view text, bool big_endian) {
  std::string out;
  for (const char c : text) out += big_endian ? "\0"s + c : c + "\0"s;
  return out;
}

// Installs and takes the way back: to the same bytes, and in a dialect that gives the installed ones.
void check_way_back(const std::string& original, const Placeholder& placeholder, const std::string& prefix) {
  for (const Dialect dialect : kAll) {
    const std::string installed = replace_prefix(original, placeholder, prefix, dialect);
    CAPTURE(original, prefix, installed, static_cast<int>(dialect));
    const auto restored = restore_original(installed, placeholder, prefix, core::sha256(original));
    REQUIRE(restored);
    CHECK(restored->bytes == original);
    CHECK(replace_prefix(restored->bytes, placeholder, prefix, restored->dialect) == installed);
  }
}

std::string random_of(const std::vector<std::string>& pieces, std::mt19937& random) {
  std::string text;
  for (std::size_t count = random() % 24; count > 0; --count) text += pieces[random() % pieces.size()];
  return text;
}

}  // namespace

TEST_CASE("text is restored from every kind of first line") {
  const std::string line = GENERATE(as<std::string>{}, "", "x", "#!P/bin/perl", "#!P/bin/perl -w", "#! P/bin/perl -w",
                                    "#!P/bin/python", "#!P/bin/python3.12 -sE -IP/x", "#! P/bin/python",
                                    "#!/usr/bin/env perl -IP/lib", "#!/usr/bin/env python", "#!/bin/sh -e P/x",
                                    "#!P/sbin/tool", "#!P/tool", "#!P/condabin/conda", "#!P/bin/perl\r");
  const std::string rest =
      GENERATE(as<std::string>{}, "", "\n", "\nuse P/lib;\nP\n", "\n#!P/bin/perl\nP", "\r\nP:P\r\n");
  std::string original = line + rest;
  for (std::size_t at = 0; (at = original.find('P', at)) != std::string::npos; at += kPlaceholder.size()) {
    original.replace(at, 1, kPlaceholder);
  }
  for (const std::string& prefix : {"/p"s, "/my env"s, kLong, kLong + " x", kPlaceholder.substr(0, 10)}) {
    check_way_back(original, kText, prefix);
  }
}

TEST_CASE("binaries are restored: several placeholders in a run, runs side by side, a run at the end") {
  const std::string P = kPlaceholder;
  for (const std::string& original :
       {P, P + "\0"s, "a\0"s + P + "/lib:" + P + "\0\0\0"s + P, P + "\0"s + P + "\0"s + P + "\0x"s,
        P + "/x\0"s + std::string(500, '\0'), "x" + wide(P, false) + "\0\0\0"s, "xy" + wide(P + "/a", true) + "\0\0y"s,
        "\0"s + wide(P + ":" + P, false) + "\0\0"s + P + "\0"s}) {
    for (const std::string& prefix : {"/p"s, "/my env"s, "/" + std::string(35, 'q')}) {
      check_way_back(original, kBinary, prefix);
    }
  }
}

TEST_CASE("a file that holds the prefix by itself is restored where the choice is small") {
  check_way_back("#!/usr/bin/env python\nx = '" + kPlaceholder + "/share'\ny = '/usr/share'\n", kText, "/usr");
  check_way_back("#!/usr/bin/env sh\n" + kPlaceholder + "/lib /usr/lib /usrlocal /opt/usr/x\n", kText, "/usr");
  std::string many = "#!/usr/bin/env sh\n";
  for (int i = 0; i < 40; ++i) many += "/usr/bin/env x; " + kPlaceholder + "/share/" + std::to_string(i % 3) + "\n";
  check_way_back(many, kText, "/usr");
  check_way_back("/usr/lib\0"s + kPlaceholder + "/lib\0/usr/share\0\0\0"s, kBinary, "/usr");
  check_way_back("/p"s + kPlaceholder + "/p\0x"s, kBinary, "/p");
}

TEST_CASE("random text and binaries come back") {
  std::mt19937 random(20261125);
  const std::string P = kPlaceholder;
  const std::vector<std::string> text{P, P, P + "/lib", "#!", "\n", " ", "/bin/perl", "/bin/python3", "x", "#!" + P};
  const std::vector<std::string> binary{
      P, P, P + "/lib", "\0"s, "\0"s, "\0\0\0\0"s, "/x", "y", wide(P, false) + "\0\0"s};
  std::size_t found = 0;
  constexpr std::size_t kRounds = 400;
  for (std::size_t i = 0; i < kRounds; ++i) {
    const bool is_text = i % 2 == 0;
    const std::string original = random_of(is_text ? text : binary, random);
    const Placeholder& placeholder = is_text ? kText : kBinary;
    const std::string prefix = std::vector<std::string>{"/opt/env", "/a b", "/" + std::string(30, 'q')}[random() % 3];
    const Dialect dialect = kAll[random() % 3];
    const std::string installed = replace_prefix(original, placeholder, prefix, dialect);
    const auto restored = restore_original(installed, placeholder, prefix, core::sha256(original));
    if (!restored) continue;  // odd first lines have more pasts than are tried
    ++found;
    CHECK(restored->bytes == original);
    CHECK(replace_prefix(restored->bytes, placeholder, prefix, restored->dialect) == installed);
  }
  CHECK(found > kRounds * 95 / 100);
}

TEST_CASE("nothing is restored that is not proved") {
  const std::string original = "#!" + kPlaceholder + "/bin/perl\n" + kPlaceholder + "/x\n";
  const std::string installed = replace_prefix(original, kText, "/p");
  const core::Sha256 hash = core::sha256(original);
  for (std::size_t i = 0; i < installed.size(); ++i) {
    std::string changed = installed;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    CHECK(!restore_original(changed, kText, "/p", hash));
  }
  CHECK(!restore_original(installed, kText, "/q", hash));
  CHECK(!restore_original(installed, kText, "/p", core::sha256("other")));
  // The package's own bytes are the original, but no tool would leave them so.
  CHECK(!restore_original(original, kText, "/p", hash));
  CHECK(!restore_original(installed, Placeholder{"", FileMode::text}, "/p", hash));
  CHECK(!restore_original("", kText, "/p", hash));
}

TEST_CASE("a changed byte within a binary's padding or its text is no original") {
  const std::string original = "x" + kPlaceholder + "/lib\0yy"s;
  const std::string installed = replace_prefix(original, kBinary, "/p");
  for (std::size_t i = 0; i < installed.size(); ++i) {
    std::string changed = installed;
    changed[i] = static_cast<char>(changed[i] ^ 4);
    CHECK(!restore_original(changed, kBinary, "/p", core::sha256(original)));
  }
}

TEST_CASE("the guess is the original where only one is likely") {
  const std::string text = "#!" + kPlaceholder + "/bin/perl\n" + kPlaceholder + "\n";
  CHECK(guess_original(replace_prefix(text, kText, "/p"), kText, "/p") == text);
  const std::string line = "#!" + kPlaceholder + "/bin/perl -w\nx\n";
  CHECK(guess_original(replace_prefix(line, kText, "/a b"), kText, "/a b") == line);
  CHECK(guess_original("#!/usr/bin/env perl -w\nx\n", kText, "/p") == "#!/usr/bin/env perl -w\nx\n");
  const std::string python = "#!" + kPlaceholder + "/bin/python\n" + kPlaceholder + "\n";
  CHECK(guess_original(replace_prefix(python, kText, kLong, Dialect::rattler), kText, kLong) == python);
  const std::string binary = "/p\0"s + kPlaceholder + "/x:" + kPlaceholder + "\0\0/p/x\0"s;
  CHECK(guess_original(replace_prefix(binary, kBinary, "/p"), kBinary, "/p") == binary);
  CHECK(guess_original("", kBinary, "/p").empty());
  CHECK(guess_original("abc", Placeholder{"", FileMode::binary}, "/p") == "abc");
  CHECK(guess_original("abc", kBinary, "") == "abc");
}

TEST_CASE("a prefix that stands everywhere ends the search soon") {
  const std::string slashes(300'000, '/');
  CHECK(!restore_original(slashes, kText, "/", core::sha256("x")));
  CHECK(!restore_original(slashes, kBinary, "/", core::sha256("x")));
  std::string zeros_between;
  for (int i = 0; i < 5'000; ++i) zeros_between += "/p" + std::to_string(i) + std::string(40, '\0');
  CHECK(!restore_original(zeros_between, kBinary, "/p", core::sha256("x")));
}
