#include "verify_words.h"

#include <algorithm>

#include "envlock/report/units.h"

namespace envlock::report {

std::string name_of(verify::Weight weight) {
  switch (weight) {
    case verify::Weight::fault:
      return "fault";
    case verify::Weight::unknown:
      return "unknown";
    case verify::Weight::note:
      return "note";
  }
  return {};
}

std::string name_of(verify::Group group) {
  switch (group) {
    case verify::Group::transaction:
      return "transaction";
    case verify::Group::packages:
      return "packages";
    case verify::Group::files:
      return "files";
    case verify::Group::strangers:
      return "strangers";
    case verify::Group::bytecode:
      return "bytecode";
    case verify::Group::distributions:
      return "distributions";
    case verify::Group::surroundings:
      return "surroundings";
    case verify::Group::machine:
      return "machine";
    case verify::Group::metadata:
      return "metadata";
    case verify::Group::probe:
      return "probe";
  }
  return {};
}

std::string name_of(verify::Proof proof) {
  switch (proof) {
    case verify::Proof::archive:
      return "archive";
    case verify::Proof::accepted:
      return "accepted";
    case verify::Proof::local:
      return "local";
    case verify::Proof::record:
      return "record";
    case verify::Proof::none:
      return "none";
  }
  return {};
}

std::string name_of(verify::PackageKind kind) {
  return kind == verify::PackageKind::conda ? "conda" : "pypi";
}

std::string name_of(verify::Answer answer) {
  switch (answer) {
    case verify::Answer::yes:
      return "yes";
    case verify::Answer::no:
      return "no";
    case verify::Answer::unknown:
      return "unknown";
  }
  return {};
}

const std::vector<verify::Group>& all_groups() {
  static const std::vector<verify::Group> kGroups{
      verify::Group::transaction, verify::Group::packages,      verify::Group::files,        verify::Group::strangers,
      verify::Group::bytecode,    verify::Group::distributions, verify::Group::surroundings, verify::Group::machine,
      verify::Group::metadata,    verify::Group::probe};
  return kGroups;
}

std::string title_of(const verify::PackageVerdict& package) {
  std::string title = package.name + " " + package.version;
  if (!package.build.empty()) title += " " + package.build;
  return package.kind == verify::PackageKind::pypi ? title + " (pypi)" : title;
}

bool is_weak(const verify::PackageVerdict& package) {
  return package.proof == verify::Proof::record || package.proof == verify::Proof::none;
}

std::vector<const verify::PackageVerdict*> weak_packages(const verify::Verification& verification) {
  std::vector<const verify::PackageVerdict*> weak;
  for (const verify::PackageVerdict& package : verification.packages) {
    if (is_weak(package)) weak.push_back(&package);
  }
  return weak;
}

bool weak_counts(const VerifyReport& report) {
  return report.verification->against_lock && !report.allow_weak && report.verification->weak_packages() > 0;
}

/// A distribution that the lock does not have.
bool is_extra(const verify::PackageVerdict& package, const verify::Verification& verification) {
  return std::any_of(verification.findings.begin(), verification.findings.end(), [&](const verify::Finding& finding) {
    return finding.diagnostic.code == "distribution-extra" && finding.package == package.name;
  });
}

core::Diagnostic weak_proof(const VerifyReport& report) {
  core::Diagnostic diagnostic;
  const std::vector<const verify::PackageVerdict*> weak = weak_packages(*report.verification);
  if (weak.empty() || !report.verification->against_lock) return diagnostic;
  constexpr std::size_t kMostNamed = 10;
  diagnostic.code = "weak-proof";
  diagnostic.what = count_of(weak.size(), "package") + (weak.size() == 1 ? " rests" : " rest") +
                    " on records that lie in the prefix itself";
  for (std::size_t i = 0; i < weak.size() && i < kMostNamed; ++i) {
    diagnostic.why.push_back(title_of(*weak[i]) + ": " + weak[i]->weak_reason);
  }
  if (weak.size() > kMostNamed) {
    diagnostic.why.push_back("and " + format_count(weak.size() - kMostNamed) + " more; --json lists all");
  }
  if (!report.verification->searched_folders.empty()) {
    std::string folders;
    for (const std::string& folder : report.verification->searched_folders) {
      folders += (folders.empty() ? "" : ", ") + folder;
    }
    diagnostic.why.push_back("looked in the cache and in " + folders);
  }
  const std::string command = report.command.empty() ? "envlock verify" : report.command;
  // What pip put there beside the lock has no archive that a lock could name.
  const bool any_archive = std::any_of(weak.begin(), weak.end(), [&](const verify::PackageVerdict* package) {
    return package->kind == verify::PackageKind::conda || !is_extra(*package, *report.verification);
  });
  if (any_archive) diagnostic.hints.push_back("`" + command + " --fetch` gets the archives");
  diagnostic.hints.push_back("`--accepted SNAPSHOT` takes the word of a snapshot that was reviewed");
  if (!report.allow_weak) diagnostic.hints.push_back("`--allow-weak` is content with that");
  return diagnostic;
}

}  // namespace envlock::report
