#include "envlock/core/time.h"

#include <chrono>
#include <cstdio>

namespace envlock::core {
namespace {

/// Reads exactly `digits` decimal digits off the front.
std::optional<int> take_number(std::string_view& text, std::size_t digits) {
  if (text.size() < digits) return std::nullopt;
  int number = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    number = number * 10 + (text[i] - '0');
  }
  text.remove_prefix(digits);
  return number;
}

bool take(std::string_view& text, std::string_view any_of) {
  if (text.empty() || any_of.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

constexpr Milliseconds kDay = 86'400'000;

}  // namespace

std::optional<Milliseconds> parse_time(std::string_view text) {
  const auto year = take_number(text, 4);
  if (!year || !take(text, "-")) return std::nullopt;
  const auto month = take_number(text, 2);
  if (!month || !take(text, "-")) return std::nullopt;
  const auto day = take_number(text, 2);
  if (!day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{*year}, std::chrono::month{static_cast<unsigned>(*month)},
                                         std::chrono::day{static_cast<unsigned>(*day)}};
  if (!date.ok()) return std::nullopt;
  const Milliseconds midnight = std::chrono::sys_days{date}.time_since_epoch().count() * kDay;
  if (text.empty()) return midnight + kDay - 1;

  if (!take(text, "Tt ")) return std::nullopt;
  const auto hour = take_number(text, 2);
  if (!hour || *hour > 23 || !take(text, ":")) return std::nullopt;
  const auto minute = take_number(text, 2);
  if (!minute || *minute > 59 || !take(text, ":")) return std::nullopt;
  const auto second = take_number(text, 2);
  if (!second || *second > 60) return std::nullopt;
  Milliseconds fraction = 0;
  if (take(text, ".")) {
    Milliseconds weight = 100;
    bool any = false;
    while (const auto digit = take_number(text, 1)) {
      fraction += *digit * weight;
      weight /= 10;
      any = true;
    }
    if (!any) return std::nullopt;
  }
  Milliseconds offset = 0;
  if (!take(text, "Zz")) {
    const bool west = !text.empty() && text.front() == '-';
    if (!take(text, "+-")) return std::nullopt;
    const auto offset_hour = take_number(text, 2);
    if (!offset_hour || *offset_hour > 23 || !take(text, ":")) return std::nullopt;
    const auto offset_minute = take_number(text, 2);
    if (!offset_minute || *offset_minute > 59) return std::nullopt;
    offset = (*offset_hour * 60 + *offset_minute) * Milliseconds{60'000} * (west ? -1 : 1);
  }
  if (!text.empty()) return std::nullopt;
  return midnight + ((*hour * 60 + *minute) * 60 + *second) * Milliseconds{1000} + fraction - offset;
}

std::string format_time(Milliseconds time) {
  const Milliseconds day = (time >= 0 ? time : time - (kDay - 1)) / kDay;
  const Milliseconds in_day = time - day * kDay;
  const std::chrono::year_month_day date{std::chrono::sys_days{std::chrono::days{day}}};
  char text[64];
  std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(in_day / 3'600'000), static_cast<int>(in_day / 60'000 % 60),
                static_cast<int>(in_day / 1000 % 60));
  std::string out = text;
  if (in_day % 1000 != 0) {
    std::snprintf(text, sizeof text, ".%03d", static_cast<int>(in_day % 1000));
    out += text;
  }
  return out + "Z";
}

}  // namespace envlock::core
