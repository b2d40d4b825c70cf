#include "response.h"

#include <algorithm>
#include <charconv>

#include "envlock/core/text.h"

namespace envlock::fetch {
namespace {

constexpr std::size_t kLongestValidator = 1024;

template <typename Number>
std::optional<Number> leading_number(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  return number;
}

/// A validator to be sent back as it is; one with control characters or of absurd length counts as none.
std::string validator(std::string_view text) {
  const bool plain = std::none_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f;
  });
  if (!plain || text.size() > kLongestValidator || !core::is_valid_utf8(text)) return {};
  return std::string(text);
}

std::optional<std::int64_t> max_age_of(std::string_view cache_control) {
  std::optional<std::int64_t> age;
  for (std::string_view part : core::split(cache_control, ',')) {
    const std::string directive = core::to_lower(core::trim(part));
    if (directive == "no-cache" || directive == "no-store") return 0;
    if (directive.rfind("max-age=", 0) == 0) {
      age = leading_number<std::int64_t>(std::string_view(directive).substr(8)).value_or(0);
      age = std::max<std::int64_t>(*age, 0);
    }
  }
  return age;
}

std::optional<std::uint64_t> whole_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// Absent for all but one span that is a span.
std::optional<Response::Range> range_of(std::string_view content_range) {
  if (core::to_lower(content_range.substr(0, 6)) != "bytes ") return std::nullopt;
  const std::string_view text = core::trim(content_range.substr(6));
  const std::size_t slash = text.find('/');
  const std::size_t dash = text.find('-');
  if (slash == std::string_view::npos || dash == std::string_view::npos || dash > slash) return std::nullopt;
  const auto first = whole_number(text.substr(0, dash));
  const auto last = whole_number(text.substr(dash + 1, slash - dash - 1));
  if (!first || !last || *last < *first) return std::nullopt;
  Response::Range range{*first, *last, std::nullopt};
  if (text.substr(slash + 1) != "*") {
    range.whole = whole_number(text.substr(slash + 1));
    if (!range.whole || *range.whole <= range.last) return std::nullopt;
  }
  return range;
}

std::string media_type(std::string_view value) {
  const std::string type = core::to_lower(core::trim(value.substr(0, value.find(';'))));
  return type.size() <= 200 ? validator(type) : std::string();
}

}  // namespace

void Response::read_line(std::string_view line) {
  if (line.rfind("HTTP/", 0) == 0) {
    *this = Response{};
    return;
  }
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return;
  const std::string name = core::to_lower(line.substr(0, colon));
  const std::string_view value = core::trim(line.substr(colon + 1));
  if (name == "etag") {
    etag = validator(value);
  } else if (name == "last-modified") {
    last_modified = validator(value);
  } else if (name == "cache-control") {
    max_age = max_age_of(value);
  } else if (name == "content-range") {
    range = range_of(value);
  } else if (name == "content-type") {
    content_type = media_type(value);
  } else if (name == "www-authenticate" || name == "proxy-authenticate") {
    challenge = true;
  } else if (name == "location") {
    location = std::string(value.substr(0, 4096));
  }
}

}  // namespace envlock::fetch
