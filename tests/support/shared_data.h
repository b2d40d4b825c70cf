#pragma once

#include <filesystem>
#include <optional>

namespace envlock_test {

/// The folder of large real data, when this machine has it: $ENVLOCK_SHARED, or "shared" beside the source tree.
/// A test that needs it says "skipped: no shared data" when it is absent.
std::optional<std::filesystem::path> shared_folder();

}  // namespace envlock_test
