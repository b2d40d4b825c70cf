// Files with a placeholder that are compared in pieces.
#include "replaced_content.h"

#include "scene.h"
#include "support/catch.h"
#include "support/temporary_folder.h"

using namespace envlock;
using verify::guess_prefix;

namespace {

const std::string kPlaceholder = "/opt/placeholder_" + std::string(100, 'p');
const std::string kPrefix = "/home/me/env";

/// Compares, handing the original over in parts of `step` bytes.
verify::ReplacedOutcome compare(const std::string& original, const std::string& on_disk, prefix::FileMode mode,
                                std::size_t step) {
  const envlock_test::TemporaryFolder folder;
  folder.write("file", on_disk);
  const verify::Folder prefix(folder.path());
  const verify::Tree tree = verify::walk(prefix);
  verify::ReplacedContent content(verify::DiskFile(prefix, *tree.find("file")), {kPlaceholder, mode}, {kPrefix});
  for (std::size_t at = 0; at < original.size(); at += step) content.add(std::string_view(original).substr(at, step));
  return content.finish();
}

/// More than two pieces, with a placeholder in every kilobyte.
std::string large(prefix::FileMode mode) {
  std::string bytes;
  for (int i = 0; bytes.size() < (std::size_t{4} << 20); ++i) {
    bytes += kPlaceholder + "/lib/" + std::to_string(i);
    bytes += mode == prefix::FileMode::text ? std::string(900, 'x') + "\n" : std::string(900, '\0') + "\x01";
  }
  return bytes;
}

}  // namespace

TEST_CASE("a large file is compared in pieces as a small one is in whole") {
  const auto mode = GENERATE(prefix::FileMode::text, prefix::FileMode::binary);
  const std::string original = large(mode);
  std::string on_disk = prefix::replace_prefix(original, {kPlaceholder, mode}, kPrefix);
  CHECK(compare(original, on_disk, mode, 100'003).dialect == prefix::Dialect::conda);
  const std::size_t place = std::size_t{3} << 20;
  if (place < on_disk.size()) {
    on_disk[place] ^= 1;
    const verify::ReplacedOutcome outcome = compare(original, on_disk, mode, 100'003);
    CHECK_FALSE(outcome.dialect);
    CHECK(outcome.first_difference == place);
  }
  on_disk = prefix::replace_prefix(original, {kPlaceholder, mode}, kPrefix) + "more";
  CHECK_FALSE(compare(original, on_disk, mode, 1'000'000).dialect);
}

TEST_CASE("a binary is cut within a run of NULs, and no placeholder is torn") {
  const prefix::Placeholder placeholder{kPlaceholder, prefix::FileMode::binary};
  const std::string original = std::string(std::size_t{2} << 20, 'a') + std::string(64, '\0') + kPlaceholder +
                               "/lib/x" + std::string(4, '\0') + "more code";
  const std::string on_disk = prefix::replace_prefix(original, placeholder, kPrefix);
  CHECK(compare(original, on_disk, prefix::FileMode::binary, original.size()).dialect == prefix::Dialect::conda);
}

TEST_CASE("a binary without runs of NULs is cut behind its placeholders, and gives what it gives in whole") {
  const prefix::Placeholder placeholder{kPlaceholder, prefix::FileMode::binary};
  const auto wide = [](std::size_t before, std::size_t after) {
    std::string text;
    for (const char c : kPlaceholder) text.append(before, '\0').append(1, c).append(after, '\0');
    return text + "\x01";
  };
  // Around the end of the first piece, where a cut would tear what begins before it.
  const std::size_t piece = std::size_t{256} << 10;
  const std::size_t shift = GENERATE(0u, 1u, 2u, 3u, 60u, 117u, 118u, 400u, 468u, 500u, 3'000u);
  const std::string inset =
      GENERATE_COPY(kPlaceholder + "/lib/x" + std::string(1, '\0'), kPlaceholder + kPlaceholder + std::string(1, '\0'),
                    kPlaceholder + "/never ends ", wide(0, 1), wide(1, 0), wide(0, 3), wide(3, 0),
                    kPlaceholder + "/" + wide(0, 1) + std::string(1, '\0'));
  std::string original = kPlaceholder + "/first" + std::string(1, '\0');
  original += std::string(piece - shift - original.size(), 'a') + inset + std::string(piece, 'b') + kPlaceholder +
              std::string(1, '\0') + std::string(2 * piece, 'c') + std::string(4, '\0') + "end";
  for (const auto dialect : {prefix::Dialect::conda, prefix::Dialect::rattler, prefix::Dialect::mamba}) {
    std::string on_disk = prefix::replace_prefix(original, placeholder, kPrefix, dialect);
    CHECK(compare(original, on_disk, placeholder.mode, 50'021).dialect);
    const auto outcome = compare(original, on_disk, placeholder.mode, 50'021);
    CHECK(prefix::replace_prefix(original, placeholder, kPrefix, *outcome.dialect) == on_disk);
    for (const std::size_t place : {std::size_t{3}, piece - shift + 1, piece + 40, 3 * piece}) {
      on_disk[place] ^= 1;
      CHECK_FALSE(compare(original, on_disk, placeholder.mode, 50'021).dialect);
      on_disk[place] ^= 1;
    }
  }
}

TEST_CASE("a placeholder in wide characters that stayed is told from one that conda replaces") {
  const prefix::Placeholder placeholder{kPlaceholder, prefix::FileMode::binary};
  const int zeros = GENERATE(1, 3);
  const bool is_little = GENERATE(true, false);
  std::string wide;
  for (const char c : kPlaceholder) {
    if (!is_little) wide.append(static_cast<std::size_t>(zeros), '\0');
    wide += c;
    if (is_little) wide.append(static_cast<std::size_t>(zeros), '\0');
  }
  // It lies in a piece of its own: those around it hold none.
  const std::string code = std::string(std::size_t{1} << 20, 'a') + std::string(64, '\0');
  const std::string original = code + wide + std::string(64, '\0') + code + kPlaceholder + std::string(9, '\0');
  const auto installed = [&](prefix::Dialect dialect) {
    return prefix::replace_prefix(original, placeholder, kPrefix, dialect);
  };
  REQUIRE(installed(prefix::Dialect::conda) != installed(prefix::Dialect::mamba));
  for (const auto dialect : {prefix::Dialect::conda, prefix::Dialect::mamba}) {
    const verify::ReplacedOutcome outcome = compare(original, installed(dialect), placeholder.mode, 100'003);
    CHECK(outcome.dialect == dialect);
    const bool is_first = dialect == prefix::Dialect::conda;
    CHECK(outcome.sha256 == (is_first ? std::optional(core::sha256(installed(dialect))) : std::nullopt));
  }
  CHECK_FALSE(compare(original, original, placeholder.mode, 100'003).dialect);
}

TEST_CASE("a line within a file that begins as a first line would is no first line") {
  std::string original = "#!" + kPlaceholder + "/bin/python\n";
  while (original.size() < (std::size_t{3} << 20)) {
    original += "#!" + kPlaceholder + "/a/" + std::string(300, 'y') + "\n";
  }
  const std::string on_disk = prefix::replace_prefix(original, {kPlaceholder, prefix::FileMode::text}, kPrefix);
  CHECK(compare(original, on_disk, prefix::FileMode::text, 65536).dialect == prefix::Dialect::conda);
}

TEST_CASE("a file of another size is not the package's") {
  const std::string original = kPlaceholder + "/x\n";
  CHECK_FALSE(compare(original, "", prefix::FileMode::text, 10).dialect);
  CHECK_FALSE(compare(original, kPrefix + "/x\n\n", prefix::FileMode::text, 10).dialect);
  CHECK(compare(original, kPrefix + "/x\n", prefix::FileMode::text, 10).dialect == prefix::Dialect::conda);
  CHECK(compare("", "", prefix::FileMode::text, 10).dialect == prefix::Dialect::conda);
}

TEST_CASE("the place that a file was installed to is read off it") {
  const prefix::Placeholder text{kPlaceholder, prefix::FileMode::text};
  CHECK(guess_prefix("#!" + kPlaceholder + "/bin/python\n", "#!/old/env/bin/python\n", text) == "/old/env");
  CHECK(guess_prefix("p='" + kPlaceholder + "'\n", "p='/old/env'\n", text) == "/old/env");
  CHECK_FALSE(guess_prefix("#!" + kPlaceholder + "/bin/python\n", "#!old/bin/python\n", text));
  CHECK_FALSE(guess_prefix("#!" + kPlaceholder + "/bin/python\n", "changed\n", text));
}
