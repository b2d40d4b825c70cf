#include "remote_snapshot.h"

#include <algorithm>
#include <charconv>

#include "child_process.h"
#include "envlock/core/text.h"

namespace envlock::tools {
namespace {

constexpr std::string_view kScheme = "ssh://";
constexpr double kMostSeconds = 24 * 3600;  // a connection that is lost is noticed by ssh
constexpr int kExitOfSsh = 255;             // ssh's own; others are those of what ran there
constexpr int kExitNotFound = 127;
constexpr int kExitNotExecutable = 126;

[[noreturn]] void refuse(std::string_view text, const std::string& why) {
  throw core::Error(
      {.code = "invalid-argument",
       .what = "`" + core::printable(text) + "` does not name an environment on another machine",
       .where = std::nullopt,
       .why = {why},
       .hints = {"write ssh://host/prefix, with `user@` before the host and `:port` behind it where they are needed"}});
}

bool consists_of(std::string_view text, std::string_view further) {
  return std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           further.find(c) != std::string_view::npos;
  });
}

bool is_port(std::string_view text) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() && number > 0 && number < 65536;
}

/// One word of a POSIX shell; csh and fish read it alike.
std::string shell_word(std::string_view word) {
  std::string text = "'";
  for (const char c : word) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return text + "'";
}

std::string decoded(std::string_view text, std::string_view path) {
  std::string plain;
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (path[i] != '%') {
      plain += path[i];
      continue;
    }
    unsigned byte = 0;
    const std::string_view hex = path.substr(i + 1, 2);
    const auto [end, error] = std::from_chars(hex.data(), hex.data() + hex.size(), byte, 16);
    if (hex.size() != 2 || error != std::errc() || end != hex.data() + 2) refuse(text, "`%` begins no `%20`");
    plain += static_cast<char>(byte);
    i += 2;
  }
  return plain;
}

std::vector<std::string> ssh_command(const RemotePlace& place, const std::vector<std::string>& words) {
  std::vector<std::string> command = {"ssh", "-T",
                                      "-o",  "BatchMode=yes",
                                      "-o",  "ConnectTimeout=15",
                                      "-o",  "ServerAliveInterval=15",
                                      "-o",  "ServerAliveCountMax=4"};
  if (!place.port.empty()) command.insert(command.end(), {"-p", place.port});
  command.insert(command.end(), {"--", place.destination});
  // ssh joins the words with spaces and a shell there takes them apart again.
  std::string line = "envlock snapshot --quiet";
  for (const std::string& word : words) line += " " + shell_word(word);
  if (!place.prefix.empty()) line += " -p " + shell_word(place.prefix);
  command.push_back(line);
  return command;
}

/// The lines that were told on standard error, each fit to be shown.
std::vector<std::string> lines_of(const std::string& errors) {
  constexpr std::size_t kMostLines = 12;
  std::vector<std::string> lines;
  for (const std::string_view line : core::split(errors, '\n')) {
    if (!core::trim(line).empty() && lines.size() < kMostLines) lines.push_back(core::printable(core::trim(line)));
  }
  return lines;
}

[[noreturn]] void fail(const std::string& code, const std::string& what, std::vector<std::string> why,
                       const std::string& hint) {
  core::Diagnostic diagnostic;
  diagnostic.code = code;
  diagnostic.what = what;
  diagnostic.why = std::move(why);
  diagnostic.hints = {hint};
  throw core::Error(std::move(diagnostic));
}

[[noreturn]] void tell_failure(const Ran& ran, const std::string& host) {
  constexpr const char* kCodeSsh = "ssh-failed";
  constexpr const char* kCodeMissing = "remote-envlock-missing";
  constexpr const char* kCodeRemote = "remote-failed";
  if (ran.exit_code == kExitOfSsh) {
    fail(kCodeSsh, "ssh does not reach `" + host + "`", lines_of(ran.errors),
         "see that `ssh " + host + " true` works without asking for anything");
  }
  if (ran.exit_code == kExitNotFound || ran.exit_code == kExitNotExecutable) {
    fail(kCodeMissing, "there is no envlock on `" + host + "`", lines_of(ran.errors),
         "install it there, on the PATH of shells that are not interactive");
  }
  fail(kCodeRemote, "`envlock snapshot` on `" + host + "` ended with exit code " + std::to_string(ran.exit_code),
       lines_of(ran.errors), "the words are those of the envlock there");
}

/// The document, with hints that fit an answer.
snapshot::Snapshot read_answer(const std::string& text, const std::string& host) {
  try {
    return snapshot::parse(text, "the answer of " + host);
  } catch (const core::Error& error) {
    std::vector<core::Diagnostic> diagnostics = error.diagnostics();
    for (core::Diagnostic& diagnostic : diagnostics) {
      diagnostic.hints = {diagnostic.code == "snapshot-version"
                              ? "install the same version of envlock on both machines"
                              : "see what `ssh " + host +
                                    " true` prints: a shell's start-up files should say nothing here"};
    }
    throw core::Error(std::move(diagnostics));
  }
}

}  // namespace

bool is_remote(std::string_view text) {
  return text.starts_with(kScheme);
}

RemotePlace parse_remote(std::string_view text) {
  const std::string_view rest = text.substr(kScheme.size());
  std::string_view host = rest.substr(0, rest.find('/'));
  std::string_view path = rest.substr(host.size());
  std::string user;
  if (const std::size_t at = host.rfind('@'); at != std::string_view::npos) {
    user = host.substr(0, at);
    host = host.substr(at + 1);
    if (user.find(':') != std::string::npos)
      refuse("ssh://***@" + std::string(host), "a password has no place there; ssh uses keys");
    if (user.empty() || user.front() == '-' || !consists_of(user, "._-+")) refuse(text, "the user's name is none");
  }
  RemotePlace place;
  const std::size_t bracket = host.starts_with('[') ? host.find(']') : std::string_view::npos;
  const std::size_t colon = host.find(':', bracket == std::string_view::npos ? 0 : bracket);
  if (colon != std::string_view::npos) {
    place.port = host.substr(colon + 1);
    host = host.substr(0, colon);
    if (!is_port(place.port)) refuse(text, "the port is none");
  }
  if (bracket != std::string_view::npos && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (host.empty() || host.front() == '-' || !consists_of(host, "._-:%")) refuse(text, "the host's name is none");
  place.destination = (user.empty() ? "" : user + "@") + std::string(host);
  if (path.starts_with("/~/")) path.remove_prefix(3);
  place.prefix = path == "/" ? "" : decoded(text, path);
  if (std::any_of(place.prefix.begin(), place.prefix.end(), [](unsigned char c) { return c < ' ' || c == 0x7f; })) {
    refuse(text, "the prefix holds a control character");
  }
  if (place.prefix.starts_with('-')) place.prefix.insert(0, "./");
  return place;
}

snapshot::Snapshot take_remote_snapshot(const RemotePlace& place, const std::vector<std::string>& words,
                                        core::Notes& notes) {
  const std::optional<Ran> ran = run_program(ssh_command(place, words), "", kMostSeconds);
  if (!ran) {
    throw core::Error(
        {.code = "ssh-missing",
         .what = "there is no `ssh` on PATH to reach `" + place.destination + "` with",
         .where = std::nullopt,
         .why = {},
         .hints = {"install OpenSSH's client, or run `envlock snapshot -o FILE` there and copy the file"}});
  }
  if (ran->exit_code != 0) tell_failure(*ran, place.destination);
  snapshot::Snapshot answer = read_answer(ran->output, place.destination);
  if (std::vector<std::string> lines = lines_of(ran->errors); !lines.empty()) {
    notes.note({.code = "remote-said",
                .what = "`" + place.destination + "` said something beside its answer",
                .where = std::nullopt,
                .why = std::move(lines),
                .hints = {}});
  }
  return answer;
}

}  // namespace envlock::tools
