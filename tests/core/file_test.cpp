#include "envlock/core/file.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <functional>
#include <vector>

#include "envlock/core/diagnostic.h"
#include "support/catch.h"
#include "support/temporary_folder.h"

using namespace envlock::core;
using envlock_test::TemporaryFolder;

namespace {

std::string code_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.diagnostics().front().code;
  }
  return "no error";
}

std::size_t count_files(const std::filesystem::path& folder) {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder)) ++count;
  return count;
}

}  // namespace

TEST_CASE("what is written reads back, and nothing else is left in the folder") {
  const TemporaryFolder folder;
  const std::string bytes("a\0b\n", 4);
  write_file_atomically(folder.path() / "x", "old");
  write_file_atomically(folder.path() / "x", bytes);
  CHECK(read_file(folder.path() / "x") == bytes);
  CHECK(MappedFile(folder.path() / "x").bytes() == bytes);
  CHECK(count_files(folder.path()) == 1);
}

TEST_CASE("writing keeps the mode of the file and follows a symbolic link") {
  const TemporaryFolder folder;
  const auto target = folder.write("target", "old");
  chmod(target.c_str(), 0640);
  std::filesystem::create_symlink("target", folder.path() / "link");
  write_file_atomically(folder.path() / "link", "new");
  CHECK(read_file(target) == "new");
  CHECK(std::filesystem::is_symlink(folder.path() / "link"));
  struct stat status {};
  REQUIRE(stat(target.c_str(), &status) == 0);
  CHECK((status.st_mode & 07777) == 0640);
}

TEST_CASE("a file that is not there, a folder, and one that is too large have names of their own") {
  const TemporaryFolder folder;
  CHECK(code_of([&] { read_file(folder.path() / "none"); }) == "file-not-found");
  CHECK(code_of([&] { read_file(folder.path()); }) == "file-unreadable");
  folder.write("big", std::string(1000, 'x'));
  CHECK(code_of([&] { read_file(folder.path() / "big", 999); }) == "file-too-large");
  CHECK(read_file(folder.path() / "big", 1000).size() == 1000);
  CHECK(code_of([&] { write_file_atomically(folder.path() / "no" / "such" / "folder", "x"); }) == "file-unwritable");
  CHECK(code_of([&] { write_file_atomically(folder.path(), "x"); }) == "file-unwritable");
}

TEST_CASE("a disk that is full leaves the old file whole and nothing beside it") {
  const TemporaryFolder folder;
  const auto path = folder.write("x", "old");
  const pid_t child = fork();
  if (child == 0) {  // a limit on file size stands for a full disk, and must not outlive the test
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{1000, 1000};
    setrlimit(RLIMIT_FSIZE, &limit);
    const bool refused = code_of([&] { write_file_atomically(path, std::string(5000, 'y')); }) == "file-unwritable";
    _exit(refused ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  CHECK(WEXITSTATUS(status) == 0);
  CHECK(read_file(path) == "old");
  CHECK(count_files(folder.path()) == 1);
}

TEST_CASE("a mapped file moves") {
  const TemporaryFolder folder;
  MappedFile first(folder.write("x", "bytes"));
  MappedFile second = std::move(first);
  CHECK(second.bytes() == "bytes");
  CHECK(MappedFile(folder.write("empty", "")).bytes().empty());
}
