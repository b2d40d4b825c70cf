#include "interruption.h"

#include <unistd.h>

#include <atomic>
#include <cstring>

#include "progress_bars.h"

namespace envlock::tools {
namespace {

std::atomic<bool> only_asks{false};
std::atomic<int> asked_by{0};
static_assert(std::atomic<int>::is_always_lock_free, "a signal handler uses it");

void say(const char* words) {
  ProgressBars::clear_from_signal_handler();
  (void)!write(STDERR_FILENO, words, std::strlen(words));
}

extern "C" void on_interrupt(int signal) {
  int none = 0;
  if (only_asks && asked_by.compare_exchange_strong(none, signal)) {
    say("interrupted: the prefix is put back as it was; once more, and that is left to the next install\n");
    return;
  }
  say("interrupted\n");
  _exit(128 + signal);
}

struct sigaction handling() {
  struct sigaction action {};
  action.sa_handler = on_interrupt;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  return action;
}

/// What was there before.
struct sigaction handle(int signal) {
  struct sigaction before {};
  sigaction(signal, nullptr, &before);
  const struct sigaction action = handling();
  if (before.sa_handler != SIG_IGN) sigaction(signal, &action, nullptr);
  return before;
}

}  // namespace

void end_at_interrupts() {
  (void)handle(SIGINT);
}

StopRequests::StopRequests() {
  for (std::size_t i = 0; i < kSignals.size(); ++i) before_[i] = handle(kSignals[i]);
  only_asks = true;
}

StopRequests::~StopRequests() {
  only_asks = false;
  for (std::size_t i = 0; i < kSignals.size(); ++i) sigaction(kSignals[i], &before_[i], nullptr);
}

int StopRequests::signal() {
  return asked_by;
}

}  // namespace envlock::tools
