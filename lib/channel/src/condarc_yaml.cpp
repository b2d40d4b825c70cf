#include <yaml-cpp/yaml.h>

#include "condarc_value.h"
#include "envlock/core/text.h"
#include "envlock/core/url.h"

namespace envlock::channel {
namespace {

constexpr std::size_t kMostItems = 10'000;

/// Reads one document; knows its lines, for messages and for the "#!" remarks that YAML itself drops.
class Reader {
 public:
  Reader(std::string_view text, const std::string& file, std::vector<core::Diagnostic>& problems)
      : lines_(core::split(text, '\n')), file_(file), problems_(problems) {}

  core::SourceSpan span(const YAML::Mark& mark) const {
    core::SourceSpan where;
    where.file = file_;
    if (mark.line < 0) return where;
    where.line = mark.line + 1;
    where.column = mark.column + 1;
    where.text = core::without_secrets(line(mark));
    if (where.text != line(mark)) where.column = 0;  // masking moves what stands behind it
    return where;
  }

  void problem(const YAML::Mark& mark, std::string what, std::vector<std::string> hints = {}) {
    core::Diagnostic diagnostic;
    diagnostic.code = "condarc-invalid";
    diagnostic.what = std::move(what);
    diagnostic.where = span(mark);
    diagnostic.hints = std::move(hints);
    problems_.push_back(std::move(diagnostic));
  }

  RawSource read(const YAML::Node& root, Interest (*interest)(std::string_view key)) {
    RawSource source;
    if (!root || root.IsNull()) return source;
    if (!root.IsMap()) {
      problem(root.Mark(), "a .condarc is a list of `key: value` lines, and this is none");
      return source;
    }
    for (const auto& pair : root) {
      if (!pair.first.IsScalar() || interest(pair.first.Scalar()) == Interest::none) continue;
      const std::string& key = pair.first.Scalar();
      if (source.count(key) > 0) {
        problem(pair.first.Mark(), "`" + key + "` stands twice in this file", {"put the two together"});
        continue;
      }
      RawValue value;
      value.where = span(pair.first.Mark());
      value.flag = flag(pair.first.Mark());
      const bool whole = interest(key) == Interest::presence || read_value(pair.second, key, 0, value);
      if (whole) source.emplace(key, std::move(value));
    }
    return source;
  }

 private:
  bool read_value(const YAML::Node& node, const std::string& key, int depth, RawValue& out) {
    if (node.IsMap()) {
      if (depth > 0) {
        problem(node.Mark(), "`" + core::printable(key) + "` is nested too deeply");
        return false;
      }
      std::map<std::string, RawValue> members;
      for (const auto& pair : node) {
        if (!pair.first.IsScalar() || members.size() >= kMostItems) {
          problem(pair.first.Mark(), "a key of `" + core::printable(key) + "` must be a name");
          return false;
        }
        RawValue member;
        member.where = span(pair.first.Mark());
        member.flag = flag(pair.first.Mark());
        if (!read_value(pair.second, pair.first.Scalar(), depth + 1, member)) return false;
        members.insert_or_assign(pair.first.Scalar(), std::move(member));
      }
      out.value = std::move(members);
      return true;
    }
    if (node.IsSequence()) {
      RawList list;
      for (const YAML::Node& item : node) {
        if (!item.IsScalar() || list.items.size() >= kMostItems) {
          problem(item.Mark(), "an item of `" + core::printable(key) + "` must be a single text");
          return false;
        }
        list.items.push_back(scalar(item));
      }
      out.value = std::move(list);
      return true;
    }
    out.value = scalar(node);
    return true;
  }

  RawScalar scalar(const YAML::Node& node) const {
    RawScalar value;
    value.is_null = !node.IsScalar();
    value.where = span(node.Mark());
    if (!node.IsScalar()) return value;
    value.text = node.Scalar();
    value.is_plain = node.Tag() != "!";
    value.flag = flag(node.Mark());
    return value;
  }

  std::string_view line(const YAML::Mark& mark) const {
    const auto index = static_cast<std::size_t>(mark.line);
    if (mark.line < 0 || index >= lines_.size()) return {};
    std::string_view text = lines_[index];
    if (!text.empty() && text.back() == '\r') text.remove_suffix(1);
    return text.substr(0, 1000);
  }

  Flag flag(const YAML::Mark& mark) const {
    const std::string_view text = line(mark);
    const std::size_t hash = text.rfind('#');
    if (hash == std::string_view::npos) return Flag::none;
    const std::string_view remark = core::trim(text.substr(hash + 1));
    if (remark == "!final") return Flag::final;
    if (remark == "!top") return Flag::top;
    if (remark == "!bottom") return Flag::bottom;
    return Flag::none;
  }

  std::vector<std::string_view> lines_;
  const std::string& file_;
  std::vector<core::Diagnostic>& problems_;
};

}  // namespace

RawSource parse_condarc(std::string_view bytes, const std::string& file, Interest (*interest)(std::string_view key),
                        std::vector<core::Diagnostic>& problems) {
  const std::optional<std::string> text = core::decode_text(bytes);
  if (!text) {
    Reader({}, file, problems).problem(YAML::Mark::null_mark(), "`" + core::printable(file) + "` is no text in UTF-8");
    return {};
  }
  Reader reader(*text, file, problems);
  try {
    return reader.read(YAML::Load(*text), interest);
  } catch (const YAML::Exception& exception) {
    reader.problem(exception.mark, "`" + core::printable(file) + "` is no YAML: " + core::printable(exception.msg));
    return {};
  }
}

}  // namespace envlock::channel
