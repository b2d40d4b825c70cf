#include "envlock/report/diff_report.h"

#include <algorithm>

#include "../../lib/report/src/markdown.h"
#include "support/catch.h"
#include "support/golden.h"

using namespace envlock::report;
namespace core = envlock::core;
namespace diff = envlock::diff;
using envlock_test::compare_with_golden;

namespace {

diff::Item item(const std::string& name, const std::string& version, const std::string& build,
                std::vector<std::string> depends = {}, std::vector<std::string> requested = {}) {
  diff::Item made;
  made.name = name;
  made.version = version;
  made.build = build;
  made.channel = "https://conda.anaconda.org/conda-forge";
  made.file_name = name + "-" + version + "-" + build + ".conda";
  made.sha256 = core::sha256(made.file_name);
  made.depends = std::move(depends);
  made.requested = !requested.empty();
  made.requested_specs = std::move(requested);
  return made;
}

diff::Inventory lock(const std::string& label, std::vector<diff::Item> items) {
  diff::Inventory made;
  made.label = label;
  made.knows_requests = made.knows_depends = made.knows_variables = true;
  std::sort(items.begin(), items.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  std::vector<diff::Item> fewer = items;
  std::erase_if(fewer, [](const diff::Item& each) { return each.name == "triton"; });
  made.platforms.push_back({"linux-64", "linux-64", {{"__cuda", "12.4", "0"}, {"__glibc", "2.28", "0"}}, items});
  made.platforms.push_back({"osx-arm64", "osx-arm64", {}, fewer});
  return made;
}

diff::Inventory before() {
  diff::Item certificates = item("ca-certificates", "2024.2.2", "hbcca054_0");
  certificates.channel = "https://repo.anaconda.com/pkgs/main";
  return lock("main:envlock.lock",
              {item("python", "3.10.14", "hd12c33a_0", {}, {"python 3.10.*"}),
               item("numpy", "1.26.4", "py310hb13e2d6_0", {"python >=3.10,<3.11"}, {"numpy"}),
               item("pytorch", "2.3.0", "cuda120_py310_0", {"python >=3.10,<3.11", "numpy >=1.19"}, {"pytorch >=2"}),
               item("scipy", "1.13.0", "py310h93e2701_0", {"python >=3.10,<3.11", "numpy >=1.22"}),
               item("pandas", "2.2.2", "py310h_0", {"python >=3.10,<3.11"}), item("six", "1.16.0", "pyh_0"),
               item("openssl", "3.2.1", "hd590300_0"), item("tzdata", "2024a", "h0c530f3_0"), certificates});
}

diff::Inventory after() {
  diff::Item openssl = item("openssl", "3.2.1", "hd590300_0");
  openssl.sha256 = core::sha256("tampered");
  diff::Inventory made =
      lock("envlock.lock",
           {item("python", "3.12.3", "hab00c5b_0", {}, {"python 3.12.*"}),
            item("numpy", "2.0.1", "py312h1103770_0", {"python >=3.12,<3.13"}, {"numpy"}),
            item("pytorch", "2.3.0", "cpu_generic_py312_0", {"python >=3.12,<3.13", "numpy >=1.19", "triton"},
                 {"pytorch >=2"}),
            item("scipy", "1.13.0", "py312hc2bc53b_0", {"python >=3.12,<3.13", "numpy >=1.22"}),
            item("pandas", "2.2.2", "py312h_0", {"python >=3.12,<3.13"}), item("triton", "3.0.0", "py312_0"), openssl,
            item("tzdata", "2024a", "h0c530f3_0"), item("ca-certificates", "2024.7.4", "hbcca054_0")});
  made.platforms.front().virtual_packages.front().version = "12.9";
  made.variables = {{"OMP_NUM_THREADS", "8"}};
  return made;
}

DiffReport report_of(const std::vector<diff::Inventory>& inventories, const std::vector<std::string>& rules = {}) {
  DiffReport report;
  for (const diff::Inventory& each : inventories) report.labels.push_back(each.label);
  report.groups = diff::group(inventories);
  if (inventories.size() == 2) {
    report.differences = {diff::compare(inventories[0], inventories[1])};
  } else {
    for (std::size_t i = 1; i < report.groups.size(); ++i) {
      report.differences.push_back(diff::compare(inventories[report.groups[0][0]], inventories[report.groups[i][0]]));
    }
  }
  report.fail_on = rules;
  if (!rules.empty()) report.forbidden = diff::check(report.differences.front(), diff::parse_policy(rules));
  return report;
}

/// A lock of so many packages, all of which another version of python rebuilds.
diff::Inventory many(const std::string& label, int count, const std::string& python) {
  std::vector<diff::Item> items{item("python", "3." + python + ".1", "h_0", {}, {"python"})};
  for (int i = 0; i < count; ++i) {
    items.push_back(
        item("package-" + std::to_string(1000 + i), "1.0", "py3" + python + "_0", {"python 3." + python + ".*"}));
  }
  return lock(label, items);
}

}  // namespace

TEST_CASE("a difference is drawn cause by cause, for people, comments and programs") {
  const DiffReport report = report_of({before(), after()}, {"major", "hash"});
  CHECK(compare_with_golden("report/diff.txt", text_diff(report, Style{}, Rows::few)) == "");
  CHECK(compare_with_golden("report/diff.ansi", text_diff(report, Style{.color = true, .width = 90}, Rows::few)) == "");
  CHECK(compare_with_golden("report/diff.md", markdown_diff(report)) == "");
}

TEST_CASE("the document tells every platform's side") {
  const auto side = [](const std::string& label, const std::string& python, const std::string& short_python) {
    return lock(label, {item("python", python, "h1_0", {}, {"python " + short_python + ".*"}),
                        item("numpy", "1.26.4", "py" + short_python.substr(0, 1) + short_python.substr(2) + "_0",
                             {"python " + short_python + ".*"}),
                        item("six", "1.16.0", "pyh_0")});
  };
  diff::Inventory from = side("main:envlock.lock", "3.10.14", "3.10");
  diff::Inventory to = side("envlock.lock", "3.12.3", "3.12");
  for (diff::Inventory* each : {&from, &to}) each->platforms.resize(1);
  to.platforms[0].virtual_packages[0].version = "12.9";
  CHECK(compare_with_golden("report/diff.json", json_diff(report_of({from, to}, {"hash", "minor"}), {})) == "");
}

TEST_CASE("equal ones say so, and how many packages there are") {
  const DiffReport two = report_of({before(), before()});
  CHECK(two.equal());
  CHECK(text_diff(two, Style{}, Rows::few) ==
        "main:envlock.lock and main:envlock.lock are equal: 18 packages on linux-64, osx-arm64\n");
  CHECK(markdown_diff(two).starts_with("### No differences\n"));
  const DiffReport three = report_of({before(), before(), before()});
  CHECK(text_diff(three, Style{}, Rows::few).find("are equal\n") != std::string::npos);
  CHECK(json_diff(three, {}).find("\"differences\": []") != std::string::npos);
}

TEST_CASE("several are drawn as groups, and how each differs from the largest") {
  diff::Inventory other = after();
  other.label = "other.lock";
  const DiffReport report = report_of({before(), after(), other});
  CHECK(compare_with_golden("report/diff-groups.txt", text_diff(report, Style{}, Rows::few)) == "");
  CHECK(compare_with_golden("report/diff-groups.md", markdown_diff(report)) == "");
}

TEST_CASE("eight hundred changes are ten lines of a comment, and the rest is folded away") {
  const std::string comment = markdown_diff(report_of({many("a", 400, "10"), many("b", 400, "12")}));
  const std::string open = comment.substr(0, comment.find("<details>"));
  CHECK(std::count(open.begin(), open.end(), '\n') <= 14);
  CHECK(open.find("400 rebuilt") != std::string::npos);
  CHECK(comment.find("package-1399") != std::string::npos);
  CHECK(comment.ends_with("\n</details>\n"));
}

TEST_CASE("a comment is never longer than the site takes") {
  const std::string comment = markdown_diff(report_of({many("a", 3000, "10"), many("b", 3000, "12")}));
  CHECK(comment.size() < 65536);
  CHECK(comment.find(" more\n") != std::string::npos);
  CHECK(comment.ends_with("\n</details>\n"));
  DiffReport several = report_of({many("a", 900, "10"), many("b", 900, "12"), many("c", 900, "13")});
  CHECK(markdown_diff(several).size() < 65536);
}

TEST_CASE("a text shows the first of many, and all when it is asked to") {
  std::vector<diff::Item> old;
  std::vector<diff::Item> fresh;
  for (int i = 10; i < 60; ++i) {
    old.push_back(item("p" + std::to_string(i), "1.0", "h_0"));
    fresh.push_back(item("p" + std::to_string(i), "1.1", "h_0"));
  }
  const DiffReport report = report_of({lock("a", old), lock("b", fresh)});
  CHECK(text_diff(report, Style{}, Rows::few).find("  and 30 more; --all shows them\n") != std::string::npos);
  const std::string all = text_diff(report, Style{}, Rows::all);
  CHECK(all.find("p59") != std::string::npos);
  CHECK(all.find("more") == std::string::npos);
}

TEST_CASE("nothing leaves its code span") {
  CHECK(markdown_code("") == "");
  CHECK(markdown_code("numpy") == "`numpy`");
  CHECK(markdown_code("a`b|c\\d") == "`a\u02CBb\\|c\u29F5d`");
  CHECK(markdown_code(" x ") == "`\u00B7 x \u00B7`");
  CHECK(markdown_code("a\nb").find('\n') == std::string::npos);
  CHECK(markdown_code("https://user:secret@host/").find("secret") == std::string::npos);
  CHECK(markdown_words("the old build needs `x >=1|2`") == "the old build needs `x >=1\\|2`");
  CHECK(markdown_words("ask @all *now* #1 `") == "ask \\@&#8203;all \\*now\\* \\#&#8203;1 \\`");
  CHECK(markdown_words("<b>") == "\\<b\\>");
}

TEST_CASE("machines and what a lock assumes stand in their own table") {
  diff::Inventory a = before();
  a.kind = diff::SourceKind::snapshot;
  a.platforms.resize(1);
  diff::Inventory b = a;
  a.label = "laptop.json";
  b.label = "node.json";
  a.machine = envlock::snapshot::Machine{};
  a.machine->cpu = "CPU A";
  a.machine->cuda_of_driver = "12.4";
  a.machine->virtual_packages = {{"__cuda", "12.4", "0"}};
  b.machine = a.machine;
  b.machine->cpu = "CPU B";
  b.machine->cuda_of_driver = "12.9";
  b.machine->cuda_toolkit = "11.8";
  b.machine->virtual_packages = {{"__cuda", "12.9", "0"}};
  const DiffReport report = report_of({a, b});
  CHECK(compare_with_golden("report/diff-machines.txt", text_diff(report, Style{}, Rows::few)) == "");
  CHECK(compare_with_golden("report/diff-machines.md", markdown_diff(report)) == "");
}

TEST_CASE("of pypi it is a source that changed, and extras are told") {
  diff::Item left = item("torch", "2.5.1", "");
  left.kind = diff::PackageKind::pypi;
  left.channel = "https://pypi.org/simple";
  left.file_name = "torch-2.5.1-cp312-cp312-linux_x86_64.whl";
  left.extras.emplace();
  diff::Item right = left;
  right.channel = "https://index.example.org/simple";
  right.extras = {"opt", "test"};
  const auto two = [](const diff::Item& from, const diff::Item& to) {
    DiffReport report;
    report.labels = {"a", "b"};
    report.groups = {{0}, {1}};
    report.differences = {compare(lock("a", {from}), lock("b", {to}))};
    return report;
  };
  const std::string moved = text_diff(two(left, right), Style{}, Rows::few);
  CHECK(moved.find("1 package from source https://pypi.org/simple to https://index.example.org/simple: torch (pypi)") !=
        std::string::npos);
  CHECK(json_diff(two(left, right), {}).find("\"source\": \"https://index.example.org/simple\"") != std::string::npos);
  CHECK(json_diff(two(left, right), {}).find("\"extras\": [\"opt\", \"test\"]") != std::string::npos);
  CHECK(markdown_diff(two(left, right)).find("source `https://pypi.org/simple` → `https://index.example.org/simple`") !=
        std::string::npos);
  right.channel = left.channel;
  const std::string asked = text_diff(two(left, right), Style{}, Rows::few);
  CHECK(asked.find("1 with other extras") != std::string::npos);
  CHECK(asked.find("torch (pypi)  2.5.1  extras none → opt, test") != std::string::npos);
  CHECK(markdown_diff(two(left, right)).find("extras none → opt, test") != std::string::npos);
}
