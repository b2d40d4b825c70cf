// Any bytes as a project's pyproject.toml: only core::Error may come out, and no module lies outside of the project.
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "envlock/core/diagnostic.h"
#include "envlock/pypi/project_folder.h"
#include "envlock/pypi/project_layout.h"

namespace {

namespace fs = std::filesystem;

/// A folder with a few modules, gone at the end of the process.
class Project {
 public:
  Project() {
    std::string name = (fs::temp_directory_path() / "envlock-fuzz-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) std::abort();
    folder = name;
    for (const char* file : {"src/ours/__init__.py", "ours/__init__.py", "lib/space/ours/__init__.py", "single.py"}) {
      fs::create_directories((folder / file).parent_path());
      std::ofstream(folder / file) << "__version__ = '1.0'\n";
    }
  }
  ~Project() { fs::remove_all(folder); }

  fs::path folder;
};

bool leads_out(const std::string& path) {
  return path.starts_with('/') || ("/" + path + "/").find("/../") != std::string::npos;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Project project;
  std::ofstream(project.folder / "pyproject.toml", std::ios::binary)
      .write(reinterpret_cast<const char*>(data), static_cast<std::streamsize>(size));
  try {
    envlock::pypi::read_project_folder(project.folder);
    const envlock::pypi::ProjectLayout layout = envlock::pypi::read_project_layout(project.folder);
    if (!layout.copy_obstacle.empty()) return 0;
    for (const envlock::pypi::ProjectModule& module : layout.modules) {
      if (leads_out(module.path) || leads_out(module.name)) std::abort();
    }
  } catch (const envlock::core::Error&) {
    // A mistake that was told is what is wanted.
  }
  return 0;
}
