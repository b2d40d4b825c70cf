#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "envlock/core/diagnostic.h"
#include "json.h"

namespace envlock::lock {

/// Collects the mistakes of one document, so that all are reported at once, each with its place and JSON path.
class Mistakes {
 public:
  /// More than this are counted, not kept.
  static constexpr std::size_t kMost = 20;

  Mistakes(const JsonDocument& document, std::string file, std::string code)
      : document_(document), file_(std::move(file)), code_(std::move(code)) {}

  /// `offset` and `end` are bytes of the document.
  void add(std::size_t offset, std::size_t end, std::string what, std::vector<std::string> hints = {});
  void add(const Json& value, std::string what, std::vector<std::string> hints = {}) {
    add(value.offset,
        value.kind == Json::Kind::object || value.kind == Json::Kind::array ? value.offset + 1 : value.end,
        std::move(what), std::move(hints));
  }
  /// True when no more are kept: searching for more helps nobody.
  bool full() const { return all_.size() == kMost; }
  /// Throws what has been collected, if anything.
  void throw_if_any() const;

 private:
  const JsonDocument& document_;
  std::string file_;
  std::string code_;
  std::vector<core::Diagnostic> all_;
  std::size_t left_out_ = 0;
};

/// The strings of an array; whatever else stands there is a mistake.
std::vector<std::string> texts_of(const Json& array, Mistakes& mistakes);

/// Typed access to the members of one object. Whatever is missing, of the wrong type or unknown becomes a mistake and
/// reads as empty.
class Fields {
 public:
  /// A value that is no object is a mistake; all its members then count as absent.
  Fields(const Json& object, Mistakes& mistakes);

  const Json& json() const { return object_; }
  Mistakes& mistakes() const { return mistakes_; }

  std::string required_text(std::string_view key);
  std::string text(std::string_view key);  ///< "" when absent
  bool flag(std::string_view key);         ///< false when absent
  std::uint64_t required_unsigned(std::string_view key);
  std::optional<std::uint64_t> unsigned_number(std::string_view key);
  std::optional<std::int64_t> number(std::string_view key);
  std::vector<std::string> texts(std::string_view key);
  std::vector<std::string> required_texts(std::string_view key);
  /// The elements of an array, the members of an object; empty when absent (a mistake when required).
  const std::vector<Json>& elements(std::string_view key);
  const std::vector<Json>& members(std::string_view key);
  const Json* find(std::string_view key);
  /// The member, or the object itself where it is missing: the place to show.
  const Json& place(std::string_view key);
  const Json* required(std::string_view key, Json::Kind kind);

  /// Every member that nobody asked for is a mistake: a lock with an unknown field says more than we understand.
  void refuse_others();

 private:
  const Json* optional(std::string_view key, Json::Kind kind);
  const Json& object_;
  Mistakes& mistakes_;
  std::vector<std::string_view> known_;
};

}  // namespace envlock::lock
