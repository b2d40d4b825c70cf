#include "wording.h"

#include <algorithm>

#include "envlock/core/text.h"
#include "envlock/core/url.h"

namespace envlock::resolve {

std::string place_of(const conda::Request& request) {
  if (request.where.file.empty()) return {};
  const std::string file = core::printable(request.where.file);
  return request.where.line > 0 ? file + ":" + std::to_string(request.where.line) : file;
}

std::string cite(const conda::Request& request) {
  std::string text = quote(request.text.empty() ? conda::format(request.spec) : request.text);
  if (request.implied_by) return text + " (implied by " + quote(*request.implied_by) + ")";
  const std::string place = place_of(request);
  if (!place.empty()) text += " (" + place + ")";
  return text;
}

std::string quote(std::string_view text) {
  return "`" + core::printable(core::without_secrets(text), 120) + "`";
}

std::string list(const std::vector<std::string>& parts, std::string_view last_word, std::size_t shown) {
  std::string text;
  const std::size_t count = parts.size() <= shown ? parts.size() : shown - 1;
  for (std::size_t i = 0; i < count; ++i) {
    if (i > 0) text += i + 1 == parts.size() ? " " + std::string(last_word) + " " : ", ";
    text += parts[i];
  }
  if (count < parts.size()) text += " " + std::string(last_word) + " " + std::to_string(parts.size() - count) + " more";
  return text;
}

std::string source_of(const std::vector<conda::Request>& requests) {
  std::string file;
  for (const conda::Request& request : requests) {
    if (request.where.file.empty()) continue;
    if (!file.empty() && file != request.where.file) return "the requests";
    file = request.where.file;
  }
  return file.empty() || file[0] == '<' ? "the requests" : core::printable(file);
}

std::vector<std::string> versions_of(Catalog& catalog, const std::vector<RecordId>& records) {
  std::vector<RecordId> sorted = records;
  std::sort(sorted.begin(), sorted.end(), [&](RecordId left, RecordId right) {
    const auto order = *catalog.version(left) <=> *catalog.version(right);
    return order != 0 ? order < 0 : catalog.version_text(left) < catalog.version_text(right);
  });
  std::vector<std::string> versions;
  for (const RecordId id : sorted) {
    const std::string_view text = catalog.version_text(id);
    if (versions.empty() || versions.back() != text) versions.emplace_back(text);
  }
  return versions;
}

std::string range(const std::vector<std::string>& versions) {
  if (versions.empty()) return "nothing";
  if (versions.size() == 1) return core::printable(versions.front());
  return core::printable(versions.front()) + (versions.size() == 2 ? " and " : " to ") +
         core::printable(versions.back());
}

std::string_view without_name(std::string_view text) {
  text = core::trim(text);
  return core::trim(text.substr(std::min(text.size(), text.find_first_of(" =<>!~["))));
}

std::vector<conda::Version> versions_in(std::string_view spec_text) {
  std::vector<conda::Version> versions;
  std::size_t at = 0;
  while (at < spec_text.size()) {
    const std::size_t begin = spec_text.find_first_not_of("<>=!~,|()* ", at);
    if (begin == std::string_view::npos) break;
    const std::size_t end = std::min(spec_text.size(), spec_text.find_first_of("<>=~,|()* ", begin));
    std::string_view literal = spec_text.substr(begin, end - begin);
    while (!literal.empty() && literal.back() == '.') literal.remove_suffix(1);
    if (auto version = conda::Version::try_parse(literal)) versions.push_back(std::move(*version));
    at = end + 1;
  }
  return versions;
}

}  // namespace envlock::resolve
