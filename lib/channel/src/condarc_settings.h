#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "condarc_value.h"
#include "envlock/channel/condarc.h"

namespace envlock::channel {

/// The merged settings, by the names that conda's documentation uses, with variables expanded. Each accessor checks the
/// type and adds a problem with its place when it is another; an absent setting is absent or empty.
class Settings {
 public:
  Settings(const CondarcEnvironment& environment, std::vector<core::Diagnostic>& problems)
      : environment_(environment), problems_(problems) {}

  /// Sources come lowest precedence first.
  void add_file(std::string_view bytes, const std::string& file, core::Notes& notes);
  void add_variables();

  std::optional<RawScalar> scalar(std::string_view key);
  std::vector<std::string> list(std::string_view key);
  std::map<std::string, RawScalar> scalars(std::string_view key);
  std::map<std::string, std::vector<std::string>> lists(std::string_view key);
  std::optional<bool> truth(std::string_view key);
  std::optional<double> number(std::string_view key, double least, double most);

  void problem(const core::SourceSpan& where, std::string what, std::vector<std::string> hints = {});

 private:
  enum class Kind { scalar, list, map_of_scalars, map_of_lists };
  struct Setting;
  static const Setting* find(std::string_view key);
  static Interest interest(std::string_view key);
  void take(RawSource source);
  bool check(const std::string& key, const RawValue& value, Kind kind);
  std::string expand(const std::string& text) const;
  std::vector<std::string> texts(const std::vector<RawScalar>& items) const;
  const std::vector<RawValue>* sources(std::string_view key) const;

  const CondarcEnvironment& environment_;
  std::vector<core::Diagnostic>& problems_;
  std::map<std::string, std::vector<RawValue>, std::less<>> values_;  ///< lowest precedence first, types checked
};

/// As conda reads it: true, yes, on, 1 and their opposites, in any case.
std::optional<bool> parse_truth(std::string_view text);

}  // namespace envlock::channel
