#include "envlock/channel/condarc.h"

#include "support/catch.h"
#include "support/temporary_folder.h"

using namespace envlock;
using channel::Condarc;
using channel::CondarcEnvironment;
using Strings = std::vector<std::string>;

namespace {

/// A home, an activated prefix, a system folder and variables, all of the test's own.
struct World {
  envlock_test::TemporaryFolder folder;
  std::map<std::string, std::string> variables;
  core::Notes notes;

  World() { variables["CONDA_PREFIX"] = (folder.path() / "prefix").string(); }
  CondarcEnvironment environment() const {
    CondarcEnvironment environment;
    environment.home = folder.path() / "home";
    environment.system_folder = folder.path() / "etc";
    environment.variable = [this](std::string_view name) -> std::optional<std::string> {
      const auto found = variables.find(std::string(name));
      return found == variables.end() ? std::nullopt : std::optional(found->second);
    };
    return environment;
  }
  Condarc read() { return channel::read_condarc(environment(), notes); }
  void user(const std::string& text) const { folder.write("home/.condarc", text); }
  void system(const std::string& text) const { folder.write("etc/.condarc", text); }
  void prefix(const std::string& text) const { folder.write("prefix/.condarc", text); }

  std::vector<core::Diagnostic> problems() {
    try {
      read();
    } catch (const core::Error& error) {
      return error.diagnostics();
    }
    return {};
  }
};

}  // namespace

TEST_CASE("without any file conda's defaults hold") {
  World world;
  const Condarc condarc = world.read();
  CHECK(condarc.channel_alias == "https://conda.anaconda.org");
  CHECK(condarc.channels.empty());
  CHECK(condarc.default_channels == Strings{"https://repo.anaconda.com/pkgs/main", "https://repo.anaconda.com/pkgs/r"});
  CHECK(!condarc.channel_priority);
  CHECK(condarc.files.empty());
  CHECK(condarc.network.verify_tls);
  CHECK(!condarc.network.offline);
}

TEST_CASE("all places are searched and the later ones win") {
  World world;
  world.variables["CONDA_ROOT"] = (world.folder.path() / "root").string();
  world.variables["XDG_CONFIG_HOME"] = (world.folder.path() / "xdg").string();
  world.variables["CONDARC"] = (world.folder.path() / "mine").string();
  const Strings places{"etc/.condarc",
                       "etc/condarc",
                       "etc/condarc.d/a.yml",
                       "etc/condarc.d/b.yaml",
                       "root/.condarc",
                       "xdg/conda/condarc",
                       "home/.config/conda/.condarc",
                       "home/.conda/condarc",
                       "home/.condarc",
                       "prefix/.condarc",
                       "mine"};
  for (std::size_t i = 0; i < places.size(); ++i) {
    world.folder.write(places[i],
                       "remote_max_retries: " + std::to_string(i) + "\nchannels: [c" + std::to_string(i) + "]\n");
    const Condarc condarc = world.read();
    CHECK(condarc.network.retries == static_cast<int>(i));
    CHECK(condarc.files.size() == i + 1);
    CHECK(condarc.files.back() == (world.folder.path() / places[i]).string());
    CHECK(condarc.channels.front() == "c" + std::to_string(i));
  }
  world.folder.write("etc/condarc.d/readme.txt", "no: [yaml");
  world.variables["CONDA_REMOTE_MAX_RETRIES"] = "20";
  CHECK(world.read().network.retries == 20);
}

TEST_CASE("lists are joined with the higher precedence first and each item once") {
  World world;
  world.system("channels: [c, d]\n");
  world.user("channels:\n  - b\n  - c\n");
  world.prefix("channels:\n  - a\n");
  CHECK(world.read().channels == Strings{"a", "b", "c", "d"});
  world.variables["CONDA_CHANNELS"] = "z, d,";
  CHECK(world.read().channels == Strings{"z", "d", "a", "b", "c"});
}

TEST_CASE("marks move items to the top and the bottom and make a list final") {
  World world;
  world.system("channels:\n  - s1\n  - s2  #!top\n  - s3  #!bottom\n");
  world.user("channels:\n  - u1  #!bottom\n  - u2\n");
  CHECK(world.read().channels == Strings{"s2", "u2", "s1", "u1", "s3"});
  world.system("channels:  #!final\n  - s1\n");
  CHECK(world.read().channels == Strings{"s1"});
  world.system("offline: true  #!final\nchannel_alias: https://a.example\n");
  world.user("offline: false\nchannel_alias: https://b.example\n");
  CHECK(world.read().network.offline);
  CHECK(world.read().channel_alias == "https://b.example");
}

TEST_CASE("maps are united key by key") {
  World world;
  world.system(
      "custom_channels:\n  a: https://one.example\n  b: https://one.example  #!final\nmirrored_channels:\n  m: [x]\n");
  world.user("custom_channels:\n  a: https://two.example\n  b: https://two.example\nmirrored_channels:\n  m: [y]\n");
  const Condarc condarc = world.read();
  CHECK(condarc.custom_channels.at("a") == "https://two.example");
  CHECK(condarc.custom_channels.at("b") == "https://one.example");
  CHECK(condarc.mirrored_channels.at("m") == Strings{"y", "x"});
}

TEST_CASE("variables are expanded in values and unknown ones stay") {
  World world;
  world.variables["TOKEN"] = "tk-1";
  world.user("channels: ['https://host/t/${TOKEN}/x', 'https://host/$NOBODY/y']\nchannel_alias: https://h/$TOKEN\n");
  const Condarc condarc = world.read();
  CHECK(condarc.channels == Strings{"https://host/t/tk-1/x", "https://host/$NOBODY/y"});
  CHECK(condarc.channel_alias == "https://h/tk-1");
}

TEST_CASE("network settings arrive where they belong") {
  World world;
  world.folder.write("home/ca.pem", "x");
  world.user(
      "offline: yes\nssl_verify: ~/ca.pem\nclient_cert: ~/ca.pem\nclient_ssl_cert_key: ~/ca.pem\n"
      "remote_connect_timeout_secs: 9.15\nremote_read_timeout_secs: 60.0\nremote_max_retries: 5\n"
      "remote_backoff_factor: 2\nproxy_servers:\n  http: http://u:p@proxy:1\n  https://Host: null\n");
  const fetch::NetworkOptions network = world.read().network;
  CHECK(network.offline);
  CHECK(network.ca_bundle == (world.folder.path() / "home/ca.pem").string());
  CHECK(network.client_certificate == network.ca_bundle);
  CHECK(network.client_key == network.ca_bundle);
  CHECK(network.connect_timeout_seconds == 10);
  CHECK(network.stall_timeout_seconds == 60);
  CHECK(network.retries == 5);
  CHECK(network.retry_base_seconds == 2.0);
  CHECK(network.proxies == std::map<std::string, std::string>{{"http", "http://u:p@proxy:1"}, {"https://host", ""}});
}

TEST_CASE("certificates are checked unless .condarc says otherwise") {
  World world;
  world.variables["REQUESTS_CA_BUNDLE"] = "/corp/ca.pem";
  CHECK(world.read().network.ca_bundle == "/corp/ca.pem");
  world.user("ssl_verify: truststore\n");
  CHECK(world.read().network.verify_tls);
  CHECK(world.read().network.ca_bundle.empty());
  world.user("verify_ssl: False\n");
  CHECK(!world.read().network.verify_tls);
  world.user("ssl_verify: /no/such/file\n");
  REQUIRE(world.problems().size() == 1);
  CHECK(world.problems()[0].where->line == 1);
}

TEST_CASE("priorities are words or truth values") {
  World world;
  const auto priority = [&world](const std::string& text) {
    world.user("channel_priority: " + text + "\n");
    return world.read().channel_priority;
  };
  CHECK(priority("strict") == conda::ChannelPriority::strict);
  CHECK(priority("Flexible") == conda::ChannelPriority::flexible);
  CHECK(priority("true") == conda::ChannelPriority::flexible);
  CHECK(priority("false") == conda::ChannelPriority::disabled);
  CHECK(priority("disabled") == conda::ChannelPriority::disabled);
  world.user("channel_priority: stict\n");
  REQUIRE(world.problems().size() == 1);
  CHECK(world.problems()[0].hints == Strings{"did you mean `strict`?"});
}

TEST_CASE("every mistake of every file is told with its place") {
  World world;
  world.system("channels: conda-forge\noffline: maybe\n");
  world.user("x: 1\ncustom_channels:\n  a: [b]\nchannels:\n  - {a: b}\nremote_max_retries: -1\n");
  const std::vector<core::Diagnostic> problems = world.problems();
  REQUIRE(problems.size() == 5);
  for (const core::Diagnostic& problem : problems) {
    CHECK(problem.code == "condarc-invalid");
    REQUIRE(problem.where);
    CHECK(problem.where->line > 0);
    CHECK(!problem.where->text.empty());
  }
  CHECK(problems[0].where->file == (world.folder.path() / "etc/.condarc").string());
}

TEST_CASE("a file that is no YAML, no text or too deep is refused with its name") {
  World world;
  for (const std::string& text : {std::string("a: [b\n"), std::string("\xff\xfe\xfa"), std::string("- a\n"),
                                  std::string("channels: [") + std::string(5000, '['), std::string("a: b\n\tc: d\n"),
                                  std::string("channels: [a]\nchannels: [b]\n"), std::string("channels: [&x [*x]]")}) {
    world.user(text);
    REQUIRE(world.problems().size() >= 1);
    CHECK(world.problems()[0].code == "condarc-invalid");
    CHECK(world.problems()[0].where->file == (world.folder.path() / "home/.condarc").string());
  }
}

TEST_CASE("no secret of a .condarc is shown") {
  World world;
  world.user("proxy_servers: http://user:hunter2@proxy:1\nchannel_alias: user:hunter2@host\n");
  for (const core::Diagnostic& problem : world.problems()) {
    CHECK(problem.what.find("hunter2") == std::string::npos);
    CHECK(problem.where->text.find("user:hunter2@proxy") == std::string::npos);
  }
}

TEST_CASE("settings that would bear on a lock and are not heeded are told") {
  World world;
  world.user(
      "channel_settings:\n  - channel: x\n    auth: y\npinned_packages: [python 3.10]\nauto_update_conda: false\n");
  world.read();
  REQUIRE(world.notes.all().size() == 2);
  CHECK(world.notes.all()[0].diagnostic.code == "condarc-ignored");
  CHECK(world.notes.all()[0].diagnostic.where->line == 1);
}

TEST_CASE("CONDARC that names nothing is told and passed over") {
  World world;
  world.variables["CONDARC"] = "/no/such/condarc";
  world.read();
  REQUIRE(world.notes.all().size() == 1);
  CHECK(world.notes.all()[0].diagnostic.code == "condarc-missing");
}

TEST_CASE("conda-build's folder is the channel `local`") {
  World world;
  CHECK(world.read().local_channel.empty());
  world.folder.write("prefix/conda-bld/x", "");
  CHECK(world.read().local_channel == (world.folder.path() / "prefix/conda-bld").string());
  world.folder.write("bld/x", "");
  world.variables["CONDA_BLD_PATH"] = (world.folder.path() / "bld").string();
  CHECK(world.read().local_channel == (world.folder.path() / "bld").string());
}
