#include "distributions_direct_url.h"

#include <simdjson.h>

#include "envlock/core/url.h"

namespace envlock::prefix {
namespace {

using simdjson::dom::element;

std::string text_at(const element& root, const char* pointer) {
  std::string_view text;
  if (root.at_pointer(pointer).get_string().get(text) != simdjson::SUCCESS) return "";
  return std::string(text);
}

bool flag_at(const element& root, const char* pointer) {
  bool flag = false;
  return root.at_pointer(pointer).get_bool().get(flag) == simdjson::SUCCESS && flag;
}

/// The hash of an archive, in the newer or the older key.
std::optional<core::Sha256> archive_hash(const element& root) {
  if (const auto digest = core::parse_sha256(text_at(root, "/archive_info/hashes/sha256"))) return digest;
  constexpr std::string_view kName = "sha256=";
  const std::string old = text_at(root, "/archive_info/hash");
  return old.starts_with(kName) ? core::parse_sha256(old.substr(kName.size())) : std::nullopt;
}

}  // namespace

void read_direct_url(std::string_view text, Distribution& distribution) {
  simdjson::dom::parser parser;
  element root;
  if (parser.parse(text.data(), text.size()).get(root) != simdjson::SUCCESS || !root.is_object()) return;
  // Whatever of a secret is not where it should be is masked.
  distribution.direct_url = core::without_secrets(core::strip_credentials(text_at(root, "/url")));
  distribution.direct_commit = text_at(root, "/vcs_info/commit_id");
  distribution.direct_sha256 = archive_hash(root);
  distribution.editable = flag_at(root, "/dir_info/editable");
}

}  // namespace envlock::prefix
