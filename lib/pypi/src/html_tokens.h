#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace envlock::pypi {

/// A start tag: name and attribute names in lower case, values with their character references undone.
struct HtmlTag {
  std::string name;
  std::vector<std::pair<std::string, std::string>> attributes;  ///< as written, each name once (the first)

  /// Null when the tag has none of this name.
  const std::string* find(std::string_view attribute) const;
};

/// Reads the start tags of an HTML text one after another, in time that grows with the text alone. Text, end tags,
/// comments, declarations and the insides of script, style, textarea and title are passed over. Source: the HTML
/// standard's tokenizer, as far as lists of links need it.
class HtmlTags {
 public:
  explicit HtmlTags(std::string_view text) : text_(text) {}
  std::optional<HtmlTag> next();

 private:
  bool skip_to_tag();
  void skip_past(std::string_view end);
  void skip_raw_text(const std::string& element);
  HtmlTag read_tag();
  void read_attribute(HtmlTag& tag);
  std::string read_value();
  void skip_spaces();

  std::string_view text_;
  std::size_t at_ = 0;
};

/// "&gt;=3.8" is ">=3.8": the references that HTML writers use (named ones of XML, and numbers). Others stay.
std::string undo_references(std::string_view text);

}  // namespace envlock::pypi
