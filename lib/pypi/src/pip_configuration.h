#pragma once

#include "envlock/pypi/index_client.h"

namespace envlock::pypi {

/// read_pip_configuration with another folder for /etc, for tests.
PipConfiguration read_pip_configuration_below(const std::filesystem::path& etc,
                                              const std::map<std::string, std::string>& environment,
                                              const std::filesystem::path& home, core::Notes& notes);

}  // namespace envlock::pypi
