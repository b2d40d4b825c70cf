#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace envlock::prefix {

/// A JSON file under info/, and who to name when it is wrong.
struct InfoFile {
  std::string_view text;
  std::string_view package;
  std::string_view name;  ///< "info/index.json"

  [[noreturn]] void fail(std::string what, std::vector<std::string> why = {}) const;
};

/// The object that the file holds. Throws: core::Error "package-invalid" when it holds something else, a key stands
/// twice in one object, or it is too large or too deep.
nlohmann::json parse_object(const InfoFile& file);

/// A member that must be text. Absent: not there, or null.
std::optional<std::string> text_member(const nlohmann::json& object, const char* key, const InfoFile& file);

}  // namespace envlock::prefix
