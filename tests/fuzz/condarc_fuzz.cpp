// .condarc text from anywhere: read, then used to resolve channels. Only core::Error may come out.
#include <unistd.h>

#include <cstdint>
#include <fstream>
#include <string>

#include "envlock/channel/condarc.h"

using namespace envlock;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::string file =
      (std::filesystem::temp_directory_path() / ("envlock-fuzz-condarc-" + std::to_string(getpid()))).string();
  std::ofstream(file, std::ios::binary).write(reinterpret_cast<const char*>(data), static_cast<std::streamsize>(size));
  channel::CondarcEnvironment environment;
  environment.system_folder = "/nonexistent";
  environment.variable = [](std::string_view name) -> std::optional<std::string> {
    if (name == "CONDARC") return file;
    return std::nullopt;
  };
  core::Notes notes;
  try {
    const channel::Condarc condarc = channel::read_condarc(environment, notes);
    std::vector<std::string> names = condarc.channels;
    names.push_back("defaults");
    names.push_back("conda-forge");
    channel::resolve_channels(names, condarc, {"/base", "/lock", {}});
  } catch (const core::Error&) {
  }
  std::filesystem::remove(file);
  return 0;
}
