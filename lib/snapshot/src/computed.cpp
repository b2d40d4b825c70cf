#include <string>
#include <utility>
#include <vector>

#include "envlock/snapshot/snapshot.h"

namespace envlock::snapshot {
namespace {

using Texts = std::vector<std::pair<std::string, std::string>>;

/// A file of the environment is told from there; of any other the name says enough.
std::string public_file(const std::string& path) {
  return path.starts_with('/') ? "***/" + path.substr(path.rfind('/') + 1) : path;
}

void make_public(Texts& texts) {
  for (auto& [name, value] : texts) value = name == "library" ? public_file(value) : public_value(name, value);
}

}  // namespace

void make_public(probe::Computed& computed) {
  make_public(computed.reference.facts.details);
  make_public(computed.reference.facts.environment);
  computed.reference.facts.seconds = 0;
  for (probe::TierRun& run : computed.tiers) {
    make_public(run.details);
    make_public(run.environment);
    run.trouble = public_value("", run.trouble);
    run.seconds = 0;
    for (probe::MappedFile& file : run.mapped) file.path = public_file(file.path);
  }
}

}  // namespace envlock::snapshot
