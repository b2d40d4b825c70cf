#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace envlock::diff {

/// A YAML document as plain values with their lines. Locks are written by programs, which use a small part of YAML:
/// that part is read here, some twenty times faster than by yaml-cpp; a text that uses more of it is given to yaml-cpp,
/// and both give the same tree. Texts are views into the source, which must outlive the document.
class Yaml {
 public:
  using Id = std::uint32_t;
  static constexpr Id kNone = 0xFFFFFFFF;
  enum class Kind : std::uint8_t { null, scalar, sequence, map };

  struct Node {
    Kind kind = Kind::null;
    int line = 0;  ///< 1-based
    std::string_view text;
    Id first = kNone;  ///< child; of a map keys and values by turns
    Id next = kNone;   ///< sibling
  };

  /// Throws: core::Error "lock-invalid" with line and column; values nested deeper than 64 are refused.
  Yaml(std::string_view source, const std::string& label);
  Yaml(const Yaml&) = delete;
  Yaml& operator=(const Yaml&) = delete;

  /// Each way by itself, for tests. `fast` is absent when the text uses more of YAML than it reads.
  static std::optional<std::string> fast_outline(std::string_view source);
  static std::string full_outline(std::string_view source, const std::string& label);

  Id root() const { return root_; }
  const Node& node(Id id) const { return id == kNone ? kNothing : nodes_[id]; }
  Kind kind(Id id) const { return node(id).kind; }
  bool is_map(Id id) const { return kind(id) == Kind::map; }
  bool is_sequence(Id id) const { return kind(id) == Kind::sequence; }
  Id first(Id id) const { return node(id).first; }
  Id next(Id id) const { return node(id).next; }
  /// The text of a scalar; "" for anything else.
  std::string_view text(Id id) const { return node(id).text; }
  /// The value of a map's key, kNone when absent or null.
  Id find(Id map, std::string_view key) const;
  std::string_view text(Id map, std::string_view key) const { return text(find(map, key)); }

  /// The error for a mistake at a node; kNone: in the whole document.
  [[noreturn]] void fail(Id id, std::string what) const;

 private:
  friend class FastYaml;
  friend class FullYaml;
  enum class Way { fast, full, best };
  Yaml(std::string_view source, const std::string& label, Way way);

  Id add(Kind kind, int line, std::string_view text = {});
  std::string outline() const;

  static const Node kNothing;
  std::string_view source_;
  std::string label_;
  std::vector<Node> nodes_;
  std::deque<std::string> unescaped_;
  Id root_ = kNone;
  bool complete_ = false;
};

}  // namespace envlock::diff
