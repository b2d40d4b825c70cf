#pragma once

#include <cstdlib>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "envlock/core/file.h"
#include "envlock/core/url.h"
#include "envlock/fetch/fetcher.h"
#include "envlock/pypi/index_client.h"
#include "support/http_server.h"
#include "support/temporary_folder.h"
#include "zip_bytes.h"

namespace envlock_test {

/// A loopback index that a test fills, and the client that asks it. Cut off from the proxies and credentials of
/// whoever runs the tests.
struct IndexFixture {
  IndexFixture() {
    for (const char* name :
         {"http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY",
          "NETRC", "ENVLOCK_INDEX_127_0_0_1_USERNAME", "ENVLOCK_INDEX_127_0_0_1_PASSWORD"}) {
      unsetenv(name);
    }
    options.use_netrc = false;
    options.retry_base_seconds = 0.01;
    options.retries = 0;
    options.connect_timeout_seconds = 2;
    options.stall_timeout_seconds = 1;
    settings.cache = folder.path() / "cache";
    settings.indexes = {envlock::pypi::make_index_location(server.url("/simple/"))};
  }

  /// A wheel on the server, by JSON, with the hash of its bytes.
  struct File {
    std::string name, bytes;
    std::string more;  ///< members of its entry, with their comma in front
  };
  static std::string page(const std::string& project, const std::vector<File>& files) {
    std::string text = R"({"meta": {"api-version": "1.1"}, "name": ")" + project + R"(", "files": [)";
    for (const File& file : files) {
      text += (&file == files.data() ? "" : ", ") + (R"({"filename": ")" + file.name) + R"(", "url": "../../files/)" +
              file.name + R"(", "hashes": {"sha256": ")" + envlock::core::format(envlock::core::sha256(file.bytes)) +
              "\"}" + file.more + "}";
    }
    return text + "]}";
  }
  void serve_project(const std::string& project, const std::vector<File>& files, const std::string& where = "") {
    server.serve(where + "/simple/" + project + "/", page(project, files), "");
    for (const File& file : files) server.serve(where + "/files/" + file.name, file.bytes, "");
  }
  static std::string metadata_text(const std::string& name, const std::string& version, const std::string& more = "") {
    return "Metadata-Version: 2.2\nName: " + name + "\nVersion: " + version + "\n" + more + "\nA description.\n";
  }
  static std::string wheel(const std::string& name, const std::string& version, const std::string& more = "",
                           std::size_t padding = 0) {
    ZipBytes zip;
    if (padding > 0) zip.add(name + "/data.bin", std::string(padding, 'x'));
    zip.add_deflated(name + "-" + version + ".dist-info/METADATA", metadata_text(name, version, more));
    if (padding > 0) zip.add(name + "/more.bin", std::string(padding, 'y'));
    return zip.bytes();
  }

  /// The client lives as long as the next one, so that what a run remembers can be tested.
  envlock::pypi::Source& client() {
    fetcher = envlock::fetch::make_fetcher(options, folder.path() / "cache", nullptr);
    source = envlock::pypi::make_index_client(*fetcher, settings, notes);
    return *source;
  }
  envlock::pypi::FoundProject project(const std::string& name) { return client().projects({name}).front(); }
  envlock::pypi::FoundMetadata metadata(const envlock::pypi::FoundProject& found, const std::string& version,
                                        std::size_t file = 0) {
    return client().metadata({{found.page.name, version, found.index, found.page.files.at(file)}}).front();
  }
  std::size_t count(const std::string& target) const { return server.count(target); }
  std::vector<std::string> ranges_of(const std::string& target) const {
    std::vector<std::string> ranges;
    for (const HttpRequest& request : server.requests()) {
      if (request.target == target) ranges.push_back(request.header("range"));
    }
    return ranges;
  }

  TemporaryFolder folder;
  HttpServer server;
  envlock::fetch::NetworkOptions options;
  envlock::pypi::IndexSettings settings;
  envlock::core::Notes notes;
  std::unique_ptr<envlock::fetch::Fetcher> fetcher;
  std::unique_ptr<envlock::pypi::Source> source;
};

inline std::string failure_code(const std::optional<envlock::core::Diagnostic>& failure) {
  return failure ? failure->code : std::string("none");
}
inline std::string all_text(const envlock::core::Diagnostic& diagnostic) {
  std::string text = diagnostic.code + "\n" + diagnostic.what;
  for (const std::string& line : diagnostic.why) text += "\n" + line;
  for (const std::string& line : diagnostic.hints) text += "\n" + line;
  return text;
}

}  // namespace envlock_test
