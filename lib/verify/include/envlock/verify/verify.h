#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "envlock/conda/package_record.h"
#include "envlock/conda/platform.h"
#include "envlock/core/diagnostic.h"
#include "envlock/core/digest.h"
#include "envlock/core/progress.h"
#include "envlock/lock/install_set.h"

namespace envlock::verify {

/// What a finding does to the answer.
enum class Weight {
  fault,    ///< the prefix is not what it should be: exit 1
  unknown,  ///< could not be looked at: exit 2 unless there is a fault
  note,     ///< worth knowing, changes nothing
};

/// The part of the report a finding belongs to, in the order they are shown.
enum class Group {
  transaction,    ///< an interrupted install
  packages,       ///< missing, extra, other version, build, hash or channel
  files,          ///< bytes, modes, links, missing files
  strangers,      ///< files that nobody owns
  bytecode,       ///< pyc files
  distributions,  ///< pip's: RECORD, direct_url
  surroundings,   ///< user site, PYTHONPATH, LD_*, variables not set
  machine,        ///< virtual packages that this machine lacks
  metadata,       ///< conda-meta that disagrees with what is proved
  probe,          ///< what it computes; only with --probe, whose findings a caller adds
};

struct Finding {
  Weight weight = Weight::fault;
  Group group = Group::files;
  std::string package;  ///< "numpy"; "" when none
  std::string path;     ///< relative to the prefix; "" when none
  core::Diagnostic diagnostic;
  std::size_t count = 1;  ///< how many files it speaks of

  bool operator==(const Finding&) const = default;
};

/// On what a package's verdict stands.
enum class Proof {
  archive,   ///< strong: lock's SHA-256 -> archive -> its manifest -> bytes on disk
  accepted,  ///< strong: the prefix-independent root is one of an accepted snapshot's
  local,     ///< what an install makes of the folder or the commit that the lock names, which it has no hash of
  record,    ///< weak: conda-meta's word
  none,      ///< not even that
};

enum class PackageKind { conda, pypi };

struct PackageVerdict {
  PackageKind kind = PackageKind::conda;
  std::string name, version, build;
  Proof proof = Proof::none;
  std::string archive;      ///< the file the proof used; "" without
  std::string weak_reason;  ///< why the proof is weak: "no archive with sha256 ... in ..."; "" when it is strong
  std::size_t files = 0;
  std::size_t faults = 0;
  /// Dialects of prefix replacement and entry points in which files of the package were written, sorted.
  std::vector<std::string> dialects;

  bool operator==(const PackageVerdict&) const = default;
};

/// How much was read.
struct Tally {
  std::size_t files = 0;
  std::uint64_t file_bytes = 0;  ///< hashed in the prefix
  std::size_t archives = 0;
  std::uint64_t archive_bytes = 0;  ///< hashed
  std::size_t unread_files = 0;     ///< --quick: unchanged by their stamps
  std::uint64_t unread_bytes = 0;
  std::size_t unproved_pyc = 0;  ///< consistent with their source's time or hash, content not proved
  std::size_t checked_pyc = 0;
  double seconds = 0;
  double decompression_seconds = 0;  ///< over all threads

  std::uint64_t hashed_bytes() const { return file_bytes + archive_bytes; }
};

struct Verification {
  std::vector<Finding> findings;         ///< sorted by group, package, path, code
  std::vector<PackageVerdict> packages;  ///< sorted by kind, name
  Tally tally;
  bool against_lock = false;
  std::vector<std::string> searched_folders;  ///< where archives were looked for
  bool quick = false;                         ///< files that are unchanged by their stamps were not read

  std::size_t count(Weight weight) const;
  std::size_t weak_packages() const;  ///< whose proof is neither an archive nor an accepted root
};

/// The one rule behind the exit code. no: a fault. unknown: no fault, and something could not be looked at, or a
/// package's proof is weak although a lock was given and `allow_weak` is false. yes: everything else; without a lock
/// that says "consistent with its own records" and no more.
enum class Answer { yes, no, unknown };
Answer answer(const Verification& verification, bool allow_weak);

/// A distribution that the lock names by its place, a folder or a commit, and not by a hash.
struct UnhashedDistribution {
  std::string name;
  bool is_folder = false;                   ///< linked, so that its content may change at any time
  std::string place;                        ///< for people
  std::optional<core::Diagnostic> trouble;  ///< the folder is gone, or is not what was locked any more
};

/// What the prefix is held against.
struct Expected {
  std::vector<conda::PackageRecord> packages;
  std::map<std::string, std::string> variables;
  std::vector<std::string> pip_names;  ///< distributions that the lock has besides conda's, normalized
  /// Those of them whose artifact the lock names: with the wheel at hand their proof is strong too.
  std::vector<lock::LockedWheel> wheels;
  /// Those that no hash of the lock fixes. Where `wheels` has one of them, its wheel was made of its place just now.
  std::vector<UnhashedDistribution> unhashed;
};

enum class Depth { full, quick };

struct VerifyOptions {
  Depth depth = Depth::full;
  std::size_t threads = 0;  ///< 0: one per core
  /// Where archives may lie, by SHA-256: our cache's first. Each is hashed before it is believed.
  std::vector<std::filesystem::path> archive_folders;
  /// Packages and wheels by SHA-256 whose place is known (fetched, or found in our cache).
  std::map<core::Sha256, std::filesystem::path> archives;
  /// Roots of accepted snapshots: "numpy-1.26.4-py312heda63a1_0" -> roots.
  std::map<std::string, std::vector<core::Sha256>> accepted_roots;
  /// The stamps that the last full verify of this prefix left, and where to leave them; empty: none.
  std::filesystem::path stamps_file;
  /// The process environment, by name; tests hand in their own.
  std::map<std::string, std::string> environment;
  std::filesystem::path home;
  /// This machine's; absent: not looked at.
  std::optional<std::vector<conda::VirtualPackage>> machine;
  /// How to reproduce this run, for hints: "envlock verify train.lock -p PREFIX".
  std::string command;
  /// The path that the prefix was installed to, when it was moved or copied since; empty: where it is.
  std::string installed_at;
};

/// Is `prefix` what is expected? Without `expected`: is it what its own archives and records say? Nothing from the
/// prefix is executed. Findings come in one order, whatever the number of threads.
/// Throws: core::Error "no-environment", "prefix-unreadable".
Verification verify(const std::filesystem::path& prefix, const Expected* expected, const VerifyOptions& options,
                    core::Progress& progress);

}  // namespace envlock::verify
