#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "envlock/core/diagnostic.h"
#include "envlock/spec/spec.h"
#include "line_comment.h"
#include "source.h"
#include "yaml_tree.h"

namespace envlock::spec {

/// One file while it is read. Mistakes are collected, so that all of them are told at once.
struct Reading {
  const Source& source;
  const Tree& tree;
  core::Notes& notes;
  std::vector<core::Diagnostic>& mistakes;
  Spec& spec;

  const Node& at(NodeId id) const { return tree.at(id); }
  const Node& resolve(NodeId id) const { return tree.resolve(id); }
  core::SourceSpan span(NodeId id) const { return span_of(source, tree.at(id)); }

  /// Adds a mistake, or one last line when there are too many to be read.
  void mistake(core::Diagnostic diagnostic);
  /// The text of a scalar that must be text: for a number, a boolean or a list a mistake "not-text" which calls it
  /// `role` ("a channel"), and nothing.
  std::optional<std::string> text_of(NodeId id, std::string_view role);
  /// The items of what must be a list, nothing when it is null; a mistake "not-a-list" otherwise.
  std::vector<NodeId> list_of(NodeId id, std::string_view key);
};

inline constexpr std::size_t kMaxMistakes = 100;

/// `dependencies`: conda specs, `sel(...)` maps, `pip:` lists.
void read_dependencies(Reading& reading, NodeId list, const std::string& category);

/// The canonical selector that the comment after a node sets for its line; empty when none. Tells its mistakes.
class SelectorReader {
 public:
  explicit SelectorReader(Reading& reading) : reading_(reading) {}
  std::string after(NodeId id);
  /// As `after`, from an offset beyond the node's text.
  std::string at(std::size_t offset, int line);
  /// The expression of `sel(expression)`.
  std::string from_key(NodeId key, std::string_view expression, std::size_t offset);
  /// A warning where a line that cannot have a selector has one: `role` is "a channel", "a key" ...
  void refuse_after(NodeId id, std::string_view role);

 private:
  std::optional<LineComment> comment_of_line(std::size_t offset);
  std::string read(const LineComment& comment);
  std::string parse(std::string_view expression, std::size_t offset);
  void compare_with_conda_lock(std::string_view comment, std::string_view expression, std::size_t offset);

  Reading& reading_;
  std::map<std::string, std::string, std::less<>> canonical_;  ///< of the expressions read so far
  std::vector<std::string> told_;                              ///< expressions of which conda-lock's view was told
  // What the last look along a line found: a line of ten megabytes is not walked once for each of its items.
  int scanned_line_ = -1;
  std::size_t scanned_from_ = 0;
  std::optional<LineComment> scanned_comment_;
  std::optional<std::size_t> last_comment_;  ///< items of one line share their comment: it is read once
  std::string last_selector_;
  bool comment_used_ = false;
  bool key_used_ = false;
};

/// Appends one file's Spec: `environment_file.cpp` knows the top-level keys.
void read_environment(const Source& source, core::Notes& notes, std::vector<core::Diagnostic>& mistakes, Spec& spec);

/// Joins the Specs of several files and finds what contradicts: in channels, variables and version constraints.
Spec merge(std::vector<Spec> parts, core::Notes& notes, std::vector<core::Diagnostic>& mistakes);

/// Requests of one name that no version can meet together become mistakes that name both lines.
void find_contradictions(const Spec& spec, std::vector<core::Diagnostic>& mistakes);

}  // namespace envlock::spec
