#include "envlock/channel/repository.h"

#include "channel_writer.h"
#include "open_channel.h"
#include "support/catch.h"
#include "support/shared_data.h"
#include "support/temporary_folder.h"

using namespace envlock;
using namespace envlock_test;

namespace {

struct Documents {
  Json linux = document("linux-64");
  Json noarch = document("noarch");
};

/// A channel that uses every rule a form could get wrong.
Documents rich() {
  Documents made;
  add(made.linux, record("python", "3.10.1", "h1_0", {"libzlib >=1.2", "__glibc >=2.17"}));
  add(made.linux, record("python", "3.11.0", "h2_0", {"libzlib", "tk[version='>=8']"}));
  add(made.linux, record("python", "3.10.1", "h1_0", {"libzlib >=1.2"}), ".tar.bz2");
  add(made.linux, record("python", "3.8.0", "h0_0"), ".tar.bz2");
  add(made.linux, record("libzlib", "1.2.13", "h_5", {}, 1500000000));
  Json featured = record("libzlib", "1.2.11", "h_4");
  featured["track_features"] = "debug, slow";
  featured["constrains"] = {"zlib 1.2.11", "elsewhere >3"};
  featured["python_site_packages_path"] = "lib/python3.13t/site-packages";
  featured["indexed_timestamp"] = 1700000000500;
  add(made.linux, featured);
  featured["version"] = "1.2.10";
  featured["track_features"] = {"slow", "debug", "debug"};
  featured["license"] = "a \"quoted\" \\ l\u00efcense \U0001f40d";
  add(made.linux, featured, ".tar.bz2");
  add(made.linux, record("python-2d", "1", "0"));
  add(made.linux, record("unreached", "1", "0"));
  add(made.linux, record("tk", "8.6", "0"));
  made.linux["removed"] = {"tk-8.6-0.conda", "gone-1-0.tar.bz2"};
  Json pip = record("pip", "24.0", "py_0", {"python >=3.7", "Setuptools", "no-such-package"});
  pip["noarch"] = "python";
  add(made.noarch, pip);
  add(made.noarch, record("setuptools", "70", "py_0", {"python"}));
  Json old = record("python", "2.7", "old_0");
  old["noarch"] = true;
  add(made.noarch, old, ".tar.bz2");
  return made;
}

std::string loaded(const std::filesystem::path& folder, const std::filesystem::path& cache = {}) {
  OpenChannel channel({folder});
  channel.options.cache = cache;
  return describe(channel.load({"pip"}));
}

}  // namespace

TEST_CASE("the same records give the same index from JSON, zst, shards, cache and another order") {
  const Documents made = rich();
  TemporaryFolder folder;
  const auto json = folder.path() / "json";
  write_json(json, "linux-64", made.linux);
  write_json(json, "noarch", made.noarch);
  const std::string expected = loaded(json);
  CHECK(expected.find("no-such-package") != std::string::npos);

  SECTION("the records that the rules leave") {
    OpenChannel channel({json});
    CHECK(file_names(channel.load({"pip"})) ==
          std::vector<std::string>{"libzlib-1.2.11-h_4.conda", "libzlib-1.2.13-h_5.conda", "libzlib-1.2.10-h_4.tar.bz2",
                                   "pip-24.0-py_0.conda", "python-3.10.1-h1_0.conda", "python-3.11.0-h2_0.conda",
                                   "python-3.8.0-h0_0.tar.bz2", "python-2.7-old_0.tar.bz2",
                                   "setuptools-70-py_0.conda"});
  }
  SECTION("zst") {
    write_zst(folder.path() / "zst", "linux-64", made.linux);
    write_zst(folder.path() / "zst", "noarch", made.noarch);
    CHECK(loaded(folder.path() / "zst") == expected);
    const auto cache = folder.path() / "cache";
    CHECK(loaded(folder.path() / "zst", cache) == expected);
    CHECK(loaded(folder.path() / "zst", cache) == expected);
  }
  SECTION("shards, with hashes in each form that servers send") {
    for (const HashForm form : {HashForm::binary, HashForm::integers, HashForm::hex}) {
      const auto shards = folder.path() / ("shards" + std::to_string(static_cast<int>(form)));
      write_shards(shards, "linux-64", made.linux, form);
      write_shards(shards, "noarch", made.noarch, form);
      CHECK(loaded(shards) == expected);
    }
  }
  SECTION("a sharded subdir beside a plain one, and shards in another folder") {
    const auto mixed = folder.path() / "mixed";
    write_shards(mixed, "linux-64", made.linux, HashForm::binary, "../linux-64/shards");
    write_zst(mixed, "noarch", made.noarch);
    CHECK(loaded(mixed) == expected);
  }
  SECTION("the cache, cold and warm") {
    const auto cache = folder.path() / "cache";
    CHECK(loaded(json, cache) == expected);
    CHECK(loaded(json, cache) == expected);
    std::filesystem::remove_all(cache);
    CHECK(loaded(json, cache) == expected);
  }
  SECTION("shuffled") {
    for (unsigned seed = 1; seed < 20; ++seed) {
      write_json(folder.path() / "shuffled", "linux-64", shuffled(made.linux, seed));
      write_json(folder.path() / "shuffled", "noarch", shuffled(made.noarch, seed + 100));
      CHECK(loaded(folder.path() / "shuffled") == expected);
    }
  }
  SECTION("pretty-printed") {
    write(folder.path() / "pretty/linux-64/repodata.json", made.linux.dump(3, '\t'));
    write(folder.path() / "pretty/noarch/repodata.json", made.noarch.dump(1));
    CHECK(loaded(folder.path() / "pretty") == expected);
  }
  SECTION("records of version 3, whose keys lack the extension") {
    Json moved = made.linux;
    moved["v3"]["conda"] = Json::object();
    moved["v3"]["tar.bz2"] = Json::object();
    moved["v3"]["whl"] = {{"x-1-0", {{"name", "x"}}}};
    for (const auto& item : made.linux["packages.conda"].items()) {
      moved["v3"]["conda"][item.key().substr(0, item.key().size() - 6)] = item.value();
    }
    for (const auto& item : made.linux["packages"].items()) {
      moved["v3"]["tar.bz2"][item.key().substr(0, item.key().size() - 8)] = item.value();
    }
    moved.erase("packages");
    moved.erase("packages.conda");
    write_json(folder.path() / "v3", "linux-64", moved);
    write_json(folder.path() / "v3", "noarch", made.noarch);
    CHECK(loaded(folder.path() / "v3") == expected);
  }
}

TEST_CASE("the real union gives the same index from zst, JSON and its cache") {
  const auto shared = shared_folder();
  if (!shared) {
    WARN("skipped: no shared data");
    return;
  }
  TemporaryFolder folder;
  OpenChannel cold({*shared / "data/conda-forge-union"});
  cold.options.cache = folder.path();
  const std::string expected = describe(cold.load({"pytorch", "jupyter"}));
  CHECK(cold.notes.all().empty());
  OpenChannel warm({*shared / "data/conda-forge-union"});
  warm.options.cache = folder.path();
  warm.options.threads = 1;
  CHECK(describe(warm.load({"pytorch", "jupyter"})) == expected);
}

TEST_CASE("whole records carry every field that a lock keeps") {
  const Documents made = rich();
  TemporaryFolder folder;
  write_json(folder.path(), "linux-64", made.linux);
  OpenChannel channel({folder.path()});
  const conda::Index index = channel.load({"libzlib"});
  const conda::PackageRecord whole = index.record(0);
  CHECK(whole.channel == "https://channels.example/0");
  CHECK(whole.subdir == "linux-64");
  CHECK(whole.track_features == std::vector<std::string>{"debug", "slow"});
  CHECK(whole.constrains == std::vector<std::string>{"zlib 1.2.11", "elsewhere >3"});
  CHECK(whole.timestamp == 1700000000000);
  CHECK(whole.indexed_timestamp == 1700000000500);
  CHECK(whole.python_site_packages_path == "lib/python3.13t/site-packages");
  CHECK(whole.size == 1234);
  CHECK(whole.sha256 == core::sha256("libzlib1.2.11h_4"));
  CHECK(index.record(1).timestamp == 1500000000000);  // was in seconds
  CHECK(index.record(2).license == "a \"quoted\" \\ l\u00efcense \U0001f40d");
  CHECK(index.candidates[0].track_features == 2);
  CHECK(index.all_names() == std::vector<std::string>{"libzlib", "python", "python-2d", "tk", "unreached"});
}

TEST_CASE("strict priority hides what a higher channel holds under the same name, whatever can be used of it") {
  TemporaryFolder folder;
  Json high = document("noarch");
  add(high, record("a", "1", "0", {"only-low"}, 1800000000000));
  write_json(folder.path() / "high", "noarch", high);
  Json other = document("osx-64");
  add(other, record("b", "1", "0"));
  write_json(folder.path() / "high", "osx-64", other);
  Json low = document("linux-64");
  for (const std::string name : {"a", "b", "only-low"}) add(low, record(name, "2", "0"));
  write_json(folder.path() / "low", "linux-64", low);

  OpenChannel channel({folder.path() / "high", folder.path() / "low"});
  const auto shadows = [&channel] {
    std::string text;
    const conda::Index index = channel.load({"a", "b"});
    for (const auto& candidate : index.candidates) {
      text += std::string(index.text(candidate.name)) + std::to_string(candidate.channel) +
              (candidate.shadowed ? "- " : "+ ");
    }
    return text;
  };
  CHECK(shadows() == "a1- a0+ b1+ only-low1+ ");
  channel.options.subdirs = {"linux-64", "osx-64"};
  CHECK(shadows() == "a1- a0+ b1- only-low1+ ");
  channel.options.exclude_newer = 1750000000000;  // takes the high `a` away, but not its shadow
  CHECK(shadows() == "a1- b1- ");
  channel.options.exclude_newer.reset();
  channel.options.priority = conda::ChannelPriority::flexible;
  CHECK(shadows() == "a1+ a0+ b1+ only-low1+ ");
}

TEST_CASE("a cut-off looks at the server's time first and keeps records without one unless it is strict") {
  TemporaryFolder folder;
  Json made = document("linux-64");
  Json late = record("a", "1", "0", {}, 1600000000000);
  late["indexed_timestamp"] = 1700000000001;
  add(made, late);
  add(made, record("a", "2", "0", {}, 1700000000));  // seconds, just in time
  Json timeless = record("a", "3", "0");
  timeless.erase("timestamp");
  add(made, timeless);
  // The .conda twin came after the cut-off: on that day there was only the .tar.bz2.
  add(made, record("a", "4", "0", {}, 1800000000000));
  add(made, record("a", "4", "0", {}, 1650000000000), ".tar.bz2");
  write_json(folder.path(), "linux-64", made);
  OpenChannel channel({folder.path()});
  channel.options.exclude_newer = 1700000000000;
  CHECK(file_names(channel.load({"a"})) == std::vector<std::string>{"a-2-0.conda", "a-3-0.conda", "a-4-0.tar.bz2"});
  channel.options.exclude_newer_strict = true;
  CHECK(file_names(channel.load({"a"})) == std::vector<std::string>{"a-2-0.conda", "a-4-0.tar.bz2"});
}

TEST_CASE("locked records stay candidates") {
  TemporaryFolder folder;
  Json made = document("linux-64");
  add(made, record("a", "1", "0", {"b >=2"}));
  add(made, record("a", "2", "0"));
  add(made, record("a", "2", "0"), ".tar.bz2");
  write_json(folder.path(), "linux-64", made);
  OpenChannel channel({folder.path()});
  conda::PackageRecord locked = channel.load({"a"}).record(0);

  SECTION("one that the index still has adds nothing") {
    CHECK(file_names(channel.load({"a"}, {locked})) == std::vector<std::string>{"a-1-0.conda", "a-2-0.conda"});
    CHECK(channel.note("record-patched") == nullptr);
    CHECK(channel.note("record-gone") == nullptr);
  }
  SECTION("one whose metadata was patched takes today's, with a note") {
    locked.depends = {"b"};
    const conda::Index index = channel.load({"a"}, {locked});
    CHECK(index.record(0).depends == std::vector<std::string>{"b >=2"});
    REQUIRE(channel.note("record-patched") != nullptr);
    CHECK(channel.note("record-patched")->why == std::vector<std::string>{"`depends` changed"});
  }
  SECTION("one that is gone is added, with what it depends on") {
    locked.file_name = "a-0-0.conda";
    locked.version = "0";
    locked.depends = {"c"};
    const conda::Index index = channel.load({"a"}, {locked});
    CHECK(file_names(index) == std::vector<std::string>{"a-1-0.conda", "a-2-0.conda", "a-0-0.conda"});
    CHECK(index.names.size() == 3);
    CHECK(channel.note("record-gone") != nullptr);
    CHECK(index.record(2) == locked);
  }
  SECTION("a locked .tar.bz2 does not give way to its .conda twin") {
    locked.file_name = "a-2-0.tar.bz2";
    locked.version = "2";
    locked.depends = {};
    locked.sha256 = core::sha256("a20");
    CHECK(file_names(channel.load({"a"}, {locked})) ==
          std::vector<std::string>{"a-1-0.conda", "a-2-0.conda", "a-2-0.tar.bz2"});
  }
  SECTION("one after the cut-off does not come back") {
    channel.options.exclude_newer = 1600000000000;
    CHECK(channel.load({"a"}, {locked}).candidates.empty());
  }
  SECTION("one of a channel that is no longer used is not looked at") {
    locked.channel = "https://channels.example/other";
    locked.file_name = "a-0-0.conda";
    CHECK(channel.load({"a"}, {locked}).candidates.size() == 2);
  }
}

TEST_CASE("base_url tells where packages lie") {
  TemporaryFolder folder;
  Json made = document("linux-64");
  add(made, record("a", "1", "0"));
  const auto url = [&](const std::string& base_url) {
    made["info"]["base_url"] = base_url;
    write_json(folder.path() / "json", "linux-64", made);
    write_shards(folder.path() / "shards", "linux-64", made);
    OpenChannel json({folder.path() / "json"});
    OpenChannel shards({folder.path() / "shards"});
    const auto found = json.load({"a"}).record(0).url;
    CHECK(found == shards.load({"a"}).record(0).url);
    return found.value_or("-");
  };
  CHECK(url("") == "-");
  CHECK(url(".") == "-");
  CHECK(url("https://channels.example/0/linux-64/") == "-");
  CHECK(url("../pool") == "https://channels.example/0/pool/a-1-0.conda");
  CHECK(url("https://user:pass@packages.example/p/") == "https://packages.example/p/a-1-0.conda");
  OpenChannel channel({folder.path() / "json"});
  made["info"]["base_url"] = "file:///etc";
  write_json(folder.path() / "json", "linux-64", made);
  CHECK(channel.load({"a"}).record(0).url == std::nullopt);
  CHECK(channel.note("base-url-refused") != nullptr);
}

TEST_CASE("a package can come from every place of its channel, then from its canonical one") {
  TemporaryFolder folder;
  write_json(folder.path(), "noarch", document("noarch"));
  OpenChannel channel({folder.path()});
  channel.locations[0].urls.push_back("https://mirror.example/x/");
  const channel::Repository repository = channel.open();
  conda::PackageRecord wanted;
  wanted.channel = "https://channels.example/0";
  wanted.subdir = "noarch";
  wanted.file_name = "a-1-0.conda";
  CHECK(repository.download_urls(wanted) == std::vector<std::string>{folder.path().string() + "/noarch/a-1-0.conda",
                                                                     "https://mirror.example/x/noarch/a-1-0.conda",
                                                                     "https://channels.example/0/noarch/a-1-0.conda"});
  wanted.url = "https://packages.example/a-1-0.conda";
  CHECK(repository.download_urls(wanted) == std::vector<std::string>{"https://packages.example/a-1-0.conda"});
  wanted.url = "https://channels.example/0/pool/a-1-0.conda";
  CHECK(repository.download_urls(wanted)[1] == "https://mirror.example/x/pool/a-1-0.conda");
}
