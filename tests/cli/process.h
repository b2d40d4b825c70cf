#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace envlock_test {

using Environment = std::map<std::string, std::string>;

/// What a command left.
struct Finished {
  int exit = 0;  ///< 128 + the signal's number when one ended it; 124 when it took too long
  std::string out;
  std::string err;
};

/// Runs `sh -c command` in `folder` with this environment and no other; standard input is empty. Whatever is still
/// running of it after `timeout_seconds` is killed.
Finished run_shell(const std::string& command, const std::filesystem::path& folder, const Environment& environment,
                   const std::filesystem::path& scratch, int timeout_seconds = 60);

/// fixtures/serve.py over a folder, for as long as this lives.
class LoopbackServer {
 public:
  /// `options` go to serve.py after the folder.
  LoopbackServer(const std::filesystem::path& folder, const std::vector<std::string>& options);
  ~LoopbackServer();
  LoopbackServer(const LoopbackServer&) = delete;
  LoopbackServer& operator=(const LoopbackServer&) = delete;
  const std::string& url() const { return url_; }  ///< "http://127.0.0.1:40123"

 private:
  int process_ = -1;
  std::string url_;
};

}  // namespace envlock_test
