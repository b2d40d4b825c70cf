#include "wheel_content.h"

#include "wheel_invalid.h"

namespace envlock::prefix {
namespace {

// Wheels up to this size are held whole and read once.
constexpr std::uint64_t kWholeBytes = std::uint64_t{64} << 20;
// A script longer than this is a program, not something to write another first line into.
constexpr std::uint64_t kScriptBytes = std::uint64_t{1} << 20;
constexpr std::uint64_t kMetadataBytes = std::uint64_t{256} << 20;

bool is_metadata(std::string_view path) {
  const std::size_t slash = path.find('/');
  return slash != std::string_view::npos && path.substr(0, slash).ends_with(".dist-info");
}
bool is_script(std::string_view path) {
  const std::size_t slash = path.find('/');
  return slash != std::string_view::npos && path.substr(0, slash).ends_with(".data") &&
         path.substr(slash).starts_with("/scripts/");
}

class Collector : public archive::EntrySink {
 public:
  explicit Collector(WheelContent& content) : content_(content) {}

  void begin(const archive::Entry& entry) override {
    part_ = nullptr;
    if (entry.kind == archive::EntryKind::directory) return;
    const std::string shown = in_backticks(entry.path);
    if (entry.kind != archive::EntryKind::file) throw_wheel_invalid(content_.file_name, shown + " is a link");
    if (content_.parts.contains(entry.path)) throw_wheel_invalid(content_.file_name, shown + " is in it twice");
    content_.order.push_back(entry.path);
    part_ = &content_.parts[entry.path];
    part_->executable = (entry.mode & 0111) != 0;
    hasher_ = core::Sha256Hasher();
    needed_ = is_metadata(entry.path) || (is_script(entry.path) && entry.size <= kScriptBytes);
    if (needed_ || !overflowed_) part_->bytes.emplace();
  }

  void data(std::string_view bytes) override {
    if (part_ == nullptr) return;
    hasher_.update(bytes);
    part_->size += bytes.size();
    if (!part_->bytes) return;
    (needed_ ? needed_bytes_ : other_bytes_) += bytes.size();
    if (needed_bytes_ > kMetadataBytes) throw_wheel_invalid(content_.file_name, "its .dist-info is too large");
    part_->bytes->append(bytes);
    if (other_bytes_ > kWholeBytes) drop_others();
  }

  void end() override {
    if (part_ != nullptr) part_->sha256 = hasher_.finish();
    part_ = nullptr;
  }

 private:
  void drop_others() {
    overflowed_ = true;
    other_bytes_ = 0;
    for (auto& [path, part] : content_.parts) {
      if (!is_metadata(path) && !(is_script(path) && part.size <= kScriptBytes)) part.bytes.reset();
    }
  }

  WheelContent& content_;
  WheelPart* part_ = nullptr;
  core::Sha256Hasher hasher_;
  bool needed_ = false;
  bool overflowed_ = false;
  std::uint64_t needed_bytes_ = 0;
  std::uint64_t other_bytes_ = 0;
};

}  // namespace

const WheelPart* WheelContent::find(const std::string& path) const {
  const auto it = parts.find(path);
  return it == parts.end() ? nullptr : &it->second;
}

std::string_view WheelContent::text(const std::string& path) const {
  const WheelPart* part = find(path);
  return part != nullptr && part->bytes ? std::string_view(*part->bytes) : std::string_view();
}

WheelContent read_content(const std::filesystem::path& file, const std::string& file_name) {
  WheelContent content;
  content.file_name = file_name;
  Collector collector(content);
  content.digest = archive::read_wheel(file, collector);
  return content;
}

}  // namespace envlock::prefix
