#include "envlock/conda/match_spec.h"

#include <string>
#include <vector>

#include "support/catch.h"

using envlock::conda::format;
using envlock::conda::MatchSpec;
using envlock::conda::PackageRecord;
using envlock::conda::SpecSyntax;
using envlock::conda::Version;

namespace {

std::string canonical(const std::string& text) {
  INFO("spec: " << text);
  return format(MatchSpec::parse(text));
}

std::vector<std::string> notes_of(const std::string& text) {
  envlock::core::Notes notes;
  MatchSpec::parse(text, SpecSyntax::lenient, &notes);
  std::vector<std::string> codes;
  for (const auto& note : notes.all()) codes.push_back(note.diagnostic.code);
  return codes;
}

envlock::core::Diagnostic error_of(const std::string& text, SpecSyntax syntax = SpecSyntax::lenient) {
  try {
    MatchSpec::parse(text, syntax);
  } catch (const envlock::core::Error& error) {
    return error.diagnostics().front();
  }
  FAIL("accepted: " << text);
  return {};
}

const std::string kMd5 = "0123456789abcdef0123456789abcdef";
const std::string kSha256 = "f453db4ffe2271ec492a2913af4e61d4a6c118201f07de757df0eff769b65d2e";

PackageRecord numpy() {
  PackageRecord record;
  record.name = "numpy";
  record.version = "1.26.4";
  record.build = "py312heda63a1_0";
  record.build_number = 3;
  record.channel = "https://conda.anaconda.org/conda-forge";
  record.subdir = "linux-64";
  record.file_name = "numpy-1.26.4-py312heda63a1_0.conda";
  record.md5 = envlock::core::parse_md5(kMd5);
  record.sha256 = envlock::core::parse_sha256(kSha256);
  record.size = 7484186;
  record.license = "BSD-3-Clause";
  record.timestamp = 1707225342000;
  record.track_features = {"mkl", "nomkl"};
  return record;
}

bool matches(const std::string& spec, const PackageRecord& record = numpy()) {
  CAPTURE(spec);
  return MatchSpec::parse(spec).matches(record);
}

}  // namespace

TEST_CASE("the fuzzy forms that CEP 29 lists are one spec") {
  for (const char* text : {"pkg=1.8", "pkg =1.8", "pkg 1.8.*", "pkg 1.8.* *", "pkg=1.8.*", "pkg=1.8.*=*",
                           "pkg =1.8.* *", "pkg ==1.8.* *", "pkg[version=1.8.*]", "pkg[version=\"1.8.*\"]"}) {
    CHECK(canonical(text) == "pkg=1.8");
    CHECK(notes_of(text).empty());
    CHECK(MatchSpec::parse(text, SpecSyntax::strict) == MatchSpec::parse("pkg=1.8"));
  }
}

TEST_CASE("the exact forms that CEP 29 lists are one spec") {
  for (const char* text : {"pkg 1.8", "pkg 1.8 *", "pkg==1.8", "pkg=1.8=*", "pkg==1.8=*", "pkg ==1.8 *",
                           "pkg[version=1.8]", "pkg[version=\"1.8\"]"}) {
    CHECK(canonical(text) == "pkg==1.8");
    CHECK(notes_of(text).empty());
  }
}

TEST_CASE("a build string makes the version exact unless a space stands before its =") {
  CHECK(canonical("pkg 1.8 b") == "pkg==1.8=b");
  CHECK(canonical("pkg ==1.8 b") == "pkg==1.8=b");
  CHECK(canonical("pkg=1.8=b") == "pkg==1.8=b");
  CHECK(canonical("pkg==1.8=b") == "pkg==1.8=b");
  CHECK(canonical("pkg =1.8 b") == "pkg=1.8[build='b']");
  CHECK(canonical("nbconvert =7.10.0=*_0") == "nbconvert==7.10.0[build='*_0']");
  CHECK(canonical("foo =*=cpu") == "foo[build='cpu']");
}

TEST_CASE("the examples of CEP 29 have their canonical form") {
  CHECK(canonical("foo 1.0 py27_0") == "foo==1.0=py27_0");
  CHECK(canonical("foo=1.0=py27_0") == "foo==1.0=py27_0");
  CHECK(canonical("conda-forge::foo[version=1.0.*]") == "conda-forge::foo=1.0");
  CHECK(canonical("conda-forge/linux-64::foo>=1.0") == "conda-forge/linux-64::foo[version='>=1.0']");
  CHECK(canonical("*/linux-64::foo>=1.0") == "foo[version='>=1.0',subdir='linux-64']");
  CHECK(canonical("*[md5=" + kMd5 + "]") == "*[md5='" + kMd5 + "']");
}

TEST_CASE("specs of real records are read") {
  CHECK(canonical("numpy 1.11*") == "numpy=1.11");
  CHECK(canonical("python 2.7*") == "python=2.7");
  CHECK(canonical("foo >=1.0|<0.5") == "foo[version='>=1.0|<0.5']");
  CHECK(canonical("blas * openblas") == "blas[build='openblas']");
  CHECK(canonical("python_abi 3.12.* *_cp312") == "python_abi=3.12[build='*_cp312']");
  CHECK(canonical("__glibc >=2.17,<3.0.a0") == "__glibc[version='>=2.17,<3.0.a0']");
  CHECK(canonical("__archspec 1 x86_64_v3") == "__archspec==1=x86_64_v3");
  CHECK(canonical("_libgcc_mutex 0.1 conda_forge") == "_libgcc_mutex==0.1=conda_forge");
  CHECK(canonical("perl >=5.32.1,<5.33.0a0 *_perl5") == "perl[version='>=5.32.1,<5.33.0a0',build='*_perl5']");
  CHECK(canonical("liblapack  3.11.0   1*_openblas") == "liblapack==3.11.0[build='1*_openblas']");
  CHECK(canonical("x264 >=1 !164.3095,<1!165") == "x264[version='>=1!164.3095,<1!165']");
  CHECK(canonical("imath<3.2.0a0") == "imath[version='<3.2.0a0']");
}

TEST_CASE("specs of real environment files are read") {
  CHECK(canonical("python >= 3.8, < 3.9") == "python[version='>=3.8,<3.9']");
  CHECK(canonical("pytorch>=2.0.0=*cuda118*") == "pytorch[version='>=2.0.0',build='*cuda118*']");
  CHECK(canonical("pytorch::pytorch-cuda=11.8 # [linux]") == "pytorch::pytorch-cuda=11.8");
  CHECK(canonical("libarchive>=3.8 lgpl_*") == "libarchive[version='>=3.8',build='lgpl_*']");
  CHECK(canonical("https://104.17.92.24:443::flask=1.0.2") == "https://104.17.92.24:443::flask=1.0.2");
  CHECK(canonical("blas[build=mkl]") == "blas[build='mkl']");
  CHECK(canonical("hdf5 #explicit to avoid issues") == "hdf5");
  CHECK(canonical("numpy >=1.0 , < 2.0 =py34_0") == "numpy[version='>=1.0,<2.0',build='py34_0']");
}

TEST_CASE("what only lenient tools take is taken with a note that says the canonical form") {
  struct Case {
    std::string text;
    std::string canonical;
  };
  const auto relic = GENERATE(values<Case>({{"python >= 3.8", "python[version='>=3.8']"},
                                            {"NumPy", "numpy"},
                                            {"numpy=", "numpy"},
                                            {"numpy===1.0", "numpy==1.0"},
                                            {"numpy >=1.0.*", "numpy[version='>=1.0']"},
                                            {"mkl@", "*[track_features='mkl']"},
                                            {"numpy (optional)", "numpy"},
                                            {"numpy 1.0 (target=x)", "numpy==1.0"},
                                            {"conda-forge[linux-64]::numpy", "conda-forge/linux-64::numpy"},
                                            {"numpy[version>=1.0]", "numpy[version='>=1.0']"},
                                            {"numpy[version=>=1.0,<2]", "numpy[version='>=1.0,<2']"},
                                            {"numpy[build=py* version=1.0]", "numpy==1.0[build='py*']"},
                                            {"numpy[build=py*] >=1.0", "numpy[version='>=1.0',build='py*']"},
                                            {"numpy[build=py*,]", "numpy[build='py*']"},
                                            {"numpy[optional]", "numpy"},
                                            {"ns:numpy", "numpy"},
                                            {"conda-forge:ns:numpy", "conda-forge::numpy"},
                                            {"foo[when='python >=3.10']", "foo[when='python>=3.10']"}}));
  CAPTURE(relic.text);
  envlock::core::Notes notes;
  const MatchSpec spec = MatchSpec::parse(relic.text, SpecSyntax::lenient, &notes);
  CHECK(format(spec) == relic.canonical);
  REQUIRE(notes.all().size() == 1);
  CHECK(notes.all().front().diagnostic.code == "lenient-spec");
  CHECK(notes.all().front().diagnostic.hints.front() == "write `" + relic.canonical + "`");
  CHECK(error_of(relic.text, SpecSyntax::strict).code == "invalid-spec");
}

TEST_CASE("a second package on a line is warned about") {
  CHECK(notes_of("numpy pandas") == std::vector<std::string>{"spec-ignored"});
  CHECK(notes_of("numpy 1.26").empty());
}

TEST_CASE("a name within brackets is ignored with a warning") {
  CHECK(canonical("numpy[name=pytorch]") == "numpy");
  CHECK(notes_of("numpy[name=pytorch]") == std::vector<std::string>{"spec-ignored"});
}

TEST_CASE("keys in brackets override what stands before them") {
  CHECK(canonical("foo 1.0 b[version='2.*',build=c]") == "foo=2[build='c']");
  CHECK(canonical("chan/noarch::foo[channel=other,subdir=linux-64]") == "other/linux-64::foo");
  CHECK(canonical("foo[subdir=linux-64,channel=other/noarch]") == "other/linux-64::foo");
  CHECK(canonical("foo[build_string=c]") == "foo[build='c']");
  CHECK(canonical("foo[Version='>=1', BUILD_NUMBER = '>= 03']") == "foo[version='>=1',build_number='>=3']");
}

TEST_CASE("quoted values are read as Python reads them") {
  CHECK(MatchSpec::parse("foo[license='it\\'s']").other.front().second.text() == "it's");
  CHECK(MatchSpec::parse("foo[license=\"a,b = [c] # d\"]").other.front().second.text() == "a,b = [c] # d");
  CHECK(canonical("foo[version='^1\\.[0-9]+$']") == "foo[version='^1\\.[0-9]+$']");
  CHECK(MatchSpec::parse(canonical("foo[license='a\\\\\\\\b']")).other.front().second.text() == "a\\\\b");
  CHECK(canonical("foo[license='a\\\\']") == "foo[license='a\\\\']");
}

TEST_CASE("regular expressions may hold what else ends a field") {
  CHECK(canonical("foo ^1\\.[0-9]+$") == "foo[version='^1\\.[0-9]+$']");
  CHECK(canonical("foo=1.0=^py3[0-9]$") == "foo==1.0[build='^py3[0-9]$']");
  CHECK(canonical("^num(py|ba)$") == "^num(py|ba)$");
}

TEST_CASE("conditions, extras and flags are read") {
  const MatchSpec spec = MatchSpec::parse(
      "foo>=2[when=\"python>=3.10 and (__unix or b[license='x y'])\",extras=[b,'a'],flags=[gpu:*,\"x\"]]");
  CHECK(spec.when == "python>=3.10 and (__unix or b[license='x y'])");
  CHECK(spec.extras == std::vector<std::string>{"a", "b"});
  CHECK(spec.flags == std::vector<std::string>{"gpu:*", "x"});
  CHECK(MatchSpec::parse("foo[extras=test]").extras == std::vector<std::string>{"test"});
  CHECK(canonical("foo[extras=a]") == "foo[extras=[a]]");
}

TEST_CASE("a package URL pins everything and loses its secrets") {
  const MatchSpec spec = MatchSpec::parse(
      "https://user:secret@host/t/to-ken/chan/linux-64/py-sirius-ms-2.1%2Bsirius6.0.3-pyhd8ed1ab_0.conda#" + kMd5);
  CHECK(spec.name == "py-sirius-ms");
  CHECK(spec.version->text() == "==2.1+sirius6.0.3");
  CHECK(spec.build->text() == "pyhd8ed1ab_0");
  CHECK(spec.channel == "https://host/chan");
  CHECK(spec.subdir == "linux-64");
  CHECK(spec.file_name == "py-sirius-ms-2.1+sirius6.0.3-pyhd8ed1ab_0.conda");
  CHECK(envlock::core::format(*spec.md5) == kMd5);
  CHECK(format(spec).find("secret") == std::string::npos);
  CHECK(format(spec).find("to-ken") == std::string::npos);
  CHECK(MatchSpec::parse(format(spec), SpecSyntax::strict) == spec);
}

TEST_CASE("a path of a package and its digest are read") {
  CHECK(MatchSpec::parse("./noarch/foo-1.0-0.tar.bz2#sha256:" + kSha256).sha256 ==
        envlock::core::parse_sha256(kSha256));
  CHECK(MatchSpec::parse("./noarch/foo-1.0-0.tar.bz2#" + kSha256).sha256 == envlock::core::parse_sha256(kSha256));
  CHECK(MatchSpec::parse("/a/noarch/foo-1.0-0.conda # note").url == "/a/noarch/foo-1.0-0.conda");
  CHECK(MatchSpec::parse("foo-bar-1.0-0.conda").name == "foo-bar");
  CHECK(error_of("foo-1.0-0.conda#abc").code == "invalid-spec");
  CHECK(error_of("./foo.conda").code == "invalid-spec");
}

TEST_CASE("a record is matched by every field that a spec names") {
  CHECK(matches("numpy"));
  CHECK(matches("*"));
  CHECK(matches("num*"));
  CHECK(matches("^num(py|ba)$"));
  CHECK(matches("NUMPY 1.26.4 PY312HEDA63A1_0"));
  CHECK(matches("numpy[build_number='>=3']"));
  CHECK_FALSE(matches("numpy[build_number='>3']"));
  CHECK(matches("numpy[build_number='!=4']"));
  CHECK(matches("numpy[build_number=3]"));
  CHECK(matches("numpy[subdir=linux-64]"));
  CHECK(matches("numpy[subdir='linux-*']"));
  CHECK_FALSE(matches("numpy[subdir=noarch]"));
  CHECK(matches("*[md5=" + kMd5 + "]"));
  CHECK_FALSE(matches("*[md5=" + std::string(32, '0') + "]"));
  CHECK(matches("*[sha256=" + kSha256 + "]"));
  CHECK(matches("numpy[fn=numpy-1.26.4-py312heda63a1_0.conda]"));
  CHECK(matches("numpy[url='https://conda.anaconda.org/conda-forge/linux-64/*']"));
  CHECK(matches("numpy[license='bsd*']"));
  CHECK_FALSE(matches("numpy[license='MIT']"));
  CHECK(matches("numpy[timestamp='>1707225341000',size=7484186]"));
  CHECK(matches("*[track_features=mkl]"));
  CHECK_FALSE(matches("*[track_features=cuda]"));
  CHECK_FALSE(matches("numpy[flags=[gpu]]"));
  CHECK(matches("numpy[when='python>=3.10']"));
  CHECK(matches("https://conda.anaconda.org/conda-forge/linux-64/numpy-1.26.4-py312heda63a1_0.conda#" + kMd5));
  CHECK_FALSE(matches("pandas"));
  CHECK_FALSE(matches("numpy 1.27"));
  CHECK_FALSE(matches("numpy * py311*"));
  PackageRecord broken = numpy();
  broken.version = "1..0";
  CHECK_FALSE(matches("numpy", broken));
}

TEST_CASE("name, version, build and build number decide alone for nearly every spec") {
  CHECK(MatchSpec::parse("numpy >=1.0 py*").needs_only_identity());
  CHECK(MatchSpec::parse("conda-forge::numpy[build_number=3]").needs_only_identity());
  CHECK_FALSE(MatchSpec::parse("numpy[license=MIT]").needs_only_identity());
  CHECK_FALSE(MatchSpec::parse("numpy[subdir=noarch]").needs_only_identity());
  const MatchSpec spec = MatchSpec::parse("numpy >=1.0 py*");
  CHECK(spec.matches("numpy", Version::parse("1.2"), "py312", 0));
  CHECK_FALSE(spec.matches("numpy", Version::parse("1.2"), "cp312", 0));
}

TEST_CASE("a spec that is none is refused with its column and a reason") {
  struct Case {
    std::string text;
    int column;
  };
  const auto wrong = GENERATE_COPY(values<Case>({{"", 1},
                                                 {"   ", 1},
                                                 {"# only a comment", 1},
                                                 {">=1.0", 1},
                                                 {"-foo", 1},
                                                 {"foo__bar", 1},
                                                 {"foo/bar", 4},
                                                 {"\"foo\"", 1},
                                                 {"\xC3\xA9"
                                                  "foo",
                                                  1},
                                                 {"foo \xC3\xA9", 5},
                                                 {"foo==", 4},
                                                 {"foo>=", 4},
                                                 {"foo 1..0", 5},
                                                 {"foo >=1.0,", 11},
                                                 {"foo >=1.0 <2.0", 5},
                                                 {"foo 1.0 a b", 9},
                                                 {"foo 1.0 a-b", 8},
                                                 {"foo 1.0@x", 5},
                                                 {"foo[extra]", 5},
                                                 {"foo[extra]>=1.0", 5},
                                                 {"foo[", 4},
                                                 {"foo[]", 4},
                                                 {"foo]", 4},
                                                 {"foo[version=]", 13},
                                                 {"foo[version=1.0", 4},
                                                 {"foo[version='1.0]", 13},
                                                 {"foo[version='1..0']", 14},
                                                 {"foo[version=1][build=2]", 15},
                                                 {"foo[build=a,build=b]", 13},
                                                 {"foo[build=a,build_string=b]", 13},
                                                 {"foo[verson=1]", 5},
                                                 {"foo[md5=12]", 9},
                                                 {"foo[sha256=12]", 12},
                                                 {"foo[build_number=a]", 18},
                                                 {"foo[build='^(?=a)$']", 11},
                                                 {"foo[extras=[A]]", 12},
                                                 {"foo[extras=[a,,b]]", 15},
                                                 {"foo[extras=[]]", 12},
                                                 {"foo[version=[1]]", 13},
                                                 {"foo[when='a[when=b]']", 10},
                                                 {"foo[when='a and']", 10},
                                                 {"foo[when='(a']", 10},
                                                 {"::foo", 1},
                                                 {"a^b::foo", 1},
                                                 {"foo.conda==*", 1},
                                                 {"foo[version='=1.conda']", 1},
                                                 {"https://host/chan", 1},
                                                 {"foo\x1b[31m", 4},
                                                 {std::string("foo\0", 4), 4}}));
  CAPTURE(wrong.text);
  const auto diagnostic = error_of(wrong.text);
  CHECK(diagnostic.code == "invalid-spec");
  CHECK(diagnostic.where->column == wrong.column);
  REQUIRE_FALSE(diagnostic.why.empty());
  for (const char c : diagnostic.what + diagnostic.why.front() + diagnostic.where->text) {
    CHECK(static_cast<unsigned char>(c) >= 0x20);
  }
}

TEST_CASE("a misspelt key is corrected") {
  CHECK(error_of("foo[verson=1]").hints.front() == "did you mean `version`?");
  CHECK(error_of("foo[extra]").hints.front().find("extras=[extra]") != std::string::npos);
}

TEST_CASE("a spec of ten megabytes is refused at once and shown cut") {
  const auto diagnostic = error_of(std::string(10'000'000, 'a'));
  CHECK(diagnostic.what.size() < 1000);
  CHECK(diagnostic.where->text.size() < 2000);
  CHECK(error_of("foo " + std::string(16000, '(')).code == "invalid-spec");
  CHECK(error_of("foo[" + std::string(16000, '[')).code == "invalid-spec");
}

TEST_CASE("an error does not show the secrets of a URL") {
  const auto diagnostic = error_of("https://user:hunter2@host/t/to-ken/chan/linux-64/foo.conda");
  CHECK(diagnostic.what.find("hunter2") == std::string::npos);
  CHECK(diagnostic.where->text.find("hunter2") == std::string::npos);
  CHECK(diagnostic.where->text.find("to-ken") == std::string::npos);
}
