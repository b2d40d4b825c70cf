#include "preference.h"

#include "taint.h"

#include <algorithm>

namespace envlock::resolve {

Preference::Preference(Catalog& catalog, std::vector<bool> favored) : catalog_(catalog), favored_(std::move(favored)) {
  if (catalog.options().taint_rule) tainted_ = find_tainted(catalog);
}

void Preference::sort(std::vector<RecordId>& records) {
  std::sort(records.begin(), records.end(), [this](RecordId left, RecordId right) { return is_better(left, right); });
}

bool Preference::is_better(RecordId left, RecordId right) {
  if (left == right) return false;
  if (catalog_.is_virtual(left) || catalog_.is_virtual(right)) return left < right;
  if (favored_[left] != favored_[right]) return favored_[left];
  const conda::Candidate& a = catalog_.candidate(left);
  const conda::Candidate& b = catalog_.candidate(right);
  const bool channel_first = catalog_.options().priority != conda::ChannelPriority::disabled;
  if (channel_first && a.channel != b.channel) return a.channel < b.channel;
  if (a.track_features != b.track_features) return a.track_features < b.track_features;
  if (a.version != b.version) {
    const auto order = *catalog_.version(left) <=> *catalog_.version(right);
    if (order != 0) return order > 0;
  }
  if (a.build_number != b.build_number) return a.build_number > b.build_number;
  if (!tainted_.empty() && tainted_[left] != tainted_[right]) return tainted_[right];
  if (!channel_first && a.channel != b.channel) return a.channel < b.channel;
  if (a.build != b.build) {
    const auto order = conda::compare_as_versions(catalog_.build_text(left), catalog_.build_text(right));
    if (order != 0) return order > 0;
  }
  if (catalog_.options().taint_rule) {  // mamba takes what stands first in the channel
    if (a.timestamp != b.timestamp) return a.timestamp > b.timestamp;
    if (a.build != b.build) return catalog_.build_text(left) > catalog_.build_text(right);
  }
  return left < right;
}

}  // namespace envlock::resolve
