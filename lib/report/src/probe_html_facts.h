#pragma once

#include <string>
#include <vector>

#include "envlock/probe/run_document.h"

namespace envlock::report {

/// The table of what ran, and how: a column for each document, rows that differ marked.
std::string html_facts(const std::vector<std::string>& names, const std::vector<probe::RunDocument>& documents);

}  // namespace envlock::report
