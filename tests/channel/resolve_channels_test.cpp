#include <cstdlib>

#include "envlock/channel/condarc.h"
#include "support/catch.h"
#include "support/temporary_folder.h"

using namespace envlock;
using channel::Condarc;
using channel::Location;
using channel::ResolveOptions;

namespace {

Condarc plain() {
  Condarc condarc;
  condarc.default_channels = {"https://repo.anaconda.com/pkgs/main", "https://repo.anaconda.com/pkgs/r"};
  return condarc;
}

ResolveOptions options() {
  ResolveOptions options;
  options.base_folder = "/srv/project/envs";
  options.lock_folder = "/srv/project";
  return options;
}

std::vector<std::string> bases(const std::vector<Location>& locations) {
  std::vector<std::string> out;
  for (const Location& location : locations) out.push_back(location.channel.base);
  return out;
}

Location one(const std::string& name, const Condarc& condarc = plain(), const ResolveOptions& with = options()) {
  const std::vector<Location> all = channel::resolve_channels({name}, condarc, with);
  REQUIRE(all.size() == 1);
  return all.front();
}

core::Diagnostic problem(const std::vector<std::string>& names, const Condarc& condarc) {
  try {
    channel::resolve_channels(names, condarc, options());
  } catch (const core::Error& error) {
    return error.diagnostics().front();
  }
  return {};
}

using Strings = std::vector<std::string>;

}  // namespace

TEST_CASE("a name is a channel under the alias") {
  const Location found = one("conda-forge");
  CHECK(found.channel.base == "https://conda.anaconda.org/conda-forge");
  CHECK(found.channel.name == "conda-forge");
  CHECK(found.urls == Strings{"https://conda.anaconda.org/conda-forge"});
  CHECK(one("pytorch/label/dev").channel.base == "https://conda.anaconda.org/pytorch/label/dev");
  CHECK(one("conda-forge/linux-64").channel.base == "https://conda.anaconda.org/conda-forge");
  CHECK(one("conda-forge/linux-64").channel.name == "conda-forge");
  CHECK(one("conda-forge/").channel.base == "https://conda.anaconda.org/conda-forge");
}

TEST_CASE("all spellings of a URL give one base") {
  for (const std::string text :
       {"https://conda.anaconda.org/conda-forge", "https://conda.anaconda.org/conda-forge/",
        "HTTPS://Conda.Anaconda.ORG/conda-forge", "https://conda.anaconda.org:443/conda-forge",
        "https://conda.anaconda.org/conda-forge/linux-64", "https://conda.anaconda.org/conda-forge/noarch/",
        "https://user:secret@conda.anaconda.org/conda-forge", "https://conda.anaconda.org/t/tk-secret/conda-forge",
        "https://conda.anaconda.org/conda-forge#x", "https://conda.anaconda.org/conda-forge?key=secret"}) {
    CHECK(one(text).channel.base == "https://conda.anaconda.org/conda-forge");
    CHECK(one(text).channel.name == "conda-forge");
  }
  CHECK(one("http://localhost:8000/x").channel.base == "http://localhost:8000/x");
  CHECK(one("https://Host/Path").channel.base == "https://host/Path");
}

TEST_CASE("credentials and tokens reach the transport and nothing else") {
  const Location found = one("https://user:secret@host/t/tk-1/name/linux-64/");
  CHECK(found.urls == Strings{"https://user:secret@host/t/tk-1/name"});
  CHECK(found.channel.base == "https://host/name");
  Condarc condarc = plain();
  condarc.channel_alias = "https://user:secret@corp.example/conda/";
  const Location named = one("team", condarc);
  CHECK(named.channel.base == "https://corp.example/conda/team");
  CHECK(named.channel.name == "team");
  CHECK(named.urls == Strings{"https://user:secret@corp.example/conda/team"});
}

TEST_CASE("a channel under two names keeps its first place") {
  const std::vector<Location> all = channel::resolve_channels(
      {"b", "conda-forge", "https://conda.anaconda.org/conda-forge/noarch", "a", "b"}, plain(), options());
  CHECK(bases(all) == Strings{"https://conda.anaconda.org/b", "https://conda.anaconda.org/conda-forge",
                              "https://conda.anaconda.org/a"});
  CHECK(all[0].channel.rank == 0);
  CHECK(all[1].channel.rank == 1);
  CHECK(all[2].channel.rank == 2);
}

TEST_CASE("defaults and multichannels become their members in order") {
  Condarc condarc = plain();
  condarc.custom_multichannels["lab"] = {"lab/main", "conda-forge", "defaults"};
  CHECK(bases(channel::resolve_channels({"defaults"}, condarc, options())) ==
        Strings{"https://repo.anaconda.com/pkgs/main", "https://repo.anaconda.com/pkgs/r"});
  const std::vector<Location> all = channel::resolve_channels({"lab", "pkgs/main"}, condarc, options());
  CHECK(bases(all) == Strings{"https://conda.anaconda.org/lab/main", "https://conda.anaconda.org/conda-forge",
                              "https://repo.anaconda.com/pkgs/main", "https://repo.anaconda.com/pkgs/r"});
  CHECK(all[2].channel.name == "pkgs/main");
}

TEST_CASE("multichannels that name each other are refused") {
  Condarc condarc = plain();
  condarc.custom_multichannels["a"] = {"b"};
  condarc.custom_multichannels["b"] = {"a"};
  CHECK(problem({"a"}, condarc).code == "unknown-channel");
}

TEST_CASE("a custom channel is where .condarc says, with or without its name") {
  Condarc condarc = plain();
  condarc.custom_channels["conda-forge"] = "https://mirror.example/cloud";
  condarc.custom_channels["team"] = "https://corp.example/conda/team/";
  CHECK(one("conda-forge", condarc).channel.base == "https://mirror.example/cloud/conda-forge");
  CHECK(one("conda-forge", condarc).channel.name == "conda-forge");
  CHECK(one("conda-forge/label/x", condarc).channel.base == "https://mirror.example/cloud/conda-forge/label/x");
  CHECK(one("team", condarc).channel.base == "https://corp.example/conda/team");
  CHECK(one("team/sub", condarc).channel.base == "https://corp.example/conda/team/sub");
}

TEST_CASE("folders are named as the lock sees them") {
  CHECK(one("./channel").channel.base == "./envs/channel");
  CHECK(one("./channel").urls == Strings{"/srv/project/envs/channel"});
  CHECK(one("../channels/local/").channel.base == "./channels/local");
  CHECK(one("../../other").channel.base == "../other");
  CHECK(one("/srv/project").channel.base == ".");
  CHECK(one("/srv/project/c/noarch").channel.base == "./c");
  CHECK(one("file:///srv/project/some%20dir").channel.base == "./some dir");
  CHECK(one("/somewhere/else").channel.base == "../../somewhere/else");
  CHECK(one("./channel").channel.name == "channel");
  setenv("HOME", "/srv/home", 1);
  CHECK(one("~/c").channel.base == "../home/c");
  CHECK(one("~").urls == Strings{"/srv/home"});
}

TEST_CASE("mirrors change where a channel is fetched and not what it is") {
  Condarc condarc = plain();
  condarc.mirrored_channels["conda-forge"] = {"https://user:pw@one.example/cf/", "/srv/mirror"};
  const Location found = one("conda-forge", condarc);
  CHECK(found.channel == one("conda-forge").channel);
  CHECK(found.urls == Strings{"https://user:pw@one.example/cf", "/srv/mirror"});
  CHECK(one("https://conda.anaconda.org/conda-forge", condarc).urls == found.urls);
  CHECK(one("https://other.example/conda-forge", condarc).urls == Strings{"https://other.example/conda-forge"});
}

TEST_CASE("the command line's map wins over mirrors and is never stored") {
  Condarc condarc = plain();
  condarc.mirrored_channels["conda-forge"] = {"https://one.example/cf"};
  for (const std::string key :
       {"conda-forge", "https://conda.anaconda.org/conda-forge", "https://conda.anaconda.org/conda-forge/"}) {
    ResolveOptions with = options();
    with.channel_map[key] = {"/data/union"};
    const Location found = one("conda-forge", condarc, with);
    CHECK(found.channel == one("conda-forge").channel);
    CHECK(found.urls == Strings{"/data/union"});
  }
  ResolveOptions with = options();
  with.channel_map["defaults"] = {"file:///data/defaults"};
  for (const Location& location : channel::resolve_channels({"defaults"}, condarc, with)) {
    CHECK(location.urls == Strings{"/data/defaults"});
  }
  with.channel_map["./local"] = {"/data/local"};
  CHECK(one("./local", condarc, with).urls == Strings{"/data/local"});
}

TEST_CASE("mirrors of a whole multichannel make it one channel") {
  Condarc condarc = plain();
  condarc.mirrored_channels["defaults"] = {"https://a.example/defaults", "https://b.example/defaults"};
  const Location found = one("defaults", condarc);
  CHECK(found.channel.base == "https://a.example/defaults");
  CHECK(found.urls == condarc.mirrored_channels["defaults"]);
}

TEST_CASE("local is the folder of conda-build, when there is one") {
  CHECK(problem({"local"}, plain()).code == "unknown-channel");
  Condarc condarc = plain();
  condarc.local_channel = "/srv/project/conda-bld";
  CHECK(one("local", condarc).channel.base == "./conda-bld");
}

TEST_CASE("what is no channel is refused, all at once and without secrets") {
  try {
    channel::resolve_channels({"", "two words", "s3://key:secret@bucket/x", "good", "a\x1b[31m"}, plain(), options());
    FAIL("accepted");
  } catch (const core::Error& error) {
    REQUIRE(error.diagnostics().size() == 4);
    for (const core::Diagnostic& diagnostic : error.diagnostics()) {
      CHECK(diagnostic.code == "unknown-channel");
      CHECK(diagnostic.what.find("secret") == std::string::npos);
      CHECK(diagnostic.what.find('\x1b') == std::string::npos);
      CHECK(!diagnostic.hints.empty());
    }
  }
}

TEST_CASE("an allowlist and a denylist are kept, and the denylist wins") {
  Condarc condarc = plain();
  condarc.allowlist_channels = {"defaults", "https://conda.anaconda.org/conda-forge/linux-64"};
  CHECK(bases(channel::resolve_channels({"conda-forge", "defaults"}, condarc, options())).size() == 3);
  CHECK(problem({"bioconda"}, condarc).code == "channel-not-allowed");
  condarc.denylist_channels = {"conda-forge"};
  CHECK(problem({"https://CONDA.anaconda.org/conda-forge"}, condarc).code == "channel-not-allowed");
  condarc.allowlist_channels.clear();
  CHECK(one("bioconda", condarc).channel.name == "bioconda");
}
