#include "envlock/pypi/requirement_lines.h"

#include <cstdlib>
#include <string>
#include <vector>

#include "envlock/core/text.h"
#include "envlock/core/url.h"
#include "support/catch.h"
#include "support/temporary_folder.h"

namespace core = envlock::core;
using envlock::pypi::PipRequest;
using envlock::pypi::PipRequests;
using envlock::pypi::PipSourceLine;
using Kind = PipRequest::Kind;
using Strings = std::vector<std::string>;

namespace {

/// A `pip:` list as environment.yml has it: each text behind "    - ", from line 5 on.
std::vector<PipSourceLine> pip_list(const Strings& texts) {
  std::vector<PipSourceLine> lines;
  int number = 5;
  for (const std::string& text : texts) {
    PipSourceLine line;
    line.text = text;
    line.where = {"environment.yml", number++, 7, core::count_code_points(text),
                  core::printable(core::without_secrets("    - " + text), 300)};
    lines.push_back(std::move(line));
  }
  return lines;
}

class Reader {
 public:
  PipRequests read(const Strings& texts) { return read(pip_list(texts)); }
  PipRequests read(const std::vector<PipSourceLine>& lines) {
    return envlock::pypi::read_requirement_lines(lines, folder.path(), notes);
  }
  PipRequest one(const std::string& text) {
    const PipRequests requests = read({text});
    REQUIRE(requests.requests.size() == 1);
    return requests.requests.front();
  }
  /// "CODE FILE:LINE:COLUMN" of each mistake.
  Strings mistakes(const std::vector<PipSourceLine>& lines) {
    Strings all;
    try {
      read(lines);
    } catch (const core::Error& error) {
      for (const core::Diagnostic& diagnostic : error.diagnostics()) {
        REQUIRE(diagnostic.where);
        all.push_back(diagnostic.code + " " + diagnostic.where->file + ":" + std::to_string(diagnostic.where->line) +
                      ":" + std::to_string(diagnostic.where->column));
        last = diagnostic;
      }
    }
    return all;
  }
  Strings mistakes(const Strings& texts) { return mistakes(pip_list(texts)); }
  /// Of a single line: "CODE COLUMN", the column counted in the text itself.
  std::string mistake(const std::string& text) {
    const Strings all = mistakes(Strings{text});
    if (all.size() != 1) return core::join(all, "; ");
    return last.code + " " + std::to_string(last.where->column - 6);
  }

  envlock_test::TemporaryFolder folder;
  core::Notes notes;
  core::Diagnostic last;
};

const std::string kHash = "fe3459c7" + std::string(56, 'd');

}  // namespace

TEST_CASE("a requirement of an index keeps its text and place") {
  Reader reader;
  auto lines = pip_list({"Transformers[torch] >=4.40 ; python_version >= '3.9'  # for training"});
  lines[0].category = "train";
  lines[0].selector = "linux";
  const PipRequests requests = reader.read(lines);
  REQUIRE(requests.requests.size() == 1);
  const PipRequest& request = requests.requests[0];
  CHECK(request.kind == Kind::named);
  CHECK(request.requirement.format() == "transformers[torch]>=4.40 ; python_version >= \"3.9\"");
  CHECK(request.text == "Transformers[torch] >=4.40 ; python_version >= '3.9'");
  CHECK(request.category == "train");
  CHECK(request.selector == "linux");
  CHECK(request.where.line == 5);
  CHECK(request.where.column == 7);
  CHECK(request.where.length == 52);
}

TEST_CASE("archives are URLs and paths") {
  Reader reader;
  reader.folder.write("wheels/foo_bar-1.0-py3-none-any.whl", "x");
  PipRequest request = reader.one("https://user:secret@host/x/foo_bar-1.0-py3-none-any.whl#sha256=" + kHash);
  CHECK(request.kind == Kind::archive);
  CHECK(request.requirement.name == "foo-bar");
  CHECK(request.location == "https://user:secret@host/x/foo_bar-1.0-py3-none-any.whl");
  CHECK(request.written_location == "https://host/x/foo_bar-1.0-py3-none-any.whl");
  CHECK(request.text.find("secret") == std::string::npos);
  REQUIRE(request.hashes.size() == 1);
  CHECK(core::format(request.hashes[0]) == kHash);

  request = reader.one("Foo @ https://host/foo-1.0.tar.gz ; python_version >= '3'");
  CHECK(request.kind == Kind::archive);
  CHECK(request.requirement.name == "foo");
  CHECK(request.requirement.marker.format() == "python_version >= \"3\"");
  CHECK(request.location == "https://host/foo-1.0.tar.gz");

  request = reader.one("./wheels/foo_bar-1.0-py3-none-any.whl[x] ; os_name == 'posix'");
  CHECK(request.kind == Kind::archive);
  CHECK(request.requirement.name == "foo-bar");
  CHECK(request.requirement.extras == Strings{"x"});
  CHECK(request.location == (reader.folder.path() / "wheels/foo_bar-1.0-py3-none-any.whl").string());
  CHECK(request.written_location == "./wheels/foo_bar-1.0-py3-none-any.whl");
  CHECK(reader.one("wheels/foo_bar-1.0-py3-none-any.whl").kind == Kind::archive);
  CHECK(reader.one("https://host/download?file=1#egg=foo[a]").requirement.extras == Strings{"a"});
  CHECK(reader.one("https://host/a%2Bb/torch-2.5.1%2Bcu121-cp312-cp312-linux_x86_64.whl").requirement.name == "torch");
}

TEST_CASE("folders are directories, editable or not") {
  Reader reader;
  reader.folder.write("pkg/pyproject.toml", "");
  const std::string absolute = (reader.folder.path() / "pkg").string();
  for (const std::string text : {"./pkg", "pkg/", "pkg/../pkg", "./pkg/."}) {
    const PipRequest request = reader.one(text);
    CHECK(request.kind == Kind::directory);
    CHECK(request.location == absolute);
    CHECK(request.written_location == "./pkg");
    CHECK_FALSE(request.editable);
    CHECK(request.requirement.name.empty());
  }
  for (const std::string text : {"-e ./pkg[dev]", "--editable=./pkg[dev]", "-e \"./pkg[dev]\"", "-e./pkg[dev]"}) {
    INFO(text);
    const PipRequest request = reader.one(text);
    CHECK(request.editable);
    CHECK(request.location == absolute);
    CHECK(request.requirement.extras == Strings{"dev"});
  }
  CHECK(reader.one("-e .").written_location == ".");
  CHECK(reader.one("-e .").location == reader.folder.path().string());
  PipRequest request = reader.one("foo @ file://" + absolute);
  CHECK(request.kind == Kind::directory);
  CHECK(request.location == absolute);
  CHECK(request.written_location == absolute);
  CHECK(request.requirement.name == "foo");
  CHECK(reader.one("file:./pkg").location == absolute);
  CHECK(reader.one("foo @ ./pkg").location == absolute);
}

TEST_CASE("repositories have their revision and folder") {
  Reader reader;
  PipRequest request = reader.one("git+https://user:secret@github.com/a/b.git@v1.2#egg=Foo[x]&subdirectory=python/foo");
  CHECK(request.kind == Kind::vcs);
  CHECK(request.location == "https://user:secret@github.com/a/b.git");
  CHECK(request.written_location == "https://github.com/a/b.git");
  CHECK(request.revision == "v1.2");
  CHECK(request.subdirectory == "python/foo");
  CHECK(request.requirement.name == "foo");
  CHECK(request.requirement.extras == Strings{"x"});
  request = reader.one("foo @ git+ssh://git@github.com/a/b.git");
  CHECK(request.location == "ssh://git@github.com/a/b.git");
  CHECK(request.written_location == "ssh://git@github.com/a/b.git");
  CHECK(request.revision.empty());
  CHECK(reader.one("-e git+https://host/b@feature/x#egg=b").revision == "feature/x");
  CHECK(reader.one("-e git+https://host/b@feature/x#egg=b").editable);
  CHECK(reader.mistake("hg+https://host/b") == "invalid-requirement 1");
  CHECK(reader.mistake("git+git@github.com:a/b.git") == "invalid-requirement 5");
}

TEST_CASE("hashes belong to their requirement") {
  Reader reader;
  const std::string other = std::string(64, 'a');
  const PipRequest request = reader.one("foo==1.0 --hash=sha256:" + kHash + " --hash sha256:" + other);
  REQUIRE(request.hashes.size() == 2);
  CHECK(core::format(request.hashes[0]) == other);
  CHECK(request.requirement.format() == "foo==1.0");
  CHECK(reader.mistake("foo==1.0 --hash=sha256:12") == "invalid-hash 17");
  CHECK(reader.mistake("foo==1.0 --hash=md5:" + std::string(32, 'a')) == "invalid-hash 17");
  CHECK(reader.mistake("--hash=sha256:" + kHash) == "invalid-requirement 1");
  CHECK(reader.mistake("https://h/x.whl#sha256=12") == "invalid-requirement 24");
}

TEST_CASE("options steer all requests") {
  Reader reader;
  const PipRequests requests = reader.read(Strings{
      "--index-url https://u:p@host/simple", "--extra-index-url=https://a/simple", "--extra-index-url https://b/simple",
      "--extra-index-url https://a/simple", "-f ./wheels", "--find-links https://host/links", "--pre --no-index",
      "--require-hashes", "--trusted-host host:8080", "--no-binary Foo_Bar,baz",
      "--only-binary=:all:", "--no-binary=foo.bar", "--prefer-binary", "-i ./simple"});
  CHECK(requests.requests.empty());
  CHECK(requests.index_url == core::file_url((reader.folder.path() / "simple").string()));
  CHECK(requests.extra_index_urls == Strings{"https://a/simple", "https://b/simple"});
  CHECK(requests.find_links == Strings{(reader.folder.path() / "wheels").string(), "https://host/links"});
  CHECK(requests.pre);
  CHECK(requests.no_index);
  CHECK(requests.require_hashes);
  CHECK(requests.trusted_hosts == Strings{"host:8080"});
  CHECK(requests.no_binary == Strings{"foo-bar"});
  CHECK(requests.only_binary == Strings{":all:"});
  REQUIRE(reader.notes.all().size() == 2);
  CHECK(reader.notes.all()[0].diagnostic.code == "pip-option-ignored");
  CHECK(reader.notes.all()[1].diagnostic.code == "several-index-urls");
}

TEST_CASE("an option behind a selector holds for all platforms, and that is said") {
  Reader reader;
  auto lines = pip_list({"--extra-index-url https://a/simple"});
  lines[0].selector = "linux";
  CHECK(reader.read(lines).extra_index_urls == Strings{"https://a/simple"});
  REQUIRE(reader.notes.all().size() == 1);
  CHECK(reader.notes.all()[0].diagnostic.code == "pip-option-for-all");
}

TEST_CASE("options that cannot be part of a lock are refused by name") {
  Reader reader;
  CHECK(reader.mistake("--no-deps") == "pip-option-unsupported 1");
  CHECK(reader.mistake("foo --config-settings=x=y") == "pip-option-unsupported 5");
  CHECK(reader.mistake("foo --global-option=\"build_ext\"") == "pip-option-unsupported 5");
  CHECK(reader.mistake("-U") == "pip-option-unsupported 1");
  CHECK(reader.mistake("torch --index-url https://host/simple") == "pip-option-unsupported 7");
  CHECK(reader.mistake("--index-url https://host/simple torch") == "invalid-requirement 33");
  CHECK(reader.mistake("--index-ulr https://host/simple") == "pip-option-unknown 1");
  CHECK(reader.last.hints == Strings{"did you mean `--index-url`?"});
  CHECK(reader.mistake("--extra-index https://host/simple") == "pip-option-unknown 1");
  CHECK(reader.last.hints == Strings{"did you mean `--extra-index-url`?"});
  CHECK(reader.mistake("-x") == "pip-option-unknown 1");
  CHECK(reader.mistake("--pre=yes") == "invalid-requirement 6");
  CHECK(reader.mistake("--index-url") == "invalid-requirement 1");
  CHECK(reader.mistake("--index-url 'https://host") == "invalid-requirement 13");
  CHECK(reader.mistake("-r https://host/r.txt") == "pip-option-unsupported 4");
  CHECK(reader.mistake("-e numpy") == "invalid-requirement 4");
}

TEST_CASE("a mistake is told at its place, and all at once") {
  Reader reader;
  CHECK(reader.mistakes(Strings{"numpy>=1.0.x", "good", "pandas ; python_verson < '3'", "x y", "numpy=1.26"}) ==
        Strings{"invalid-specifier environment.yml:5:17", "invalid-marker environment.yml:7:16",
                "invalid-requirement environment.yml:8:9", "invalid-specifier environment.yml:9:12"});
  CHECK(reader.last.hints == Strings{"pip's requirements have `==` where conda's have `=`"});
  CHECK(reader.mistake("foo==1.0 \\") == "invalid-requirement 1");
  CHECK(reader.mistake("./pkg") == "pip-file-missing 1");
  CHECK(reader.mistake("-e ./pkg") == "pip-file-missing 4");
  CHECK(reader.mistake("./pkg[a b]") == "invalid-requirement 9");
  CHECK(reader.mistake("./pkg ; os_nam == 'x'") == "invalid-marker 9");
}

TEST_CASE("within quotes of YAML a place is one further, and folded texts are shown whole") {
  Reader reader;
  PipSourceLine line{"numpy>=1.0.x", "main", "", {"environment.yml", 5, 7, 14, "    - 'numpy>=1.0.x'"}};
  CHECK(reader.mistakes(std::vector<PipSourceLine>{line}) == Strings{"invalid-specifier environment.yml:5:18"});
  line.where.text = "    - \"numpy>=1.0\\x2ex\"";
  CHECK(reader.mistakes(std::vector<PipSourceLine>{line}) == Strings{"invalid-specifier environment.yml:5:7"});
  line.text = "numpy\npandas # comment\n\nscipy \\\n  >=1";
  CHECK(reader.read(std::vector<PipSourceLine>{line}).requests.size() == 3);
}

TEST_CASE("variables get their values, which are never shown") {
  Reader reader;
  setenv("ENVLOCK_TEST_USER", "ann", 1);
  setenv("ENVLOCK_TEST_TOKEN", "hunter2", 1);
  unsetenv("ENVLOCK_TEST_UNSET");
  PipRequest request =
      reader.one("foo @ https://${ENVLOCK_TEST_USER}:${ENVLOCK_TEST_TOKEN}@host/foo-1.0.zip?t=${ENVLOCK_TEST_TOKEN}");
  CHECK(request.location == "https://ann:hunter2@host/foo-1.0.zip?t=hunter2");
  CHECK(request.written_location == "https://host/foo-1.0.zip?t=hunter2");  // the lock drops queries
  CHECK(request.text.find("hunter2") == std::string::npos);
  CHECK(reader.read(Strings{"--index-url https://${ENVLOCK_TEST_USER}@host/simple"}).index_url ==
        "https://ann@host/simple");
  for (const std::string& line :
       Strings{"--index-url https://host/${ENVLOCK_TEST_TOKEN}/simple",
               "foo @ git+https://host/${ENVLOCK_TEST_TOKEN}/r", "foo @ https://host/${ENVLOCK_TEST_TOKEN}/x.zip",
               "foo @ https://${ENVLOCK_TEST_TOKEN}@host/x.zip?${ENVLOCK_TEST_TOKEN}",
               "foo @ https://host/${ENVLOCK_TEST_USER}/x.zip", "foo ; os_name != '${ENVLOCK_TEST_TOKEN}'"}) {
    INFO(line);
    core::Notes notes;
    read_requirement_lines(pip_list({line}), reader.folder.path(), notes);
    const bool in_path = line.find("/${ENVLOCK_TEST_TOKEN}/") != std::string::npos;
    CHECK(notes.all().size() == (in_path ? 1 : 0));
    if (in_path) CHECK(notes.all()[0].diagnostic.code == "pip-variable-stored");
  }
  CHECK(reader.one("foo ; os_name != '$HOME ${lower} $ENVLOCK_TEST_USER'").requirement.name == "foo");
  CHECK(reader.mistakes(Strings{"foo @ https://${ENVLOCK_TEST_UNSET}@h/x ${ENVLOCK_TEST_UNSET}"}) ==
        Strings{"pip-variable-unset environment.yml:5:21", "pip-variable-unset environment.yml:5:47"});
  // A mistake in a value is told where its variable stands, without the value.
  CHECK(reader.mistake("foo>=${ENVLOCK_TEST_TOKEN}.x") == "invalid-specifier 6");
  CHECK(reader.last.what.find("hunter2") == std::string::npos);
  CHECK(reader.mistake("foo>=1.${ENVLOCK_TEST_TOKEN} ; x") == "invalid-specifier 7");
  CHECK(reader.mistake("${ENVLOCK_TEST_USER}>=1 ; x") == "invalid-marker 27");
}

TEST_CASE("included files are read from their own folder") {
  Reader reader;
  reader.folder.write("sub/pkg/pyproject.toml", "");
  reader.folder.write("sub/more.txt",
                      "# all\r\nnumpy>=1 # why\r\n\n  -r ../base.txt\n./pkg\npandas==2.0 \\\n    --hash=sha256:" +
                          kHash + " \\\n    --hash=sha256:" + std::string(64, 'b') + "\nscipy>=1 \\\n# end\n");
  reader.folder.write("base.txt", "\xef\xbb\xbfrequests\n-c limits.txt\n--pre");
  reader.folder.write("limits.txt", "urllib3<2\nidna @ https://host/idna-3-py3-none-any.whl\n");
  auto lines = pip_list({"-r sub/more.txt", "-r base.txt"});
  lines[0].category = "test";
  lines[0].where.file = "project/environment.yml";
  const PipRequests requests = reader.read(lines);
  Strings all;
  for (const PipRequest& request : requests.requests) {
    all.push_back(request.requirement.name + " " + request.category + " " + request.where.file + ":" +
                  std::to_string(request.where.line));
  }
  CHECK(all == Strings{"numpy test project/sub/more.txt:2", "requests test project/base.txt:1",
                       " test project/sub/more.txt:5", "pandas test project/sub/more.txt:6",
                       "scipy test project/sub/more.txt:9", "requests main base.txt:1"});
  CHECK(requests.requests[2].written_location == "./sub/pkg");
  CHECK(requests.requests[3].hashes.size() == 2);
  CHECK(requests.requests[3].text ==
        "pandas==2.0     --hash=sha256:" + kHash + "     --hash=sha256:" + std::string(64, 'b'));
  CHECK(requests.pre);
  REQUIRE(requests.constraints.size() == 4);
  CHECK(requests.constraints[0].requirement.format() == "urllib3<2");
  CHECK(requests.constraints[1].kind == Kind::archive);
}

TEST_CASE("a mistake in an included file is told there, behind continued lines too") {
  Reader reader;
  reader.folder.write("r.txt", "good\nfoo==1.0 \\\n  --hash=sha256:12 \\\n  --bad\n\nbar>=x\n");
  CHECK(reader.mistakes(Strings{"-r r.txt"}) == Strings{"pip-option-unknown r.txt:4:3", "invalid-specifier r.txt:6:6"});
  reader.folder.write("r.txt", "good\nfoo==1.0 \\\n  --hash=sha256:12 \\\n  --pre\n");
  CHECK(reader.mistakes(Strings{"-r r.txt"}) == Strings{"invalid-hash r.txt:3:10", "pip-option-unsupported r.txt:4:3"});
  CHECK(reader.last.where->text == "  --pre");
}

TEST_CASE("files that include each other are refused, each file is read once") {
  Reader reader;
  reader.folder.write("a.txt", "foo\n-r b.txt\n");
  reader.folder.write("b.txt", "bar\n-r ./a.txt\n");
  CHECK(reader.mistakes(Strings{"-r a.txt"}) == Strings{"pip-file-loop b.txt:2:4"});
  CHECK(reader.last.why == Strings{"`a.txt` includes `b.txt`", "`b.txt` includes `a.txt`"});
  reader.folder.write("self.txt", "-c self.txt\n");
  CHECK(reader.mistakes(Strings{"-r self.txt"}) == Strings{"pip-file-loop self.txt:1:4"});
  for (int i = 0; i < 30; ++i) {
    const std::string next = "-r t" + std::to_string(i + 1) + ".txt\n";
    reader.folder.write("t" + std::to_string(i) + ".txt", next + next);
  }
  reader.folder.write("t30.txt", "foo\n");
  CHECK(reader.read(Strings{"-r t0.txt"}).requests.size() == 1);
  for (int i = 0; i < 70; ++i)
    reader.folder.write("d" + std::to_string(i) + ".txt", "-r d" + std::to_string(i + 1) + ".txt");
  CHECK(reader.mistakes(Strings{"-r d0.txt"}) == Strings{"pip-file-loop d63.txt:1:4"});
}

TEST_CASE("a file that is not there is told where it is asked for") {
  Reader reader;
  CHECK(reader.mistake("-r missing.txt") == "pip-file-missing 4");
  CHECK(reader.mistake("--constraint=missing.txt") == "pip-file-missing 14");
  reader.folder.write("latin.txt", "caf\xe9");
  CHECK(reader.mistake("-r latin.txt") == "pip-file-missing 4");
  CHECK(reader.mistake("-r .") == "pip-file-missing 4");
  try {
    reader.read(Strings{"-r ."});
    FAIL("no error");
  } catch (const envlock::core::Error& error) {
    CHECK(error.diagnostics()[0].why == Strings{"it is a folder"});
    CHECK(error.diagnostics()[0].hints[0].find("leave the option out") != std::string::npos);
  }
}

TEST_CASE("constraints bound names") {
  Reader reader;
  reader.folder.write("c.txt", "numpy<2\n-r inner.txt\n");
  reader.folder.write("inner.txt", "pandas<3\n");
  const PipRequests requests = reader.read(Strings{"-c c.txt"});
  CHECK(requests.requests.empty());
  REQUIRE(requests.constraints.size() == 2);
  CHECK(requests.constraints[1].requirement.format() == "pandas<3");
  reader.folder.write("bad.txt", "foo[x]<2\n-e .\nhttps://host/x.zip\n");
  CHECK(reader.mistakes(Strings{"-c bad.txt"}) == Strings{"invalid-requirement bad.txt:1:1",
                                                          "invalid-requirement bad.txt:2:1",
                                                          "invalid-requirement bad.txt:3:1"});
}
