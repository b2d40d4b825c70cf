#include "envlock/core/url.h"

#include <algorithm>
#include <vector>

#include "envlock/core/text.h"

namespace envlock::core {
namespace {

bool is_alpha(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// The length of "scheme" when text starts with "scheme://", else 0.
std::size_t scheme_length(std::string_view text) {
  const std::size_t end = text.find("://");
  if (end == std::string_view::npos || end == 0 || end > 20 || !is_alpha(text[0])) return 0;
  const bool plausible = std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(end), [](char c) {
    return is_alpha(c) || is_digit(c) || c == '+' || c == '-' || c == '.';
  });
  return plausible ? end : 0;
}

/// Removes "." and ".." (RFC 3986, section 5.2.4).
std::string without_dots(std::string_view path) {
  std::vector<std::string_view> kept;
  const std::vector<std::string_view> parts = split(path, '/');
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const bool last = i + 1 == parts.size();
    if (parts[i] == ".." || parts[i] == ".") {
      if (parts[i] == ".." && kept.size() > 1) kept.pop_back();
      if (last) kept.emplace_back();
    } else {
      kept.push_back(parts[i]);
    }
  }
  std::string joined;
  for (std::size_t i = 0; i < kept.size(); ++i) {
    if (i > 0) joined += '/';
    joined += kept[i];
  }
  return joined;
}

/// [begin, end) of the token in a "/t/TOKEN/" path, or npos. Conda puts it first: /t/<token>/channel.
std::size_t find_token(std::string_view path, std::size_t& length) {
  const std::size_t start = path.find("/t/");
  if (start == std::string_view::npos) return std::string_view::npos;
  const std::size_t begin = start + 3;
  const std::size_t end = std::min(path.find('/', begin), path.size());
  length = end - begin;
  return length == 0 ? std::string_view::npos : begin;
}

std::string masked_query(std::string_view query) {
  std::string out;
  for (std::string_view part : split(query, '&')) {
    if (!out.empty()) out += '&';
    const std::size_t equals = part.find('=');
    out += equals == std::string_view::npos ? std::string(part) : std::string(part.substr(0, equals + 1)) + "***";
  }
  return out;
}

std::string masked(const Url& url) {
  Url shown = url;
  if (!shown.user.empty()) shown.user = "***";
  if (!shown.password.empty()) shown.password = "***";
  std::size_t length = 0;
  if (const std::size_t token = find_token(shown.path, length); token != std::string::npos) {
    shown.path.replace(token, length, "***");
  }
  shown.query = masked_query(shown.query);
  return format(shown);
}

bool ends_url(char c) {
  return c == ' ' || c == '"' || c == '\'' || c == '`' || c == '<' || c == '>' || c == ')' || c == ',' || c == ';' ||
         static_cast<unsigned char>(c) < 0x20;
}

/// Masks what looks like a secret outside of a well-formed URL: "user:password@host" without its scheme, and
/// "/t/TOKEN".
std::string masked_remains(std::string text) {
  const auto ends = [](char c) { return c == '/' || c == ' ' || c == '"' || c == '\'' || c == '`' || c == '@'; };
  for (std::size_t at = text.find('@'); at != std::string::npos; at = text.find('@', at + 1)) {
    std::size_t begin = at;
    while (begin > 0 && !ends(text[begin - 1])) --begin;
    const std::size_t colon = text.find(':', begin);
    if (colon >= at || colon == begin || colon + 1 == at) continue;
    text.replace(begin, at - begin, "***:***");
    at = begin + std::string_view("***:***").size();
  }
  for (std::size_t at = text.find("/t/"); at != std::string::npos; at = text.find("/t/", at + 3)) {
    std::size_t end = at + 3;
    while (end < text.size() && !ends(text[end]) && !ends_url(text[end])) ++end;
    if (end > at + 3) text.replace(at + 3, end - at - 3, "***");
  }
  return text;
}

}  // namespace

bool looks_like_url(std::string_view text) {
  return scheme_length(text) > 0;
}

std::optional<Url> parse_url(std::string_view text) {
  const std::size_t scheme = scheme_length(text);
  if (scheme == 0) return std::nullopt;
  Url url;
  url.scheme = to_lower(text.substr(0, scheme));
  text.remove_prefix(scheme + 3);
  if (const std::size_t hash = text.find('#'); hash != std::string_view::npos) {
    url.fragment = text.substr(hash + 1);
    text = text.substr(0, hash);
  }
  if (const std::size_t mark = text.find('?'); mark != std::string_view::npos) {
    url.query = text.substr(mark + 1);
    text = text.substr(0, mark);
  }
  const std::size_t slash = std::min(text.find('/'), text.size());
  std::string_view authority = text.substr(0, slash);
  url.path = text.substr(slash);
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
    const std::string_view user = authority.substr(0, at);
    const std::size_t colon = user.find(':');
    url.user = user.substr(0, colon);
    if (colon != std::string_view::npos) url.password = user.substr(colon + 1);
    authority.remove_prefix(at + 1);
  }
  const std::size_t bracket = authority.find(']');
  const std::size_t colon = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
  url.host = to_lower(authority.substr(0, colon));
  if (colon != std::string_view::npos) url.port = authority.substr(colon + 1);
  return url;
}

std::string format(const Url& url) {
  std::string text = url.scheme + "://";
  if (!url.user.empty() || !url.password.empty()) {
    text += url.user;
    if (!url.password.empty()) text += ':' + url.password;
    text += '@';
  }
  text += url.host;
  if (!url.port.empty()) text += ':' + url.port;
  text += url.path;
  if (!url.query.empty()) text += '?' + url.query;
  if (!url.fragment.empty()) text += '#' + url.fragment;
  return text;
}

std::string without_secrets(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t separator = text.find("://");
    if (separator == std::string_view::npos) break;
    std::size_t begin = separator;
    while (begin > 0 && (is_alpha(text[begin - 1]) || is_digit(text[begin - 1]) || text[begin - 1] == '+')) --begin;
    std::size_t end = separator + 3;
    while (end < text.size() && !ends_url(text[end])) ++end;
    out.append(text.substr(0, begin));
    const std::optional<Url> url = parse_url(text.substr(begin, end - begin));
    out.append(url ? masked(*url) : std::string(text.substr(begin, end - begin)));
    text.remove_prefix(end);
  }
  out.append(text);
  return masked_remains(std::move(out));
}

std::string strip_credentials(std::string_view text) {
  std::optional<Url> url = parse_url(text);
  if (!url) return std::string(text);
  url->user.clear();
  url->password.clear();
  std::size_t length = 0;
  if (const std::size_t token = find_token(url->path, length); token != std::string::npos) {
    url->path.erase(token - 3, length + 3);
  }
  return format(*url);
}

std::string join_url(std::string_view base_text, std::string_view reference) {
  if (looks_like_url(reference)) return std::string(reference);
  std::optional<Url> base = parse_url(base_text);
  if (!base) {
    if (reference.substr(0, 1) == "/") return std::string(reference);
    return std::string(base_text) + (base_text.empty() || base_text.back() == '/' ? "" : "/") + std::string(reference);
  }
  base->fragment.clear();
  if (reference.substr(0, 2) == "//") return base->scheme + ":" + std::string(reference);
  const bool absolute = reference.substr(0, 1) == "/";
  if (const std::size_t mark = reference.find('?'); mark != std::string_view::npos) {
    base->query = reference.substr(mark + 1);
    reference = reference.substr(0, mark);
  }
  std::string path = absolute ? std::string() : base->path;
  if (!absolute && (path.empty() || path.back() != '/')) path += '/';
  base->path = without_dots(path + std::string(reference));
  return format(*base);
}

std::string file_url(std::string_view absolute_path) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string url = "file://";
  for (const char c : absolute_path) {
    if (is_alpha(c) || is_digit(c) || std::string_view("/-._~+!$&'()*,;=:@").find(c) != std::string_view::npos) {
      url += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      url += '%';
      url += kHex[byte >> 4];
      url += kHex[byte & 15];
    }
  }
  return url;
}

std::optional<std::string> path_of_file_url(std::string_view text) {
  const std::optional<Url> url = parse_url(text);
  if (!url || url->scheme != "file" || !(url->host.empty() || url->host == "localhost")) return std::nullopt;
  const auto digit = [](char c) {
    return is_digit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
  };
  std::string path;
  for (std::size_t i = 0; i < url->path.size(); ++i) {
    if (url->path[i] == '%' && i + 2 < url->path.size() && digit(url->path[i + 1]) >= 0 &&
        digit(url->path[i + 2]) >= 0) {
      path += static_cast<char>(digit(url->path[i + 1]) * 16 + digit(url->path[i + 2]));
      i += 2;
    } else {
      path += url->path[i];
    }
  }
  if (path.find('\0') != std::string::npos) return std::nullopt;
  return path;
}

}  // namespace envlock::core
