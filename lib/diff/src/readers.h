#pragma once

#include <string>
#include <string_view>

#include "envlock/diff/inventory.h"
#include "yaml.h"

namespace envlock::diff {

/// Each reads one format; the text has been told apart before. `label` and `kind` are the caller's to set.
Inventory read_envlock(std::string_view text, const std::string& label);

bool is_explicit(std::string_view text);
Inventory read_explicit(std::string_view text, const std::string& label);

bool is_conda_lock(const Yaml& yaml);
Inventory read_conda_lock(const Yaml& yaml);

bool is_pixi_lock(const Yaml& yaml);
Inventory read_pixi(const Yaml& yaml, const std::string& label, const std::string& environment, core::Notes& notes);

/// The texts of a sequence of scalars; empty for anything else.
std::vector<std::string> texts_of(const Yaml& yaml, Yaml::Id sequence);

}  // namespace envlock::diff
