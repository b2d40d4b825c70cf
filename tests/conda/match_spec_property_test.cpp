// Properties of the canonical text over specs put together at random.
#include <random>
#include <string>
#include <vector>

#include "envlock/conda/match_spec.h"
#include "support/catch.h"

using envlock::conda::format;
using envlock::conda::MatchSpec;
using envlock::conda::SpecSyntax;

namespace {

class Maker {
 public:
  explicit Maker(std::uint32_t seed) : random_(seed) {}

  std::string spec() {
    std::string text =
        pick({"", "", "conda-forge::", "conda-forge/linux-64::", "*/noarch::", "https://host/a/b::", "a/label/b::"});
    text += pick({"numpy", "r-base", "__glibc", "_x", "*", "num*", "Py.Torch"});
    switch (random_() % 7) {
      case 0:
        break;
      case 1:
        text += " " + condition();
        break;
      case 2:
        text += pick({"=", "==", " =", " "}) + version();
        break;
      case 3:
        text += pick({"=", "=="}) + version() + "=" + build();
        break;
      case 4:
        text += pick({" ", " =", " =="}) + version() + " " + build();
        break;
      case 5:
        text += " " + condition() + " " + build();
        break;
      default:
        text += pick({">=", "<", "!="}) + version();
        break;
    }
    std::string keys;
    for (const std::string& key : keys_) {
      if (random_() % 6 == 0) keys += (keys.empty() ? "" : ",") + key_value(key);
    }
    return keys.empty() ? text : text + "[" + keys + "]";
  }

 private:
  std::string pick(const std::vector<std::string>& choices) { return choices[random_() % choices.size()]; }
  std::string version() {
    return pick({"1.8", "2.0rc1", "1!3.1", "1.0_", "3.10.*", "2024.1.post1", "1.0+local.2", "2*", "1.0-a"});
  }
  std::string clause() {
    return pick({"", "=", "==", "!=", ">=", "<=", ">", "<", "~="}) + pick({"1.8", "2.0rc1", "1!3.1", "3.10", "1.0+x"});
  }
  std::string condition(int depth = 0) {
    std::string text;
    const auto terms = 1 + random_() % 3;
    for (std::size_t i = 0; i < terms; ++i) {
      if (i > 0) text += pick({",", "|"});
      text += depth < 3 && random_() % 4 == 0 ? "(" + condition(depth + 1) + ")" : clause();
    }
    return text;
  }
  std::string build() { return pick({"py312_0", "*", "*_cpu", "H5abc_1", "cuda*_mkl*", "0"}); }
  std::string key_value(const std::string& key) {
    if (key == "version") return "version='" + condition() + "'";
    if (key == "build") return "build=\"" + build() + "\"";
    if (key == "build_number") return "build_number='" + pick({"3", ">=3", "!=0", "<12", "*"}) + "'";
    if (key == "license") return "license=" + pick({"MIT", "'a b'", "\"it's\"", "'x\\\\y'", "'^MIT.*$'", "'q\\'q'"});
    if (key == "subdir") return "subdir=" + pick({"linux-64", "noarch", "'linux-*'"});
    if (key == "channel") return "channel=" + pick({"conda-forge", "'*'", "'https://h/x/noarch'", "'conda-*'"});
    if (key == "md5") return "md5=0123456789ABCDEF0123456789abcdef";
    if (key == "fn") return "fn='foo-1-0.conda'";
    if (key == "when")
      return "when='" + pick({"python>=3.10", "python >=3.10 and __unix", "(a or b) and c", "a[build=\"x\"]"}) + "'";
    if (key == "extras") return "extras=" + pick({"a", "[b,a]", "['a' , \"c\"]"});
    if (key == "flags") return "flags=" + pick({"gpu", "[gpu:*,'x']"});
    return "timestamp='>5'";
  }

  std::mt19937 random_;
  std::vector<std::string> keys_ = {"version", "build", "build_number", "license", "subdir", "channel",
                                    "md5",     "fn",    "when",         "extras",  "flags",  "timestamp"};
};

}  // namespace

TEST_CASE("reading a canonical text strictly gives the spec back, and equal specs have equal texts") {
  const auto seed = GENERATE(11u, 12u, 13u, 14u);
  CAPTURE(seed);
  Maker maker(seed);
  std::vector<std::pair<MatchSpec, std::string>> specs;
  for (int i = 0; i < 1500; ++i) {
    const std::string text = maker.spec();
    CAPTURE(text);
    const MatchSpec spec = MatchSpec::parse(text);
    const std::string canonical = format(spec);
    CAPTURE(canonical);
    const MatchSpec again = MatchSpec::parse(canonical, SpecSyntax::strict);
    REQUIRE(again == spec);
    REQUIRE(format(again) == canonical);
    specs.emplace_back(spec, canonical);
  }
  for (std::size_t i = 0; i < specs.size(); i += 3) {
    for (std::size_t j = i; j < specs.size(); j += 7) {
      REQUIRE((specs[i].first == specs[j].first) == (specs[i].second == specs[j].second));
    }
  }
}
