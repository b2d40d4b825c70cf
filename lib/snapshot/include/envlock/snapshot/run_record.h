#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "envlock/core/digest.h"
#include "envlock/core/time.h"
#include "envlock/snapshot/snapshot.h"

namespace envlock::snapshot {

/// A file that a command made, as it was when the command ended.
struct RunOutput {
  std::string path;  ///< as the user named it
  core::Sha256 sha256;
  std::uint64_t size = 0;

  bool operator==(const RunOutput&) const = default;
};

/// What `envlock run` leaves beside a command: what ran, in which environment, on what machine.
struct RunRecord {
  std::vector<std::string> command;  ///< words that look like secrets are masked
  int exit_code = 0;
  core::Milliseconds started = 0;
  std::uint64_t milliseconds = 0;    ///< that the command took
  std::optional<core::Sha256> lock;  ///< of the lock's bytes: ENVLOCK_DIGEST
  std::optional<core::Sha256> root;  ///< of the environment, where it was computed
  std::string verified;              ///< "quick", "full" or "no"
  std::string git_commit;            ///< "" outside a repository
  bool git_dirty = false;
  std::string cpu, microarchitecture, kernel, glibc, nvidia_driver;
  std::vector<std::string> gpus;                                 ///< names
  std::vector<std::pair<std::string, std::string>> environment;  ///< as Machine::environment
  std::vector<RunOutput> outputs;                                ///< in the order given

  bool operator==(const RunRecord&) const = default;
};

/// Canonical JSON: docs/formats/run-record.md.
std::string format(const RunRecord& record);
/// Throws: core::Error "run-record-invalid".
RunRecord parse_run_record(std::string_view text, const std::string& file);

/// True when a variable or an option of that name holds what nobody should read: `--api-key`, `HF_TOKEN`. By whole
/// words: `--tokenizer` and `TOKENIZERS_PARALLELISM` are none.
bool is_secret_name(std::string_view name);
/// The words of a command with secrets masked: what follows or belongs to an option named like a token, key, secret or
/// password, and credentials in URLs.
std::vector<std::string> without_secrets(const std::vector<std::string>& words);

}  // namespace envlock::snapshot
