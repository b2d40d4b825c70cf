// Packages of the years before 2016 list their files in plain text, one a line.
#include <algorithm>
#include <set>
#include <utility>

#include "envlock/core/text.h"
#include "manifest_invalid.h"
#include "manifest_paths.h"

namespace envlock::prefix {

namespace {

// Joined at run time, so that this program, when it is packaged, is not taken for a file with that placeholder.
std::string default_placeholder() {
  std::string text = "/opt/anaconda1anaconda2";
  text += "anaconda3";
  return text;
}

// The lines that say something: trimmed, neither empty nor a comment.
std::vector<std::string_view> lines_of(const std::map<std::string, std::string>& info, const std::string& name) {
  const auto file = info.find(name);
  if (file == info.end()) return {};
  std::vector<std::string_view> lines = core::split(file->second, '\n');
  for (std::string_view& line : lines) line = core::trim(line);
  lines.erase(std::remove_if(lines.begin(), lines.end(), [](auto line) { return line.empty() || line.front() == '#'; }),
              lines.end());
  return lines;
}

// Words apart by white space; one that begins with a quote goes to the next such quote and comes without both.
std::optional<std::vector<std::string>> words_of(std::string_view line) {
  std::vector<std::string> words;
  std::size_t at = 0;
  while ((at = line.find_first_not_of(" \t", at)) != std::string_view::npos) {
    const char quote = line[at];
    const bool is_quoted = quote == '"' || quote == '\'';
    const std::size_t begin = is_quoted ? at + 1 : at;
    const std::size_t end = is_quoted ? line.find(quote, begin) : line.find_first_of(" \t", begin);
    if (is_quoted && end == std::string_view::npos) return std::nullopt;
    words.emplace_back(line.substr(begin, end == std::string_view::npos ? end : end - begin));
    if (end == std::string_view::npos) break;
    at = end + 1;
  }
  return words;
}

std::map<std::string, Placeholder> read_has_prefix(const std::map<std::string, std::string>& info,
                                                   std::string_view package) {
  constexpr std::string_view kFile = "info/has_prefix";
  std::map<std::string, Placeholder> placeholders;
  for (const std::string_view line : lines_of(info, "has_prefix")) {
    const std::optional<std::vector<std::string>> words = words_of(line);
    const bool has_three = words && words->size() == 3 && ((*words)[1] == "text" || (*words)[1] == "binary");
    if (!has_three && !(words && words->size() == 1)) {
      throw_package_invalid(package, kFile, "has a line that cannot be read",
                            {"have " + show(line), "want `PATH`, or `PLACEHOLDER text|binary PATH`"});
    }
    Placeholder placeholder{.text = default_placeholder(), .mode = FileMode::text};
    if (has_three) {
      placeholder = {.text = words->front(), .mode = (*words)[1] == "text" ? FileMode::text : FileMode::binary};
      if (placeholder.text.empty()) throw_package_invalid(package, kFile, "has an empty placeholder");
      check_placeholder(placeholder.text, package, kFile);
    }
    if (!placeholders.emplace(words->back(), std::move(placeholder)).second) {
      throw_package_invalid(package, kFile, "lists a path twice", {"the path is " + show(words->back())});
    }
  }
  return placeholders;
}

std::set<std::string_view> read_no_link(const std::map<std::string, std::string>& info) {
  std::set<std::string_view> paths;
  for (const char* name : {"no_link", "no_softlink"}) {
    const std::vector<std::string_view> lines = lines_of(info, name);
    paths.insert(lines.begin(), lines.end());
  }
  return paths;
}

}  // namespace

std::vector<ManifestPath> parse_old_lists(const std::map<std::string, std::string>& info, std::string_view package) {
  if (info.find("files") == info.end()) {
    throw_package_invalid(package, "info", "has neither `paths.json` nor `files`");
  }
  const std::map<std::string, Placeholder> placeholders = read_has_prefix(info, package);
  const std::set<std::string_view> no_link = read_no_link(info);
  std::vector<ManifestPath> paths;
  for (const std::string_view line : lines_of(info, "files")) {
    ManifestPath path;
    path.path = std::string(line);
    path.no_link = no_link.count(line) > 0;
    const auto placeholder = placeholders.find(path.path);
    if (placeholder != placeholders.end()) path.placeholder = placeholder->second;
    paths.push_back(std::move(path));
  }
  return paths;
}

}  // namespace envlock::prefix
