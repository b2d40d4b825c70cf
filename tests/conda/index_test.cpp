#include "envlock/conda/index.h"

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "envlock/core/diagnostic.h"
#include "support/catch.h"

using namespace envlock::conda;

namespace {

const std::vector<Channel> kChannels = {{"https://h/second", "second", 1}, {"https://h/first", "first", 0}};

PackageRecord record(const std::string& channel, const std::string& subdir, const std::string& file_name) {
  const auto parts = split_file_name(file_name);
  PackageRecord made;
  made.name = parts->name;
  made.version = parts->version;
  made.build = parts->build;
  made.channel = "https://h/" + channel;
  made.subdir = subdir;
  made.file_name = file_name;
  made.depends = {"python >=3.8", made.name + "-dep"};
  made.constrains = {"zlib <2"};
  return made;
}

/// The index as text, so that two can be compared whole.
std::string dump(const Index& index) {
  std::string text;
  for (const Index::Name& name : index.names) {
    text += std::string(index.text(name.text)) + ":\n";
    for (CandidateId id = name.first; id < name.last; ++id) {
      const Candidate& one = index.candidates[id];
      text += "  " + index.channels[one.channel].name + " " + index.record(id).subdir + "/" +
              index.record(id).file_name + "#" + std::to_string(one.build_number) + "@" +
              std::to_string(one.timestamp) + (one.shadowed ? " shadowed" : "");
      for (const TextId edge : index.depends(one)) text += "," + std::string(index.text(edge));
      for (const TextId edge : index.constrains(one)) text += ";" + std::string(index.text(edge));
      text += "\n";
    }
  }
  for (const std::string_view interned : index.texts) text += std::string(interned) + "|";
  return text;
}

std::vector<std::string> files(const Index& index) {
  std::vector<std::string> result;
  for (CandidateId id = 0; id < index.candidates.size(); ++id) {
    const PackageRecord one = index.record(id);
    result.push_back(index.channels[index.candidates[id].channel].name + "/" + one.subdir + "/" + one.file_name);
  }
  return result;
}

}  // namespace

TEST_CASE("candidates stand by name, subdir, channel, format and file name") {
  const Index index =
      make_index("linux-64", kChannels,
                 {record("first", "noarch", "b-1-0.conda"), record("second", "linux-64", "b-1-0.conda"),
                  record("first", "linux-64", "b-1-1.tar.bz2"), record("first", "linux-64", "b-2-0.conda"),
                  record("first", "linux-64", "b-1-0.conda"), record("second", "noarch", "a-1-0.conda"),
                  record("first", "osx-64", "b-1-0.conda")},
                 ChannelPriority::disabled);
  CHECK(files(index) == std::vector<std::string>{"second/noarch/a-1-0.conda", "first/linux-64/b-1-0.conda",
                                                 "first/linux-64/b-2-0.conda", "first/linux-64/b-1-1.tar.bz2",
                                                 "second/linux-64/b-1-0.conda", "first/noarch/b-1-0.conda"});
  CHECK(index.channels.front().name == "first");
  CHECK(index.all_names() == std::vector<std::string>{"a", "b"});
  CHECK(index.candidates[0].noarch_subdir);
  CHECK_FALSE(index.candidates[3].conda_format);
}

TEST_CASE("a .tar.bz2 goes where its .conda twin lies in the same folder") {
  const Index index =
      make_index("linux-64", kChannels,
                 {record("first", "linux-64", "a-1-0.tar.bz2"), record("first", "linux-64", "a-1-0.conda"),
                  record("second", "linux-64", "a-1-0.tar.bz2"), record("first", "noarch", "a-1-0.tar.bz2"),
                  record("first", "linux-64", "a-1-0.conda")},
                 ChannelPriority::disabled);
  CHECK(files(index) == std::vector<std::string>{"first/linux-64/a-1-0.conda", "second/linux-64/a-1-0.tar.bz2",
                                                 "first/noarch/a-1-0.tar.bz2"});
}

TEST_CASE("under strict priority the highest channel with a name hides it in all others") {
  const std::vector<PackageRecord> records = {
      record("first", "noarch", "a-1-0.conda"), record("second", "linux-64", "a-2-0.conda"),
      record("second", "noarch", "a-3-0.conda"), record("second", "linux-64", "b-1-0.conda")};
  const auto shadowed = [](const Index& index) {
    std::vector<std::string> result;
    for (CandidateId id = 0; id < index.candidates.size(); ++id) {
      if (index.candidates[id].shadowed) result.push_back(index.record(id).file_name);
    }
    return result;
  };
  CHECK(shadowed(make_index("linux-64", kChannels, records, ChannelPriority::strict)) ==
        std::vector<std::string>{"a-2-0.conda", "a-3-0.conda"});
  CHECK(shadowed(make_index("linux-64", kChannels, records, ChannelPriority::flexible)).empty());
  CHECK(shadowed(make_index("linux-64", kChannels, records, ChannelPriority::disabled)).empty());
}

TEST_CASE("a name is found by binary search") {
  const Index index =
      make_index("linux-64", kChannels,
                 {record("first", "linux-64", "a-1-0.conda"), record("first", "linux-64", "c-1-0.conda"),
                  record("first", "linux-64", "c-2-0.conda")},
                 ChannelPriority::strict);
  CHECK(index.find("a").size() == 1);
  CHECK(index.find("c").size() == 2);
  CHECK(index.find("b").empty());
  CHECK(index.find("").empty());
  CHECK(index.find("d").empty());
  CHECK(make_index("linux-64", {}, {}, ChannelPriority::strict).find("a").empty());
}

TEST_CASE("equal texts are interned once and edges keep the order of the record") {
  const Index index = make_index(
      "linux-64", kChannels, {record("first", "linux-64", "a-1-0.conda"), record("first", "linux-64", "a-2-0.conda")},
      ChannelPriority::strict);
  const auto candidates = index.find("a");
  CHECK(index.depends(candidates[0])[0] == index.depends(candidates[1])[0]);
  CHECK(index.text(index.depends(candidates[0])[0]) == "python >=3.8");
  CHECK(index.text(index.depends(candidates[0])[1]) == "a-dep");
  CHECK(index.text(index.constrains(candidates[0])[0]) == "zlib <2");
  std::vector<std::string_view> texts = index.texts;
  std::sort(texts.begin(), texts.end());
  CHECK(std::adjacent_find(texts.begin(), texts.end()) == texts.end());
}

TEST_CASE("an index stays whole when it is copied and the first one is gone") {
  Index copy;
  {
    const Index index =
        make_index("linux-64", kChannels, {record("first", "linux-64", "a-1-0.conda")}, ChannelPriority::strict);
    copy = index;
  }
  CHECK(copy.text(copy.names.front().text) == "a");
  CHECK(copy.record(0).file_name == "a-1-0.conda");
}

TEST_CASE("the same records give the same index in any order") {
  std::vector<PackageRecord> records;
  std::mt19937 random(5);
  for (int i = 0; i < 120; ++i) {
    const std::string channel = random() % 2 == 0 ? "first" : "second";
    const std::string subdir = random() % 3 == 0 ? "noarch" : "linux-64";
    const std::string name(1, static_cast<char>('a' + random() % 6));
    const std::string ending = random() % 3 == 0 ? ".tar.bz2" : ".conda";
    records.push_back(record(channel, subdir,
                             name + "-" + std::to_string(random() % 5) + "-" + std::to_string(random() % 3) + ending));
    // The same file twice, with other contents: which one stays must not depend on the order either.
    records.back().timestamp = static_cast<std::int64_t>(random() % 3);
    records.back().build_number = random() % 2;
  }
  const std::string expected = dump(make_index("linux-64", kChannels, records, ChannelPriority::strict));
  for (int i = 0; i < 20; ++i) {
    std::shuffle(records.begin(), records.end(), random);
    std::vector<Channel> channels = kChannels;
    std::shuffle(channels.begin(), channels.end(), random);
    REQUIRE(dump(make_index("linux-64", channels, records, ChannelPriority::strict)) == expected);
  }
}

TEST_CASE("a record of a channel that is not listed is refused") {
  CHECK_THROWS_AS(
      make_index("linux-64", kChannels, {record("third", "linux-64", "a-1-0.conda")}, ChannelPriority::strict),
      envlock::core::Error);
}
