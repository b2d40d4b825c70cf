#include "probe_child.h"

#include <fmt/format.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <stdexcept>

#include "envlock/probe/cuda.h"
#include "fresh_process.h"

namespace envlock::tools {
namespace {

constexpr int kBadWords = 64;
constexpr std::string_view kBlas = "blas";
constexpr std::string_view kCublas = "cublas";
constexpr std::string_view kGpus = "gpus";
constexpr std::string_view kLoad = "load";
constexpr std::string_view kPython = "python";

/// The words that begin a command: who asks, and for what.
std::vector<std::string> words_of(std::string_view kind) {
  return {std::string(kProbeChild), std::to_string(getpid()), std::string(kind)};
}

/// Dies with who asked, for nobody wants the answer then. Who asked may be gone before the first line of this: then the
/// parent is another one.
bool lives_with(const std::string& parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  return std::to_string(getppid()) == parent;
}

void answer(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(kAnswerDescriptor, text.data(), text.size());
    if (written < 0 && errno != EINTR) throw std::runtime_error("nobody listens");
    if (written > 0) text.remove_prefix(static_cast<std::size_t>(written));
  }
}

void tell_stage(std::string_view name) {
  answer(std::string(kStageMark) + std::string(name) + "\n");
}

std::string battery_word(const std::optional<core::Sha256>& battery) {
  return battery ? core::format(*battery) : "-";
}

int run_blas(const std::vector<std::string>& words) {
  if (words.size() != 11) return kBadWords;
  blas::ComputeOptions options;
  options.library = words[1];
  options.symbol = words[2];
  options.ilp64 = words[3] == "64";
  options.subject = words[4];
  options.prefix = words[5];
  options.size = words[6];
  options.steps = std::stoi(words[7]);
  options.threads = std::stoi(words[8]);
  options.shift = std::stoul(words[9]);
  options.battery = core::parse_sha256(words[10]);
  options.stage = tell_stage;
  answer(probe::format(blas::compute(options)));
  return 0;
}

int run_cublas(const std::vector<std::string>& words) {
  if (words.size() != 11) return kBadWords;
  blas::CublasOptions options;
  options.library.cublas = words[1];
  options.library.cublaslt = words[2];
  options.subject = words[3];
  options.device = std::stoi(words[4]);
  options.prefix = words[5];
  options.size = words[6];
  options.steps = std::stoi(words[7]);
  options.shift = std::stoul(words[8]);
  options.library.function = words[9];
  options.battery = core::parse_sha256(words[10]);
  options.stage = tell_stage;
  answer(probe::format(blas::compute_cublas(options)));
  return 0;
}

int run_gpus(const std::vector<std::string>& words) {
  if (words.size() != 1) return kBadWords;
  try {
    for (const probe::CudaDevice& device : probe::find_cuda().devices) {
      answer(fmt::format("gpu {} {} {} {} {} {}\n", device.index, device.major, device.minor, device.multiprocessors,
                         device.is_mig ? "on" : "off", device.name));
    }
  } catch (const core::Error& error) {
    answer("none " + error.diagnostics().front().what + "\n");
  }
  return 0;
}

int run_load(const std::vector<std::string>& words) {
  if (words.size() != 2) return kBadWords;
  const blas::LoadCheck check = blas::load_and_check(words[1]);
  const bool kept = std::all_of(check.canaries.begin(), check.canaries.end(), [](const auto& each) { return each.ok; });
  std::string text = !check.loaded ? "unloadable\n" : kept ? "kept\n" : "changed\n";
  for (const std::string& file : check.mapped) text += file + "\n";
  answer(text);
  return 0;
}

int run_python(const std::vector<std::string>& words) {
  if (words.size() != 7) return kBadWords;
  torch::become_program(words[1], {.tier = words[2],
                                   .deterministic = words[3] == "both",
                                   .steps = std::stoi(words[4]),
                                   .device = words[5],
                                   .threads = std::stoi(words[6]),
                                   .descriptor = kAnswerDescriptor});
}

}  // namespace

std::vector<std::string> words_for_blas(const blas::ComputeOptions& options) {
  std::vector<std::string> words = words_of(kBlas);
  words.insert(words.end(),
               {options.library.string(), options.symbol, options.ilp64 ? "64" : "32", options.subject,
                options.prefix.string(), options.size, std::to_string(options.steps), std::to_string(options.threads),
                std::to_string(options.shift), battery_word(options.battery)});
  return words;
}

std::vector<std::string> words_for_cublas(const blas::CublasOptions& options) {
  std::vector<std::string> words = words_of(kCublas);
  words.insert(words.end(),
               {options.library.cublas.string(), options.library.cublaslt.string(), options.subject,
                std::to_string(options.device), options.prefix.string(), options.size, std::to_string(options.steps),
                std::to_string(options.shift), options.library.function, battery_word(options.battery)});
  return words;
}

std::vector<std::string> words_for_gpus() {
  return words_of(kGpus);
}

std::vector<std::string> words_for_load(const std::filesystem::path& library) {
  std::vector<std::string> words = words_of(kLoad);
  words.push_back(library.string());
  return words;
}

std::vector<std::string> words_for_python(const std::filesystem::path& python, const torch::ProgramOptions& options) {
  std::vector<std::string> words = words_of(kPython);
  words.insert(words.end(), {python.string(), options.tier, options.deterministic ? "both" : "as-found",
                             std::to_string(options.steps), options.device, std::to_string(options.threads)});
  return words;
}

int run_probe_child(const std::vector<std::string>& all) noexcept {
  try {
    if (all.size() < 2 || !lives_with(all.front())) return kBadWords;
    const std::vector<std::string> words(all.begin() + 1, all.end());
    const int code = words[0] == kBlas     ? run_blas(words)
                     : words[0] == kCublas ? run_cublas(words)
                     : words[0] == kGpus   ? run_gpus(words)
                     : words[0] == kLoad   ? run_load(words)
                     : words[0] == kPython ? run_python(words)
                                           : kBadWords;
    // Without the destructors of foreign code, which may hang or crash after the answer was given.
    _exit(code);
  } catch (const std::exception&) {
    _exit(kBadWords);
  }
}

}  // namespace envlock::tools
