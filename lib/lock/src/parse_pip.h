#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "envlock/core/json_writer.h"
#include "envlock/lock/lock.h"
#include "json_fields.h"

namespace envlock::lock {

/// The PyPI half of a lock while it is read: the members "pip", "pip_requests" and "distributions".
class PipReader {
 public:
  PipReader(Mistakes& mistakes, JsonSyntax syntax) : mistakes_(mistakes), syntax_(syntax) {}

  /// Reads the members; a lock without "pip" must not have the others.
  void read(Fields& lock);
  /// Puts what was read into the lock, whose platforms stand there sorted; names that lead nowhere are mistakes.
  void link(Lock& lock);

 private:
  struct Use {
    std::vector<std::string> categories;
    std::vector<std::string> extras;
  };
  struct Read {
    LockedDistribution distribution;
    std::map<std::string, Use> uses;
    const Json* json = nullptr;
  };

  Read read_one(const Json& item);
  Use read_use(const Json& item);
  void check_index(const Read& each, const PipOptions& options);
  void mistake(const Read& each, std::string_view key, std::string what);

  Mistakes& mistakes_;
  JsonSyntax syntax_;
  std::optional<PipOptions> options_;
  std::vector<PipLine> lines_;
  std::vector<Read> all_;
};

/// Each distribution's platforms, as the lock's text has them: in order of Lock::distributions.
void write_distributions(core::JsonWriter& writer, const Lock& lock);

/// The order of Lock::distributions.
bool is_before(const LockedDistribution& left, const LockedDistribution& right);

}  // namespace envlock::lock
