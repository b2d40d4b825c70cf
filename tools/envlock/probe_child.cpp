#include "probe_child.h"

#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <stdexcept>

#include "fresh_process.h"

namespace envlock::tools {
namespace {

constexpr int kBadWords = 64;
constexpr std::string_view kBlas = "blas";
constexpr std::string_view kLoad = "load";
constexpr std::string_view kPython = "python";

void answer(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(kAnswerDescriptor, text.data(), text.size());
    if (written < 0 && errno != EINTR) throw std::runtime_error("nobody listens");
    if (written > 0) text.remove_prefix(static_cast<std::size_t>(written));
  }
}

int run_blas(const std::vector<std::string>& words) {
  if (words.size() != 10) return kBadWords;
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
  options.stage = [](std::string_view name) { answer(std::string(kStageMark) + std::string(name) + "\n"); };
  answer(probe::format(blas::compute(options)));
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
  return {std::string(kProbeChild),      std::string(kBlas),
          options.library.string(),      options.symbol,
          options.ilp64 ? "64" : "32",   options.subject,
          options.prefix.string(),       options.size,
          std::to_string(options.steps), std::to_string(options.threads),
          std::to_string(options.shift)};
}

std::vector<std::string> words_for_load(const std::filesystem::path& library) {
  return {std::string(kProbeChild), std::string(kLoad), library.string()};
}

std::vector<std::string> words_for_python(const std::filesystem::path& python, const torch::ProgramOptions& options) {
  return {std::string(kProbeChild),
          std::string(kPython),
          python.string(),
          options.tier,
          options.deterministic ? "both" : "as-found",
          std::to_string(options.steps),
          options.device,
          std::to_string(options.threads)};
}

int run_probe_child(const std::vector<std::string>& words) noexcept {
  try {
    prctl(PR_SET_PDEATHSIG, SIGKILL);  // who asked is gone: nobody wants the answer
    if (words.empty()) return kBadWords;
    const int code = words[0] == kBlas     ? run_blas(words)
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
