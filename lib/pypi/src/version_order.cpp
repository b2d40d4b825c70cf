// Versions are sorted and matched far more often than they are read. So each has a number, `order_`, made of its parts
// from the weightiest to the lightest, each with as many bits as nearly all versions need:
//
//   epoch 3 | four numbers 12, 10, 10, 7 | more numbers 1 | phase 3, its number 7 | post 5 | dev 6
//
// A part that does not fit is all ones, and what comes after it is left 0. So the numbers of two versions never
// contradict their order; where they are equal, and not both exact, the parts decide.
#include <algorithm>

#include "version_scanner.h"

namespace envlock::pypi {
namespace {

class OrderWriter {
 public:
  void part(std::uint64_t value, unsigned bits) {
    const std::uint64_t most = (std::uint64_t{1} << bits) - 1;
    if (stopped_) value = 0;
    if (value >= most && !stopped_) {
      value = most;
      stopped_ = true;
    }
    word_ = (word_ << bits) | value;
  }
  /// A part of which every value is known to fit.
  void small(std::uint64_t value, unsigned bits) { word_ = (word_ << bits) | (stopped_ ? 0 : value); }
  void stop() { stopped_ = true; }
  bool is_exact() const { return !stopped_; }
  std::uint64_t word() const { return word_; }

 private:
  std::uint64_t word_ = 0;
  bool stopped_ = false;
};

std::uint64_t number_or_zero(const std::vector<std::uint64_t>& release, std::size_t i) {
  return i < release.size() ? release[i] : 0;
}

/// "1.0" and "1.0.0" are one.
std::weak_ordering compare_releases(const std::vector<std::uint64_t>& left, const std::vector<std::uint64_t>& right) {
  for (std::size_t i = 0; i < std::max(left.size(), right.size()); ++i) {
    const auto order = number_or_zero(left, i) <=> number_or_zero(right, i);
    if (order != 0) return order;
  }
  return std::weak_ordering::equivalent;
}

bool is_number(std::string_view part) {
  return part.find_first_not_of("0123456789") == std::string_view::npos;
}

/// Numbers of any length, without leading zeros, sort after words.
std::weak_ordering compare_local_parts(std::string_view left, std::string_view right) {
  const bool is_left_number = is_number(left);
  if (is_left_number != is_number(right)) {
    return is_left_number ? std::weak_ordering::greater : std::weak_ordering::less;
  }
  if (is_left_number && left.size() != right.size()) return left.size() <=> right.size();
  return left.compare(right) <=> 0;
}

std::string_view take_part(std::string_view& local) {
  const std::string_view part = local.substr(0, local.find('.'));
  local.remove_prefix(std::min(part.size() + 1, local.size()));
  return part;
}

/// What a release is before anything else is asked: a dev release of no a, b, rc or post comes first.
std::uint64_t phase_rank(bool only_dev, std::uint64_t phase) {
  return only_dev ? 0 : phase + 1;
}

}  // namespace

void VersionAccess::set_order(Version& version) {
  const std::vector<std::uint64_t>& release = version.release_;
  OrderWriter order;
  order.part(version.epoch_, 3);
  order.part(number_or_zero(release, 0), 12);
  order.part(number_or_zero(release, 1), 10);
  order.part(number_or_zero(release, 2), 10);
  order.part(number_or_zero(release, 3), 7);
  const bool more = release.size() > 4 &&
                    std::any_of(release.begin() + 4, release.end(), [](std::uint64_t number) { return number != 0; });
  order.small(more ? 1 : 0, 1);
  if (more) order.stop();
  const bool only_dev = version.phase_ == Phase::final && !version.has_post_ && version.has_dev_;
  order.small(phase_rank(only_dev, static_cast<std::uint64_t>(version.phase_)), 3);
  order.part(version.pre_, 7);
  // None sorts before post0.
  order.part(version.has_post_ ? std::min(version.post_, std::uint64_t{100}) + 1 : 0, 5);
  // None sorts after every dev, and must not look like one that does not fit: 62 is the most that a dev can be.
  constexpr std::uint64_t kNoDev = 63;
  constexpr std::uint64_t kLargeDev = 62;
  order.small(version.has_dev_ ? std::min(version.dev_, kLargeDev) : kNoDev, 6);
  if (version.has_dev_ && version.dev_ >= kLargeDev) order.stop();
  version.order_ = order.word();
  version.order_is_exact_ = order.is_exact();
}

std::weak_ordering VersionAccess::compare_public(const Version& left, const Version& right) {
  if (left.order_ != right.order_) return left.order_ <=> right.order_;
  if (left.order_is_exact_ && right.order_is_exact_) return std::weak_ordering::equivalent;
  const auto rank = [](const Version& version) {
    const bool only_dev = version.phase_ == Phase::final && !version.has_post_ && version.has_dev_;
    return phase_rank(only_dev, static_cast<std::uint64_t>(version.phase_));
  };
  if (const auto order = left.epoch_ <=> right.epoch_; order != 0) return order;
  if (const auto order = compare_releases(left.release_, right.release_); order != 0) return order;
  if (const auto order = rank(left) <=> rank(right); order != 0) return order;
  if (const auto order = left.pre_ <=> right.pre_; order != 0) return order;
  if (const auto order = left.has_post_ <=> right.has_post_; order != 0) return order;
  if (const auto order = left.post_ <=> right.post_; order != 0) return order;
  if (const auto order = right.has_dev_ <=> left.has_dev_; order != 0) return order;
  return left.dev_ <=> right.dev_;
}

std::weak_ordering VersionAccess::compare_local(std::string_view left, std::string_view right) {
  while (!left.empty() && !right.empty()) {
    const std::string_view left_part = take_part(left);
    const std::string_view right_part = take_part(right);
    if (const auto order = compare_local_parts(left_part, right_part); order != 0) return order;
  }
  return right.empty() <=> left.empty();
}

bool VersionAccess::begins_with(const Version& version, const Version& prefix, std::size_t length) {
  if (version.epoch_ != prefix.epoch_) return false;
  for (std::size_t i = 0; i < length; ++i) {
    if (number_or_zero(version.release_, i) != prefix.release_[i]) return false;
  }
  return true;
}

bool VersionAccess::same_phase(const Version& left, const Version& right) {
  return left.epoch_ == right.epoch_ && left.phase_ == right.phase_ && left.pre_ == right.pre_ &&
         compare_releases(left.release_, right.release_) == 0;
}

Version VersionAccess::first_dev_of(const Version& version) {
  Version first = version;
  first.local_.clear();
  set_dev(first, 0);
  set_order(first);
  return first;
}

void VersionAccess::set_pre(Version& version, Phase phase, std::uint64_t number) {
  version.phase_ = phase;
  version.pre_ = number;
}

void VersionAccess::set_post(Version& version, std::uint64_t number) {
  version.has_post_ = true;
  version.post_ = number;
}

void VersionAccess::set_dev(Version& version, std::uint64_t number) {
  version.has_dev_ = true;
  version.dev_ = number;
}

std::weak_ordering operator<=>(const Version& left, const Version& right) {
  const std::weak_ordering order = VersionAccess::compare_public(left, right);
  if (order != 0 || (left.local_.empty() && right.local_.empty())) return order;
  return VersionAccess::compare_local(left.local_, right.local_);
}

}  // namespace envlock::pypi
