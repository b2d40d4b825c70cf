#include "envlock/conda/match_spec.h"
#include "envlock/conda/platform.h"
#include "envlock/core/text.h"
#include "version_node.h"

namespace envlock::conda {
namespace {

using Kind = VersionSpec::Node::Kind;

/// In single quotes. A backslash is doubled only where it would be read as an escape, so that expressions stay
/// readable.
std::string quoted(std::string_view text) {
  std::string out = "'";
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const char next = i + 1 < text.size() ? text[i + 1] : '\'';
    if (c == '\'' || (c == '\\' && (next == '\\' || next == '\'' || next == '"'))) out += '\\';
    out += c;
  }
  return out + "'";
}

bool holds_star(std::string_view text) {
  return text.find('*') != std::string_view::npos;
}

}  // namespace

std::string format(const MatchSpec& spec) {
  std::string out;
  std::string keys;
  const auto key = [&](std::string_view name, std::string_view value) {
    keys.append(keys.empty() ? "" : ",").append(name).append("=").append(quoted(value));
  };
  const auto list = [&](std::string_view name, const std::vector<std::string>& items) {
    if (items.empty()) return;
    keys.append(keys.empty() ? "" : ",").append(name).append("=[").append(core::join(items, ",")).append("]");
  };

  const bool channel_first = spec.channel && !holds_star(*spec.channel) && !is_regular_expression(*spec.channel);
  const bool subdir_first = channel_first && spec.subdir && !holds_star(*spec.subdir) &&
                            (*spec.subdir == "noarch" || is_known_subdir(*spec.subdir));
  if (channel_first) {
    out += *spec.channel;
    if (subdir_first) out.append("/").append(*spec.subdir);
    out += "::";
  }
  out += spec.name.empty() ? "*" : spec.name;

  const VersionSpec::Node* version = spec.version ? root_of(*spec.version) : nullptr;
  const bool exact = version != nullptr && version->kind() == Kind::equal;
  const bool build_first =
      exact && spec.build && spec.build->exact() && spec.build->text().find('-') == std::string::npos;
  if (exact) {
    out.append("==").append(version->literal());
  } else if (version != nullptr && version->kind() == Kind::starts_with) {
    out.append("=").append(version->literal());
  } else if (version != nullptr) {
    key("version", spec.version->text());
  }
  if (build_first) {
    out.append("=").append(spec.build->text());
  } else if (spec.build) {
    key("build", spec.build->text());
  }
  if (spec.build_number) key("build_number", *spec.build_number);
  if (spec.channel && !channel_first) key("channel", *spec.channel);
  if (spec.subdir && !subdir_first) key("subdir", *spec.subdir);
  if (spec.md5) key("md5", core::format(*spec.md5));
  if (spec.sha256) key("sha256", core::format(*spec.sha256));
  if (spec.url) key("url", *spec.url);
  if (spec.file_name) key("fn", *spec.file_name);
  for (const auto& [name, value] : spec.other) key(name, value.text());
  if (spec.when) key("when", *spec.when);
  list("extras", spec.extras);
  list("flags", spec.flags);
  if (!keys.empty()) out.append("[").append(keys).append("]");
  return out;
}

}  // namespace envlock::conda
