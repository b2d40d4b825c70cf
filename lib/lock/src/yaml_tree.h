#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "envlock/core/diagnostic.h"

namespace envlock::lock {

/// A YAML document as plain values with their places: what other tools' locks are read from. Built from yaml-cpp's
/// events, which is several times faster than its node graph; aliases share, so they cannot blow up.
class YamlTree {
 public:
  using Id = std::uint32_t;
  static constexpr Id kNone = 0xFFFFFFFF;
  enum class Kind : std::uint8_t { null, scalar, sequence, map };

  /// Throws: core::Error `code` with line and column.
  YamlTree(std::string_view text, const std::string& file, std::string code = "like-invalid");

  Id root() const { return root_; }
  Kind kind(Id id) const { return id == kNone ? Kind::null : nodes_[id].kind; }
  bool is_map(Id id) const { return kind(id) == Kind::map; }
  bool is_sequence(Id id) const { return kind(id) == Kind::sequence; }
  /// The text of a scalar; "" for anything else.
  const std::string& text(Id id) const;
  /// The elements of a sequence; of a map its keys and values by turns.
  const std::vector<Id>& children(Id id) const;
  /// The value of a map's key, kNone when absent or null.
  Id find(Id map, std::string_view key) const;
  const std::string& text(Id map, std::string_view key) const { return text(find(map, key)); }

  /// A mistake at a node. Secrets of the line are masked.
  core::Diagnostic mistake(Id id, std::string what) const;
  /// Throws it.
  [[noreturn]] void fail(Id id, std::string what) const;
  int line(Id id) const { return id == kNone ? 0 : nodes_[id].line; }

 private:
  class Builder;
  struct Node {
    Kind kind = Kind::null;
    int line = 0;
    int column = 0;
    std::string text;
    std::vector<Id> children;
  };

  std::string_view source_;
  std::string file_;
  std::string code_;
  std::vector<Node> nodes_;
  Id root_ = kNone;
};

}  // namespace envlock::lock
