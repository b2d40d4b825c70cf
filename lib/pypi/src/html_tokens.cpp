#include "html_tokens.h"

#include <charconv>
#include <cstdint>

#include "ascii.h"

namespace envlock::pypi {
namespace {

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

std::string lower(std::string_view text) {
  std::string lowered(text);
  for (char& c : lowered) c = ascii::to_lower(c);
  return lowered;
}

bool holds_raw_text(const std::string& element) {
  return element == "script" || element == "style" || element == "textarea" || element == "title";
}

void append_utf8(std::string& out, std::uint32_t code) {
  const auto byte = [&out](std::uint32_t value) { out += static_cast<char>(static_cast<unsigned char>(value)); };
  if (code == 0 || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) code = 0xfffd;
  if (code < 0x80) {
    byte(code);
  } else if (code < 0x800) {
    byte(0xc0 | (code >> 6));
    byte(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    byte(0xe0 | (code >> 12));
    byte(0x80 | ((code >> 6) & 0x3f));
    byte(0x80 | (code & 0x3f));
  } else {
    byte(0xf0 | (code >> 18));
    byte(0x80 | ((code >> 12) & 0x3f));
    byte(0x80 | ((code >> 6) & 0x3f));
    byte(0x80 | (code & 0x3f));
  }
}

/// "#62", "#x3e", "gt". False: no reference that we know.
bool append_reference(std::string& out, std::string_view name) {
  constexpr std::pair<std::string_view, char> kNamed[] = {
      {"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}};
  for (const auto& [known, character] : kNamed) {
    if (name != known) continue;
    out += character;
    return true;
  }
  if (name.substr(0, 1) != "#") return false;
  const bool hex = name.size() > 1 && (name[1] == 'x' || name[1] == 'X');
  name.remove_prefix(hex ? 2 : 1);
  std::uint32_t code = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), code, hex ? 16 : 10);
  if (name.empty() || end != name.data() + name.size()) return false;
  append_utf8(out, error == std::errc() ? code : 0);
  return true;
}

}  // namespace

std::string undo_references(std::string_view text) {
  constexpr std::size_t kLongest = 12;
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '&') {
      const std::size_t length = text.substr(at + 1, kLongest).find(';');
      if (length != std::string_view::npos && append_reference(out, text.substr(at + 1, length))) {
        at += length + 1;
        continue;
      }
    }
    out += text[at];
  }
  return out;
}

const std::string* HtmlTag::find(std::string_view attribute) const {
  for (const auto& [key, value] : attributes) {
    if (key == attribute) return &value;
  }
  return nullptr;
}

std::optional<HtmlTag> HtmlTags::next() {
  if (!skip_to_tag()) return std::nullopt;
  HtmlTag tag = read_tag();
  if (holds_raw_text(tag.name)) skip_raw_text(tag.name);
  return tag;
}

/// To the first letter of a start tag's name.
bool HtmlTags::skip_to_tag() {
  while (at_ < text_.size()) {
    at_ = text_.find('<', at_);
    if (at_ == std::string_view::npos || at_ + 1 >= text_.size()) break;
    ++at_;
    if (ascii::is_letter(text_[at_])) return true;
    if (text_.substr(at_, 3) == "!--") {
      at_ += 3;
      skip_past("-->");
    } else if (text_[at_] == '!' || text_[at_] == '?' || text_[at_] == '/') {
      skip_past(">");
    }
  }
  at_ = text_.size();
  return false;
}

void HtmlTags::skip_past(std::string_view end) {
  const std::size_t found = text_.find(end, at_);
  at_ = found == std::string_view::npos ? text_.size() : found + end.size();
}

/// To the end tag of the element; it is the next thing that is read. Without one all that follows is raw text, which
/// is then looked through once, since nothing is left.
void HtmlTags::skip_raw_text(const std::string& element) {
  while (at_ < text_.size()) {
    at_ = text_.find("</", at_);
    if (at_ == std::string_view::npos) break;
    if (lower(text_.substr(at_ + 2, element.size())) == element) return;
    at_ += 2;
  }
  at_ = text_.size();
}

HtmlTag HtmlTags::read_tag() {
  HtmlTag tag;
  const std::size_t begin = at_;
  while (at_ < text_.size() && !is_space(text_[at_]) && text_[at_] != '>' && text_[at_] != '/') ++at_;
  tag.name = lower(text_.substr(begin, at_ - begin));
  while (at_ < text_.size() && text_[at_] != '>') {
    if (is_space(text_[at_]) || text_[at_] == '/') {
      ++at_;
    } else {
      read_attribute(tag);
    }
  }
  if (at_ < text_.size()) ++at_;
  return tag;
}

void HtmlTags::skip_spaces() {
  while (at_ < text_.size() && is_space(text_[at_])) ++at_;
}

void HtmlTags::read_attribute(HtmlTag& tag) {
  constexpr std::size_t kMostAttributes = 32;  // each is compared with those before it
  const std::size_t begin = at_++;             // an attribute may begin with "="
  while (at_ < text_.size() && !is_space(text_[at_]) && text_[at_] != '=' && text_[at_] != '>' && text_[at_] != '/') {
    ++at_;
  }
  std::string name = lower(text_.substr(begin, at_ - begin));
  skip_spaces();
  std::string value;
  if (at_ < text_.size() && text_[at_] == '=') {
    ++at_;
    skip_spaces();
    value = read_value();
  }
  if (tag.attributes.size() < kMostAttributes && tag.find(name) == nullptr) {
    tag.attributes.emplace_back(std::move(name), std::move(value));
  }
}

std::string HtmlTags::read_value() {
  if (at_ >= text_.size() || text_[at_] == '>') return {};
  const char quote = text_[at_];
  if (quote == '"' || quote == '\'') {
    const std::size_t begin = ++at_;
    const std::size_t end = std::min(text_.find(quote, begin), text_.size());
    at_ = std::min(end + 1, text_.size());
    return undo_references(text_.substr(begin, end - begin));
  }
  const std::size_t begin = at_;
  while (at_ < text_.size() && !is_space(text_[at_]) && text_[at_] != '>') ++at_;
  return undo_references(text_.substr(begin, at_ - begin));
}

}  // namespace envlock::pypi
