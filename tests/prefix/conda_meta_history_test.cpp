#include <string>
#include <vector>

#include "envlock/prefix/conda_meta.h"
#include "support/catch.h"

using namespace envlock;
using prefix::InstalledPackage;

namespace {

InstalledPackage package(const std::string& name, core::Milliseconds time, std::vector<std::string> specs = {},
                         const std::string& channel = "https://conda.anaconda.org/conda-forge") {
  InstalledPackage package;
  package.record.name = name;
  package.record.version = "1.0";
  package.record.build = "0";
  package.record.channel = channel;
  package.record.subdir = "linux-64";
  if (time != 0) package.record.timestamp = time;
  package.requested_specs = std::move(specs);
  return package;
}

}  // namespace

TEST_CASE("the history of a new environment follows from its packages alone") {
  const std::string text =
      "==> 2023-11-14 22:13:20 <==\n"
      "# cmd: envlock install\n"
      "+conda-forge/linux-64::a-1.0-0\n"
      "+conda-forge/linux-64::b-1.0-0\n"
      "# update specs: [\"a >=1\", \"a\"]\n";
  CHECK(prefix::format_history({package("b", 1600000000000), package("a", 1700000000999, {"a >=1", "a"})}) == text);
  CHECK(prefix::format_history({package("a", 1700000000999, {"a >=1", "a"}), package("b", 1600000000000)}) == text);
}

TEST_CASE("without packages or times the history begins in 1970, and has no empty list") {
  CHECK(prefix::format_history({}) == "==> 1970-01-01 00:00:00 <==\n# cmd: envlock install\n");
  CHECK(prefix::format_history({package("a", 0)}).find("specs") == std::string::npos);
}

TEST_CASE("channels are called as conda calls them") {
  const auto line = [](const std::string& channel) {
    const std::string text = prefix::format_history({package("a", 0, {}, channel)});
    return text.substr(text.find('+'));
  };
  CHECK(line("https://conda.anaconda.org/pytorch/label/dev") == "+pytorch/label/dev/linux-64::a-1.0-0\n");
  CHECK(line("https://repo.anaconda.com/pkgs/main") == "+defaults/linux-64::a-1.0-0\n");
  CHECK(line("https://repo.anaconda.com/pkgs/pro") == "+https://repo.anaconda.com/pkgs/pro/linux-64::a-1.0-0\n");
  CHECK(line("https://u:p@host/chan") == "+https://host/chan/linux-64::a-1.0-0\n");
  CHECK(line("../local") == "+../local/linux-64::a-1.0-0\n");
  CHECK(line("") == "+a-1.0-0\n");
}

TEST_CASE("specs stand in the list as conda and mamba both read them") {
  const auto specs = [](const std::string& spec) {
    const std::string text = prefix::format_history({package("a", 0, {spec})});
    const std::size_t at = text.find("# update");
    return at == std::string::npos ? std::string() : text.substr(at);
  };
  CHECK(specs("a[version='>=1']") == "# update specs: [\"a[version='>=1']\"]\n");
  CHECK(specs("a[version=\">=1\"]") == "# update specs: [\"a[version='>=1']\"]\n");
  CHECK(specs("a[build=^py\\d$]").empty());
  CHECK(specs("a\nb").empty());
}

TEST_CASE("a change is added to a history, never before its last block") {
  const std::string old = "==> 2024-06-01 10:00:00 <==\n# cmd: conda create\n+defaults/linux-64::a-1.0-0";
  const std::string text =
      prefix::append_history(old, {package("a", 1700000000000)}, {package("b", 1700000000000, {"b"})});
  CHECK(text == old +
                    "\n==> 2024-06-01 10:00:00 <==\n"
                    "# cmd: envlock install\n"
                    "-conda-forge/linux-64::a-1.0-0\n"
                    "+conda-forge/linux-64::b-1.0-0\n"
                    "# update specs: [\"b\"]\n");
  CHECK(prefix::append_history(old, {}, {}) == old);
  const std::string later = prefix::append_history(old, {}, {package("b", 1800000000000)});
  CHECK(later.find("==> 2027-01-15 08:00:00 <==") != std::string::npos);
}

TEST_CASE("a history with strange headers does not set the time") {
  for (const std::string old :
       {"", "==> <==\n", "==> yesterday <==\n", "==> 9999 <==\n", "==>  <==\n", "==> 2024-06-01T10:00:00 <==\n"}) {
    CHECK(prefix::append_history(old, {}, {package("b", 1700000000000)}).find("==> 2023-11-14 22:13:20 <==") !=
          std::string::npos);
  }
}
