#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "envlock/pypi/version.h"
#include "envlock/resolve/pypi.h"

namespace envlock::resolve {

/// An index into Universe's projects.
using ProjectId = std::uint32_t;

/// Something that a version needs: a project and its requirement.
struct Need {
  ProjectId project = 0;
  pypi::Requirement requirement;
};

/// A version of a project, and the file that this platform would take of it.
struct Release {
  pypi::Version version;
  std::string version_text;  ///< normal form
  pypi::IndexFile file;
  std::vector<pypi::IndexFile> others;
  bool yanked = false;
  bool needs_build = false;
  bool favored = false;
  enum class State { unread, read, refused };
  State state = State::unread;
  std::string refusal;  ///< why it cannot be had, when refused
  pypi::Metadata metadata;
  std::vector<Need> needs;  ///< without extras
  /// Those that stand in the metadata and do not hold without an extra.
  std::vector<pypi::Requirement> conditional;
  std::map<std::string, std::vector<Need>> by_extra;  ///< what an extra adds; filled in when it is asked for
};

/// A version of a project that does not count on the platform, for explanations.
struct LeftOut {
  enum class Cause {
    other_python,    ///< Requires-Python
    other_platform,  ///< wheels, none for this one
    only_sdist,
    too_new,     ///< --exclude-newer
    other_hash,  ///< no file has a hash that the line names
  };
  pypi::Version version;
  std::string words;  ///< "2.0.0", "2.0.0 (Requires-Python >=3.13)"
  Cause cause = Cause::other_platform;
};

struct Project {
  std::string name;
  /// partial: only the locked release is known, from the lock
  enum class State { unknown, partial, loaded, provided, placed };
  State state = State::unknown;
  std::string index;
  bool absent = false;  ///< no index has it
  std::vector<std::string> also_on;
  std::vector<Release> releases;  ///< best first
  std::vector<LeftOut> left_out;  ///< newest first
  std::optional<ProvidedDistribution> provided;
  bool pre = false;  ///< a line of the user lets pre-releases in
  /// What those needs of other releases allow that name a pre-release, and so let those in that they allow.
  std::vector<pypi::Specifiers> naming;
  bool naming_closed = false;             ///< nothing that was chosen has such a need
  std::vector<std::size_t> constraints;   ///< indexes into PypiProblem::constraints
  std::vector<pypi::Version> pinned;      ///< that lines of the user name with `==`: they count even when yanked
  bool extras_known = false;              ///< of a provided one: its metadata was looked for
  std::vector<std::string> known_extras;  ///< of a provided one: told by the lock
  std::string status;                     ///< PEP 792
  std::string status_reason;
  std::size_t reads = 0;  ///< how often metadata of it was fetched
};

/// What is known of PyPI so far. Grows as the resolver asks.
class Universe {
 public:
  Universe(const PypiProblem& problem, pypi::Source& source, core::Notes& notes);

  /// The project of that name, made when it is new.
  ProjectId find(const std::string& name);
  /// One that was found before.
  ProjectId known(const std::string& name) const { return ids_.at(name); }
  Project& project(ProjectId id) { return projects_[id]; }
  const Project& project(ProjectId id) const { return projects_[id]; }
  std::size_t size() const { return projects_.size(); }

  /// Fetches the pages of projects, all at once. Throws: core::Error for an index that does
  /// not answer.
  void load(const std::vector<ProjectId>& ids);
  /// Fetches the metadata of releases, all at once. One that cannot be had is refused, with its reason.
  using ReleaseRef = std::pair<ProjectId, std::size_t>;
  void read(const std::vector<ReleaseRef>& releases);
  /// Fetches what the extras of a distribution that conda provides need.
  void read_provided(const std::vector<ProjectId>& ids);

  /// What a release needs, or what an extra of it adds; nothing while its metadata is unread.
  const std::vector<Need>& needs(ProjectId id, std::size_t release, const std::string& extra);
  /// The same of what was asked for before.
  const std::vector<Need>& known_needs(ProjectId id, std::size_t release, const std::string& extra) const;
  /// Projects of which only the locked release is known.
  std::vector<ProjectId> partial() const;
  bool meets_constraints(ProjectId id, const Release& release) const;
  /// Whether a requirement lets pre-releases in by itself: it names one, or nothing else meets it.
  bool needs_prerelease(ProjectId id, const pypi::Requirement& requirement) const;
  /// The releases that meet a requirement and the constraints, as indexes, best first.
  std::vector<std::size_t> matching(ProjectId id, const pypi::Requirement& requirement) const;
  const PypiProblem& problem() const { return problem_; }

 private:
  void take_page(Project& project, pypi::FoundProject found) const;
  void take_favored(ProjectId id, const FavoredDistribution& favored);
  void take_metadata(Release& release, pypi::Metadata metadata);
  /// The project that a requirement is of, which now knows of it.
  ProjectId find_needed(const pypi::Requirement& requirement);
  void start_with_facts();
  void start_with_favored();
  bool is_acceptable(const FavoredDistribution& favored) const;

  const PypiProblem& problem_;
  pypi::Source& source_;
  core::Notes& notes_;
  std::vector<Project> projects_;
  std::map<std::string, ProjectId> ids_;
};

}  // namespace envlock::resolve
