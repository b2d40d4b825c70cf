#pragma once

#include "yaml.h"

namespace envlock::diff {

/// Reads all of YAML, by yaml-cpp's events. Aliases are copied, up to a bound.
class FullYaml {
 public:
  explicit FullYaml(Yaml& tree) : tree_(tree) {}
  /// Throws: core::Error "lock-invalid" with line and column.
  void read();

 private:
  class Builder;
  Yaml& tree_;
};

}  // namespace envlock::diff
