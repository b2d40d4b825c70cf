#include <sys/wait.h>
#include <unistd.h>

#include "channel_writer.h"
#include "open_channel.h"
#include "support/catch.h"
#include "support/temporary_folder.h"

using namespace envlock;
using namespace envlock_test;

namespace {

Json two_names() {
  Json made = document("linux-64");
  add(made, record("a", "1", "0", {"b"}));
  add(made, record("b", "1", "0"));
  add(made, record("b", "2", "0"), ".tar.bz2");
  return made;
}

/// Opens a folder whose linux-64 index is `text`, and loads `a`.
core::Diagnostic failure_with(const TemporaryFolder& folder, const std::string& text) {
  write(folder.path() / "linux-64/repodata.json", text);
  OpenChannel channel({folder.path()});
  return failure_of([&] { channel.load({"a"}); });
}

std::string why(const core::Diagnostic& diagnostic) {
  return diagnostic.why.empty() ? "" : diagnostic.why.front();
}

}  // namespace

TEST_CASE("a document that is no repodata is refused with the byte where it goes wrong") {
  TemporaryFolder folder;
  const auto [text, reason] = GENERATE(table<std::string, std::string>({
      {"[]", "at byte 0: expected the document's opening brace, found `[`"},
      {"<html>", "at byte 0: expected the document's opening brace, found `<`"},
      {"{\"packages\": []}", "at byte 13: expected an object of records, found `[`"},
      {"{\"packages\": null}", "at byte 13: expected an object of records, found `n`"},
      {"{\"packages.conda\": 7}", "at byte 19: expected an object of records, found `7`"},
      {"{\"removed\": {}}", "at byte 12: expected an array as `removed`, found `{`"},
      {"{\"removed\": [1]}", "at byte 13: expected a file name, found `1`"},
      {"{\"info\": 1}", "at byte 9: expected an object as `info`, found `1`"},
      {"{\"info\": {,}}", "at byte 8: `info` is not valid JSON"},
      {"{\"x\": nope}", "at byte 10: expected a value, found `}`"},
      {"{\"x\" 1}", "at byte 5: expected a colon, found `1`"},
      {"{\"x\": 1 \"y\": 2}", "at byte 8: expected a comma or a closing brace, found `\"`"},
      {"{} {}", "at byte 3: expected the end of the document, found `{`"},
      {"{\"packages\": {", "at byte 14: the document ends where a file name should follow"},
      {"{\"packages\": {\"a-1-0.conda\": {\"x\": \"", "at byte 36: the document ends inside a value: it is truncated"},
      {"{\"packages\": {\"a-1-0.conda\": {}",
       "at byte 31: the document ends where a comma or a closing brace should follow"},
      {"{\"packages\": {\"a-1-0.conda\": {\"name\": \"a\", }}}", "at byte 14: a record is not valid JSON"},
  }));
  const core::Diagnostic failure = failure_with(folder, text);
  INFO(text);
  CHECK(failure.code == "repodata-invalid");
  CHECK(failure.what == "the index of `channel0/linux-64` cannot be read");
  CHECK(why(failure) == reason);
}

TEST_CASE("an empty file is an empty index") {
  TemporaryFolder folder;
  for (const std::string text : {"", "  \n", "{}"}) {
    CHECK(failure_with(folder, text).code.empty());
    OpenChannel channel({folder.path()});
    CHECK(channel.load({"a"}).candidates.empty());
  }
}

TEST_CASE("a document cut off at any byte is refused or, where only white space is lost, whole") {
  TemporaryFolder folder;
  const std::string text = two_names().dump();
  for (std::size_t size = 1; size < text.size(); ++size) {
    INFO(size);
    CHECK(failure_with(folder, text.substr(0, size)).code == "repodata-invalid");
  }
  const std::string packed = compress(text);
  TemporaryFolder other;
  for (std::size_t size = 1; size < packed.size(); ++size) {
    INFO(size);
    write(other.path() / "linux-64/repodata.json.zst", packed.substr(0, size));
    OpenChannel channel({other.path()});
    CHECK(failure_of([&] { channel.load({"a"}); }).code == "repodata-invalid");
  }
}

TEST_CASE("a bad record is left out, with a note that names the file and the field") {
  TemporaryFolder folder;
  Json made = two_names();
  const auto [field, value, example] = GENERATE(table<std::string, Json, std::string>({
      {"version", 1.5, "a-3-0.conda: `version` has a wrong type or value"},
      {"build_number", "3", "a-3-0.conda: `build_number` has a wrong type or value"},
      {"build_number", -3, "a-3-0.conda: `build_number` has a wrong type or value"},
      {"depends", "b", "a-3-0.conda: `depends` has a wrong type or value"},
      {"depends", Json::array({"b", 1}), "a-3-0.conda: `depends` has a wrong type or value"},
      {"constrains", Json{{"b", 1}}, "a-3-0.conda: `constrains` has a wrong type or value"},
      {"size", "many", "a-3-0.conda: `size` has a wrong type or value"},
      {"license", Json::array({"MIT"}), "a-3-0.conda: `license` has a wrong type or value"},
      {"timestamp", "now", "a-3-0.conda: `timestamp` has a wrong type or value"},
      {"noarch", "maybe", "a-3-0.conda: `noarch` has a wrong type or value"},
      {"track_features", 7, "a-3-0.conda: `track_features` has a wrong type or value"},
      {"sha256", 7, "a-3-0.conda: `sha256` has a wrong type or value"},
      {"name", nullptr, "a-3-0.conda: `name` is missing"},
      {"name", "b", "a-3-0.conda: `name` is `b`"},
      {"version", "4", "a-3-0.conda: `version` is `4`"},
      {"build", "1\u001b[31m", "a-3-0.conda: `build` is `1\\x1B[31m`"},
  }));
  made["packages.conda"]["a-3-0.conda"] = record("a", "3", "0");
  made["packages.conda"]["a-3-0.conda"][field] = value;
  INFO(example);
  for (const bool sharded : {false, true}) {
    TemporaryFolder each;
    if (sharded && field == "sha256") continue;  // the writer of shards wants hex
    if (sharded) {
      write_shards(each.path(), "linux-64", made);
    } else {
      write_json(each.path(), "linux-64", made);
    }
    OpenChannel channel({each.path()});
    CHECK(file_names(channel.load({"a"})) == std::vector<std::string>{"a-1-0.conda", "b-1-0.conda", "b-2-0.tar.bz2"});
    const core::Diagnostic* note =
        channel.note(example.find("` is `") == std::string::npos ? "record-invalid" : "record-name-mismatch");
    REQUIRE(note != nullptr);
    CHECK(note->why == std::vector<std::string>{example});
  }
}

TEST_CASE("a record that is not an object is left out") {
  TemporaryFolder folder;
  Json made = two_names();
  made["packages.conda"]["a-0-0.conda"] = 5;
  made["packages.conda"]["a-2-0.conda"] = "text with } and \" in it";
  made["packages.conda"]["a-3-0.conda"] = nullptr;
  made["packages.conda"]["a-4-0.conda"] = Json::array({Json::object(), "}"});
  made["packages.conda"]["a-5-0.conda"] = record("a", "5", "0");
  write_json(folder.path(), "linux-64", made);
  OpenChannel channel({folder.path()});
  CHECK(file_names(channel.load({"a"})) ==
        std::vector<std::string>{"a-1-0.conda", "a-5-0.conda", "b-1-0.conda", "b-2-0.tar.bz2"});
  REQUIRE(channel.note("record-invalid") != nullptr);
  CHECK(channel.note("record-invalid")->what ==
        "channel0/linux-64: 4 records are left out: a field has a type or value that it cannot have");
}

TEST_CASE("many flaws of one kind make one note with three examples") {
  TemporaryFolder folder;
  Json made = two_names();
  for (int i = 0; i < 500; ++i)
    made["packages.conda"]["../../" + std::to_string(1000 + i) + "-1-0.conda"] = record("x", "1", "0");
  made["packages.conda"]["..\\evil-1-0.conda"] = 1;
  made["packages.conda"]["notes.txt"] = 1;
  write_json(folder.path(), "linux-64", made);
  OpenChannel channel({folder.path()});
  CHECK(channel.load({"a"}).candidates.size() == 3);
  REQUIRE(channel.note("record-unsafe-name") != nullptr);
  CHECK(channel.note("record-unsafe-name")->what ==
        "channel0/linux-64: 502 records are left out: their keys are not plain package file names");
  CHECK(channel.note("record-unsafe-name")->why == std::vector<std::string>{"../../1000-1-0.conda",
                                                                            "../../1001-1-0.conda",
                                                                            "../../1002-1-0.conda", "and 499 more"});
}

TEST_CASE("of a file name that stands twice the last record counts") {
  TemporaryFolder folder;
  Json first = record("a", "1", "0", {"first"});
  Json second = record("a", "1", "0", {"second"});
  write(folder.path() / "linux-64/repodata.json", "{\"packages.conda\": {\"a-1-0.conda\": " + first.dump() +
                                                      ", \"b-1-0.conda\": {}, \"a-1-0.conda\": " + second.dump() +
                                                      "}}");
  OpenChannel channel({folder.path()});
  const conda::Index index = channel.load({"a"});
  REQUIRE(index.candidates.size() == 1);
  CHECK(index.record(0).depends == std::vector<std::string>{"second"});
  CHECK(index.names.size() == 2);  // `first` is not reached
  CHECK(channel.note("record-duplicate") != nullptr);
}

TEST_CASE("a hash of the wrong length counts as absent") {
  TemporaryFolder folder;
  Json made = document("linux-64");
  Json short_hash = record("a", "1", "0");
  short_hash["sha256"] = "abcd";
  short_hash["md5"] = std::string(32, 'g');
  add(made, short_hash);
  write_json(folder.path(), "linux-64", made);
  OpenChannel channel({folder.path()});
  const conda::PackageRecord whole = channel.load({"a"}).record(0);
  CHECK_FALSE(whole.sha256);
  CHECK_FALSE(whole.md5);
  CHECK(channel.note("record-hash-invalid") != nullptr);
}

TEST_CASE("a zip bomb is refused before it fills the disk") {
  TemporaryFolder folder;
  const std::string bomb = compress(std::string(std::size_t{400} << 20, ' '));
  write(folder.path() / "linux-64/repodata.json.zst", bomb);
  OpenChannel channel({folder.path()});
  const core::Diagnostic failure = failure_of([&] { channel.open(); });
  CHECK(failure.code == "repodata-invalid");
  CHECK(why(failure).find("unpacks to more than 268435456 bytes") != std::string::npos);
}

TEST_CASE("deep nesting and long keys are no trouble") {
  TemporaryFolder folder;
  const std::string deep = std::string(200000, '[') + std::string(200000, ']');
  CHECK(failure_with(folder, "{\"x\": " + deep + "}").code.empty());
  CHECK(failure_with(folder, "{\"info\": {\"x\": " + deep + "}}").code == "repodata-invalid");
  CHECK(failure_with(folder, "{\"packages\": {\"a-1-0.conda\": {\"x\": " + deep + "}}}").code.size() < 20);
  CHECK(failure_with(folder, "{\"" + std::string(10 << 20, 'k') + "\": 1}").code == "repodata-invalid");
  CHECK(failure_with(folder, "{\"x\": \"" + std::string(10 << 20, 'k') + "\"}").code.empty());
}

TEST_CASE("a channel without an index says so, and one without a subdir goes on") {
  TemporaryFolder folder;
  OpenChannel nowhere({folder.path() / "nowhere"});
  const core::Diagnostic missing = failure_of([&] { nowhere.open(); });
  CHECK(missing.code == "channel-not-found");
  CHECK(missing.what == "there is no channel `channel0`");
  OpenChannel empty({folder.path()});
  CHECK(failure_of([&] { empty.open(); }).code == "repodata-missing");
  write_json(folder.path(), "linux-64", two_names());
  OpenChannel half({folder.path()});
  CHECK(half.load({"a"}).candidates.size() == 3);
  REQUIRE(half.note("subdir-missing") != nullptr);
  CHECK(half.note("subdir-missing")->what == "the channel `channel0` has nothing for noarch");
}

TEST_CASE("channel relations are told, not followed") {
  TemporaryFolder folder;
  Json made = two_names();
  made["info"]["channel_relations"] = {{"base", {"conda-forge"}}, {"overrides", Json::array()}};
  write_json(folder.path(), "linux-64", made);
  OpenChannel channel({folder.path()});
  channel.open();
  REQUIRE(channel.note("channel-relations-ignored") != nullptr);
  CHECK(channel.note("channel-relations-ignored")->why == std::vector<std::string>{"conda-forge"});
}

TEST_CASE("the next form is tried where one cannot be had, and failures are told when none can") {
  TemporaryFolder folder;
  write_json(folder.path(), "linux-64", two_names());
  write_json(folder.path(), "noarch", document("noarch"));
  OpenChannel channel({folder.path()});
  const auto refuse = [](std::string ending) {
    return [ending](const fetch::Download& download) -> std::optional<fetch::Fetched> {
      if (download.urls.front().find(ending) == std::string::npos) return std::nullopt;
      fetch::Fetched failed;
      failed.failure = core::Diagnostic{};
      failed.failure->code = "http-status";
      failed.failure->what = "the server answered 503";
      return failed;
    };
  };
  channel.fetcher.fault = refuse("shards.msgpack.zst");
  CHECK(channel.load({"a"}).candidates.size() == 3);
  channel.fetcher.fault = refuse("linux-64/repodata");  // whether there is such a subdir cannot be told
  CHECK(failure_of([&] { channel.load({"a"}); }).code == "http-status");
}

TEST_CASE("offline, a noarch that the channel never had is not missed") {
  TemporaryFolder folder;
  write_json(folder.path(), "linux-64", two_names());
  OpenChannel channel({folder.path()});
  channel.fetcher.fault = [](const fetch::Download& download) -> std::optional<fetch::Fetched> {
    if (download.urls.front().find("linux-64/repodata.json") != std::string::npos &&
        download.urls.front().find(".zst") == std::string::npos) {
      return std::nullopt;
    }
    fetch::Fetched failed;
    failed.failure = core::Diagnostic{};
    failed.failure->code = "cache-miss";
    return failed;
  };
  CHECK(channel.load({"a"}).candidates.size() == 3);
  CHECK(channel.note("subdir-missing") != nullptr);
  channel.options.subdirs = {"linux-64", "osx-64"};
  CHECK(failure_of([&] { channel.load({"a"}); }).code == "cache-miss");
}

TEST_CASE("shards that lie are refused") {
  TemporaryFolder folder;
  const Json index = write_shards(folder.path(), "linux-64", two_names());
  const auto shard_of = [&](const std::string& name) {
    const auto& bytes = index["shards"][name].get_binary();
    core::Sha256 hash;
    std::copy(bytes.begin(), bytes.end(), hash.bytes.begin());
    return folder.path() / "linux-64/shards" / (core::format(hash) + ".msgpack.zst");
  };
  const auto load = [&] {
    OpenChannel channel({folder.path()});
    return failure_of([&] { channel.load({"a"}); });
  };
  const auto write_index = [&](const Json& changed) {
    write(folder.path() / "linux-64/repodata_shards.msgpack.zst", compress(to_msgpack(changed)));
  };
  CHECK(load().code.empty());
  SECTION("another content than the hash") {
    write(shard_of("b"), compress("x"));
    CHECK(load().code == "hash-mismatch");
  }
  SECTION("a shard that is gone") {
    std::filesystem::remove(shard_of("b"));
    const core::Diagnostic failure = load();
    CHECK(failure.code == "shard-missing");
    CHECK(failure.what == "the channel lacks the shard `channel0/linux-64/b` that its index names");
  }
  SECTION("an index of another version, or with hashes that are none") {
    Json changed = index;
    changed["version"] = 2;
    write_index(changed);
    CHECK(why(load()).find("expected version 1 of a sharded index, found 2") != std::string::npos);
    changed = index;
    changed["shards"]["a"] = "abc";
    write_index(changed);
    CHECK(why(load()).find("the shard of `a` has no SHA-256 as its name") != std::string::npos);
  }
  SECTION("records of another name among those of a name") {
    Json shard = Json{{"packages.conda", Json::object()}};
    shard["packages.conda"]["c-1-0.conda"] = record("c", "1", "0");
    shard["packages.conda"]["b-7-0.conda"] = record("b", "7", "0");
    for (auto& item : shard["packages.conda"]) item.erase("sha256"), item.erase("md5");
    const std::string packed = compress(to_msgpack(shard));
    const core::Sha256 hash = core::sha256(packed);
    write(folder.path() / "linux-64/shards" / (core::format(hash) + ".msgpack.zst"), packed);
    Json changed = index;
    changed["shards"]["b"] = core::format(hash);
    write_index(changed);
    OpenChannel channel({folder.path()});
    CHECK(file_names(channel.load({"b"})) == std::vector<std::string>{"b-7-0.conda"});
    CHECK(channel.note("record-name-mismatch") != nullptr);
  }
  SECTION("an index cut off at any byte, and any byte of it changed") {
    const std::string whole = to_msgpack(index);
    for (std::size_t i = 0; i < whole.size(); ++i) {
      write(folder.path() / "linux-64/repodata_shards.msgpack.zst", compress(whole.substr(0, i)));
      CHECK(load().code == "repodata-invalid");
      std::string flipped = whole;
      flipped[i] = static_cast<char>(flipped[i] ^ 0x55);
      write(folder.path() / "linux-64/repodata_shards.msgpack.zst", compress(flipped));
      load();  // whatever it says, it neither crashes nor hangs
    }
  }
}
