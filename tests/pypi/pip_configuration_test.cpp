#include "pip_configuration.h"

#include "ini_file.h"
#include "support/catch.h"
#include "support/temporary_folder.h"

using namespace envlock;
using namespace envlock_test;
using Environment = std::map<std::string, std::string>;

namespace {

struct PipFixture {
  pypi::PipConfiguration read(Environment environment = {}) {
    return pypi::read_pip_configuration_below(folder.path() / "etc", environment, folder.path() / "home", notes);
  }
  std::string refusal(const std::string& text) {
    folder.write("etc/pip.conf", text);
    try {
      read();
    } catch (const core::Error& error) {
      CHECK(error.diagnostics().front().code == "pip-config-invalid");
      return error.diagnostics().front().why.front();
    }
    return "taken";
  }
  std::string path(const std::string& name) const { return (folder.path() / name).string(); }
  TemporaryFolder folder;
  core::Notes notes;
};

}  // namespace

TEST_CASE_METHOD(PipFixture, "pip's files are read from the weakest to the strongest, key by key") {
  CHECK(read().index_url.empty());
  const std::vector<std::string> files = {"etc/xdg/pip/pip.conf",      "etc/pip.conf", "home/.pip/pip.conf",
                                          "home/.config/pip/pip.conf", "env/pip.conf", "own.conf"};
  for (const std::string& file : files) {
    folder.write(file, "[global]\nindex-url = https://" + file + "\n");
    CHECK(read({{"VIRTUAL_ENV", path("env")}}).index_url ==
          (file == "own.conf" ? "https://env/pip.conf" : "https://" + file));
  }
  CHECK(read({{"CONDA_PREFIX", path("env")}}).index_url == "https://env/pip.conf");
  CHECK(read({{"VIRTUAL_ENV", path("none")}, {"CONDA_PREFIX", path("env")}}).index_url ==
        "https://home/.config/pip/pip.conf");
  CHECK(read({{"PIP_CONFIG_FILE", path("own.conf")}, {"VIRTUAL_ENV", path("env")}}).index_url == "https://own.conf");
  CHECK(read({{"PIP_CONFIG_FILE", "/dev/null"}}).index_url.empty());
  CHECK(read({{"PIP_CONFIG_FILE", "/dev/null"}, {"PIP_INDEX_URL", "https://variable"}}).index_url ==
        "https://variable");
  CHECK(read({{"PIP_CONFIG_FILE", path("missing")}}).index_url == "https://home/.config/pip/pip.conf");
  folder.write("own.conf", "[global]\n");  // it is there, and so the user's files are passed over
  CHECK(read({{"PIP_CONFIG_FILE", path("own.conf")}}).index_url == "https://etc/pip.conf");
  folder.write("config/pip/pip.conf", "[global]\nindex-url = https://config\n");
  CHECK(read({{"XDG_CONFIG_HOME", path("config")}}).index_url == "https://config");
}

TEST_CASE_METHOD(PipFixture, "the section of install goes before that of all commands, the environment before both") {
  folder.write("etc/pip.conf", "[install]\nindex-url = https://install\n[download]\nindex-url = https://download\n");
  folder.write("home/.config/pip/pip.conf", "[global]\nindex-url = https://global\n");
  CHECK(read().index_url == "https://install");
  CHECK(read({{"PIP_INDEX_URL", "https://variable"}}).index_url == "https://variable");
  CHECK(read({{"PIP_INDEX_URL", ""}}).index_url == "https://install");
}

TEST_CASE_METHOD(PipFixture, "an empty value takes the one of a weaker file away") {
  folder.write("etc/pip.conf", "[global]\nindex-url = https://etc\n");
  folder.write("home/.config/pip/pip.conf", "[global]\nindex-url =\n");
  CHECK(read().index_url.empty());
}

TEST_CASE_METHOD(PipFixture, "all that steers the choice of packages is told") {
  folder.write("etc/pip.conf",
               "# comment\n[global]\nEXTRA_INDEX_URL = https://one\n    https://two\n\n    ; comment\n  https://three\n"
               "find-links: ~/wheels https://page file:///srv\nno-index = yes\npre=0\ncert = ~/ca.pem\n"
               "client-cert = /c.pem\nproxy = http://proxy\ntrusted-host = a b\nno-binary = Foo_Bar,:none:,baz\n"
               "only-binary = qux\ntimeout = 3\n");
  const pypi::PipConfiguration found = read({{"PIP_ONLY_BINARY", "BAZ,other"}, {"PIP_PRE", "On"}});
  CHECK(found.extra_index_urls == std::vector<std::string>{"https://one", "https://two", "https://three"});
  CHECK(found.find_links == std::vector<std::string>{path("home/wheels"), "https://page", "file:///srv"});
  CHECK(found.no_index);
  CHECK(found.pre);
  CHECK(found.certificate == path("home/ca.pem"));
  CHECK(found.client_certificate == "/c.pem");
  CHECK(found.proxy == "http://proxy");
  CHECK(found.trusted_hosts == std::vector<std::string>{"a", "b"});
  CHECK(found.no_binary.empty());
  CHECK(found.only_binary == std::vector<std::string>{"baz", "other", "qux"});
}

TEST_CASE_METHOD(PipFixture, "a file that pip would not take is refused with the line") {
  CHECK(refusal("index-url = x\n") == "line 1: there is no section before it");
  CHECK(refusal("[global]\nindex-url\n") == "line 2: it is no `key = value`");
  CHECK(refusal("[global]\npre = x\npre = y\n") == "line 3: `pre` stands twice");
  CHECK(refusal("[global]\n[global]\n") == "line 2: the section [global] stands twice");
  CHECK(refusal("[global]\npre = perhaps\n") == "`pre` is `perhaps` and neither yes nor no");
  CHECK(refusal("[global]\nproxy = \xff\n") == "it is no UTF-8");
  CHECK(refusal("[DEFAULT]\npre = 1\n[global]\n[install]\npre=0\n") == "taken");
}

TEST_CASE_METHOD(PipFixture, "constraints of the machine are not silently dropped") {
  CHECK_FALSE(read({{"PIP_CONSTRAINT", "/etc/constraints.txt"}}).pre);
  REQUIRE(notes.all().size() == 1);
  CHECK(notes.all()[0].diagnostic.code == "pip-config-ignored");
}
