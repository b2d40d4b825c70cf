// A page of HTML that a captive portal served, with success, in place of an index.
#include "channel_writer.h"
#include "open_channel.h"
#include "support/catch.h"
#include "support/temporary_folder.h"

using namespace envlock;
using namespace envlock_test;

namespace {

constexpr const char* kForms[] = {"repodata_shards.msgpack.zst", "repodata.json.zst", "repodata.json"};

struct Portal {
  TemporaryFolder folder;
  std::filesystem::path page = folder.path() / "page.html";
  bool from_cache = true;
  bool closed = false;  ///< the portal stays whatever is forgotten
  int pages = 0;
  std::string file;  ///< that the page stands for

  explicit Portal(const std::string& replaced) : file(replaced) {
    write(page, "<html>Sign in</html>");
    Json made = document("linux-64");
    add(made, record("thing", "1", "0"));
    if (file == kForms[0]) {
      write_shards(folder.path(), "linux-64", made);
    } else if (file == kForms[1]) {
      write_zst(folder.path(), "linux-64", made);
    } else {
      write_json(folder.path(), "linux-64", made);
    }
  }

  void stand_before(OpenChannel& channel) {
    channel.fetcher.fault = [this, &channel](const fetch::Download& download) -> std::optional<fetch::Fetched> {
      const std::string& url = download.urls.front();
      if (!url.ends_with("linux-64/" + file)) return std::nullopt;
      if (!closed && channel.fetcher.forgotten > 0) return std::nullopt;
      ++pages;
      fetch::Fetched answer;
      answer.status = fetch::Status::ok;
      answer.path = page;
      answer.content_key = "page";
      answer.from_cache = from_cache;
      return answer;
    };
  }
};

}  // namespace

TEST_CASE("a page that was kept in place of an index is forgotten and the index fetched") {
  for (const std::string form : kForms) {
    CAPTURE(form);
    Portal portal(form);
    OpenChannel channel({portal.folder.path()});
    portal.stand_before(channel);
    CHECK(file_names(channel.load({"thing"})) == std::vector<std::string>{"thing-1-0.conda"});
    CHECK(portal.pages == 1);
    CHECK(channel.fetcher.forgotten == 1);
  }
}

TEST_CASE("a page that has just been served in place of an index is told, not kept, and not asked for again") {
  for (const std::string form : kForms) {
    CAPTURE(form);
    Portal portal(form);
    portal.from_cache = false;
    OpenChannel channel({portal.folder.path()});
    portal.stand_before(channel);
    CHECK(failure_of([&] { channel.load({"thing"}); }).code == "repodata-invalid");
    CHECK(portal.pages == 1);
    CHECK(channel.fetcher.forgotten == 1);
  }
}

TEST_CASE("a portal that stays closed is asked once more and then told") {
  Portal portal(kForms[1]);
  portal.closed = true;
  OpenChannel channel({portal.folder.path()});
  portal.stand_before(channel);
  CHECK(failure_of([&] { channel.load({"thing"}); }).code == "repodata-invalid");
  CHECK(portal.pages == 2);
}
