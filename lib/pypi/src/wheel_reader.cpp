#include "wheel_reader.h"

#include <algorithm>

#include "envlock/core/text.h"
#include "envlock/pypi/name.h"
#include "envlock/pypi/version.h"

namespace envlock::pypi {
namespace {

constexpr std::uint64_t kTail = std::uint64_t{64} << 10;
constexpr std::uint64_t kLargestDirectory = std::uint64_t{64} << 20;
constexpr std::uint64_t kLargestText = std::uint64_t{10} << 20;
constexpr std::string_view kDistInfo = ".dist-info";

fetch::ByteRange range_of(const ZipSpan& span) {
  return {span.begin, span.end - span.begin};
}

}  // namespace

bool is_same_version(const std::string& one, const std::string& other) {
  if (one == other) return true;
  const std::optional<Version> left = Version::try_parse(one), right = Version::try_parse(other);
  return left && right && *left == *right;
}

std::optional<std::string_view> folder_before(std::string_view path, std::string_view file) {
  const std::size_t slash = path.find('/');
  if (slash == std::string_view::npos || slash == 0 || path.substr(slash + 1) != file) return std::nullopt;
  return path.substr(0, slash);
}

bool is_of(std::string_view stem, const std::string& name, const std::string& version) {
  for (std::size_t dash = stem.find('-'); dash != std::string_view::npos; dash = stem.find('-', dash + 1)) {
    if (normalize_name(stem.substr(0, dash)) != name) continue;
    std::string found(stem.substr(dash + 1));
    if (is_same_version(found, version)) return true;
    // A local label's "+" is written as "_" by some, other signs as well.
    std::replace(found.begin(), found.end(), '_', '-');
    if (is_same_version(found, version)) return true;
    std::replace(found.begin(), found.end(), '-', '+');
    if (is_same_version(found, version)) return true;
  }
  return false;
}

WheelReader::WheelReader(Kind kind, std::string name, std::string version, std::optional<std::uint64_t> size)
    : kind_(kind), name_(std::move(name)), version_(std::move(version)), size_(size) {}

void WheelReader::add(core::MappedFile bytes, std::uint64_t begin, std::uint64_t whole_size) {
  if (size_ && *size_ != whole_size) {
    throw ZipFault{"it has " + std::to_string(whole_size) + " bytes and not " + std::to_string(*size_) +
                   ", as was said"};
  }
  size_ = whole_size;
  files_.push_back(std::move(bytes));
  parts_.push_back({begin, files_.back().bytes()});
}

const ZipPart* WheelReader::part_with(const ZipSpan& span) const {
  for (const ZipPart& part : parts_) {
    if (part.holds(span.begin, span.end)) return &part;
  }
  return nullptr;
}

bool WheelReader::is_wanted(std::string_view path) const {
  if (kind_ == Kind::sdist) {
    const auto folder = folder_before(path, "PKG-INFO");
    return folder && is_of(*folder, name_, version_);
  }
  const auto folder = folder_before(path, "METADATA");
  return folder && folder->size() > kDistInfo.size() && folder->substr(folder->size() - kDistInfo.size()) == kDistInfo;
}

void WheelReader::check_folder(const std::string& path) const {
  if (kind_ == Kind::sdist) return;
  std::string_view folder = *folder_before(path, "METADATA");
  folder.remove_suffix(kDistInfo.size());
  if (!is_of(folder, name_, version_)) {
    throw ZipFault{"its `" + core::printable(path, 200) + "` is that of another project or version"};
  }
}

std::optional<fetch::ByteRange> WheelReader::next() {
  if (parts_.empty()) {
    // Some servers know no ranges that count from the end.
    if (!size_) return fetch::ByteRange{std::nullopt, kTail};
    return fetch::ByteRange{*size_ - std::min(*size_, kTail), std::max<std::uint64_t>(1, std::min(*size_, kTail))};
  }
  if (!directory_) {
    directory_ = find_zip_directory(parts_.front(), *size_);
    if (directory_->span.end - directory_->span.begin > kLargestDirectory) throw ZipFault{"its directory is too large"};
  }
  if (!member_) {
    const ZipPart* part = part_with(directory_->span);
    if (part == nullptr) return range_of(directory_->span);
    member_ = find_zip_member(part->slice(directory_->span.begin, directory_->span.end), *directory_,
                              [this](std::string_view path) { return is_wanted(path); });
    check_folder(member_->name);
    if (member_->unpacked > kLargestText || member_->packed > kLargestText) {
      throw ZipFault{"its `" + core::printable(member_->name, 200) + "` has " + std::to_string(member_->unpacked) +
                     " bytes, which is more than is taken"};
    }
    // What lies between its data and the next member is nobody's: no more is fetched than it can be long.
    constexpr std::uint64_t kLongestHeader = 30 + 0xffff + 0xffff + 24;
    member_->span.end = std::min(member_->span.end, member_->span.begin + kLongestHeader + member_->packed);
  }
  const ZipPart* part = part_with(member_->span);
  if (part == nullptr) return range_of(member_->span);
  text_ = read_zip_member(*member_, *part, kLargestText);
  return std::nullopt;
}

}  // namespace envlock::pypi
