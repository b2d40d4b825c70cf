#pragma once

#include <optional>
#include <string>
#include <vector>

#include "envlock/prefix/transaction.h"

namespace envlock::prefix {

/// Where in a prefix it is written which wheels we installed, since a RECORD does not say from which file it came.
constexpr const char* kWheelList = "conda-meta/envlock-wheels";

/// The text of that file. Order: by name.
std::string format_wheel_list(const std::vector<WantedWheel>& wheels);

}  // namespace envlock::prefix
