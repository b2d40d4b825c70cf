#include "envlock/prefix/replacement.h"

#include <array>

#include "envlock/core/diagnostic.h"
#include "replacement_restoration.h"
#include "replacement_rules.h"

namespace envlock::prefix {

std::string replace_prefix(std::string_view original, const Placeholder& placeholder, std::string_view prefix,
                           Dialect dialect) {
  const PrefixChange change{.placeholder = placeholder.text, .prefix = prefix};
  return placeholder.mode == FileMode::text ? replace_text(original, change, dialect)
                                            : replace_binary(original, change, dialect);
}

std::optional<Dialect> matching_dialect(std::string_view original, std::string_view installed,
                                        const Placeholder& placeholder, std::string_view prefix) {
  for (const Dialect dialect : {Dialect::conda, Dialect::rattler, Dialect::mamba}) {
    try {
      if (replace_prefix(original, placeholder, prefix, dialect) == installed) return dialect;
    } catch (const core::Error&) {
      // This one would not have installed it.
    }
  }
  return std::nullopt;
}

std::optional<Restored> restore_original(std::string_view installed, const Placeholder& placeholder,
                                         std::string_view prefix, const core::Sha256& original) {
  const Restoration restoration(installed, placeholder, prefix);
  const std::optional<Edits> edits = restoration.find(original);
  if (!edits) return std::nullopt;
  std::string bytes = apply_edits(installed, *edits);
  const std::optional<Dialect> dialect = matching_dialect(bytes, installed, placeholder, prefix);
  if (!dialect) return std::nullopt;
  return Restored{.bytes = std::move(bytes), .dialect = *dialect};
}

std::string guess_original(std::string_view installed, const Placeholder& placeholder, std::string_view prefix) {
  const Restoration restoration(installed, placeholder, prefix);
  return apply_edits(installed, restoration.guess());
}

}  // namespace envlock::prefix
