#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "envlock/report/units.h"
#include "envlock/report/verify_report.h"
#include "paint.h"
#include "verify_words.h"

namespace envlock::report {
namespace {

/// Of one code in one group so many are drawn.
constexpr std::size_t kMostAlike = 10;

std::string heading_of(verify::Group group) {
  switch (group) {
    case verify::Group::transaction:
      return "Transaction";
    case verify::Group::packages:
      return "Packages";
    case verify::Group::files:
      return "Files";
    case verify::Group::strangers:
      return "Files that nobody owns";
    case verify::Group::bytecode:
      return "Compiled Python";
    case verify::Group::distributions:
      return "Distributions of pip and its kin";
    case verify::Group::surroundings:
      return "Surroundings";
    case verify::Group::machine:
      return "This machine";
    case verify::Group::metadata:
      return "conda-meta";
    case verify::Group::probe:
      return "What it computes";
  }
  return {};
}

Kind kind_of(verify::Weight weight) {
  switch (weight) {
    case verify::Weight::fault:
      return Kind::error;
    case verify::Weight::unknown:
      return Kind::warning;
    case verify::Weight::note:
      break;
  }
  return Kind::note;
}

/// Findings of one weight and code in one group.
using Alike = std::vector<const verify::Finding*>;

std::vector<Alike> gather(const std::vector<verify::Finding>& findings, verify::Group group) {
  std::map<std::pair<verify::Weight, std::string>, Alike> alike;
  for (const verify::Finding& finding : findings) {
    if (finding.group == group) alike[{finding.weight, finding.diagnostic.code}].push_back(&finding);
  }
  std::vector<Alike> all;
  for (auto& [key, some] : alike) all.push_back(std::move(some));
  return all;
}

/// Hints that several have in common stand once, below the last of them.
std::string draw(const Alike& alike, const Style& style) {
  std::string drawn;
  const std::size_t shown_count = std::min(alike.size(), kMostAlike);
  for (std::size_t i = 0; i < shown_count; ++i) {
    core::Diagnostic diagnostic = alike[i]->diagnostic;
    const bool is_told_below = i + 1 < shown_count && alike[i + 1]->diagnostic.hints == diagnostic.hints;
    if (is_told_below) diagnostic.hints.clear();
    drawn += text(diagnostic, kind_of(alike[i]->weight), style);
  }
  if (alike.size() > shown_count) {
    drawn += "and " + format_count(alike.size() - shown_count) + " more such; --json lists all\n";
  }
  return drawn;
}

std::string draw_group(const std::vector<verify::Finding>& findings, verify::Group group, const Style& style) {
  const std::vector<Alike> all = gather(findings, group);
  if (all.empty()) return {};
  std::string drawn = paint(heading_of(group), Color::bold, style) + "\n";
  for (const Alike& alike : all) drawn += "\n" + draw(alike, style);
  return drawn + "\n";
}

std::string rate(std::uint64_t bytes, double seconds) {
  if (seconds <= 0) return {};
  return ", " + format_bytes(static_cast<std::uint64_t>(static_cast<double>(bytes) / seconds)) + "/s";
}

std::string draw_tally(const verify::Verification& verification) {
  const verify::Tally& tally = verification.tally;
  std::string drawn = "hashed " + count_of(tally.files, "file") + ", " + format_bytes(tally.file_bytes);
  if (tally.archives > 0) {
    drawn += ", and " + count_of(tally.archives, "archive") + ", " + format_bytes(tally.archive_bytes);
  }
  drawn += fmt::format(", in {:.2f} s", tally.seconds) + rate(tally.hashed_bytes(), tally.seconds) + "\n";
  if (verification.quick) {
    drawn += "not read, their stamps being unchanged since the last full run: " + count_of(tally.unread_files, "file") +
             ", " + format_bytes(tally.unread_bytes) + "\n";
  }
  if (tally.unproved_pyc > 0) {
    drawn += count_of(tally.unproved_pyc, "compiled file") + " of Python " +
             (tally.unproved_pyc == 1 ? "fits its source" : "fit their sources") +
             " by time or hash; what is compiled is not proved\n";
  }
  return drawn;
}

std::string counted(const verify::Verification& verification) {
  const std::size_t faults = verification.count(verify::Weight::fault);
  const std::size_t unknown = verification.count(verify::Weight::unknown);
  const std::size_t notes = verification.count(verify::Weight::note);
  std::string drawn = count_of(faults, "fault");
  if (unknown > 0) drawn += ", " + format_count(unknown) + " could not be looked at";
  if (notes > 0) drawn += ", " + count_of(notes, "note");
  return drawn;
}

std::string draw_yes(const VerifyReport& report, const Style& style) {
  const verify::Verification& verification = *report.verification;
  const std::size_t weak = verification.weak_packages();
  const std::string packages = count_of(verification.packages.size(), "package");
  if (!verification.against_lock) {
    std::string drawn = paint("consistent", Color::green, style) + ": " + packages + " agree with " +
                        (weak == 0 ? "the archives that their records name" : "their own records") + "\n";
    return drawn + "no lock was given: whoever can write to conda-meta could have written these records too\n";
  }
  std::string drawn =
      paint("verified", Color::green, style) + ": " + packages + " are what " + shown(report.lock) + " says";
  if (weak > 0) drawn += ", " + format_count(weak) + " of them by records in the prefix alone";
  return drawn + "\n";
}

std::string draw_answer(const VerifyReport& report, const Style& style) {
  const verify::Verification& verification = *report.verification;
  switch (verify::answer(verification, report.allow_weak)) {
    case verify::Answer::yes:
      return draw_yes(report, style);
    case verify::Answer::no:
      return paint("not verified", Color::red, style) + ": " + counted(verification) + " in " +
             count_of(verification.packages.size(), "package") + "\n";
    case verify::Answer::unknown:
      break;
  }
  const std::size_t weak = verification.weak_packages();
  return paint("could not tell", Color::yellow, style) + ": " + counted(verification) +
         (weak_counts(report) ? "; " + count_of(weak, "weak proof") : std::string()) + " in " +
         count_of(verification.packages.size(), "package") + "\n";
}

}  // namespace

std::string text_verify(const VerifyReport& report, const Style& style) {
  const verify::Verification& verification = *report.verification;
  std::string drawn = shown(report.prefix);
  if (!report.lock.empty()) {
    drawn += " against " + shown(report.lock);
    if (!report.platform.empty()) drawn += " for " + shown(report.platform);
  } else {
    drawn += " against its own archives and records";
  }
  drawn += "\n\n";
  for (const verify::Group group : all_groups()) drawn += draw_group(verification.findings, group, style);
  const core::Diagnostic weak = weak_proof(report);
  if (!weak.code.empty()) {
    drawn += paint("Weak proofs", Color::bold, style) + "\n\n" +
             text(weak, report.allow_weak ? Kind::note : Kind::warning, style) + "\n";
  }
  return drawn + draw_answer(report, style) + draw_tally(verification);
}

}  // namespace envlock::report
