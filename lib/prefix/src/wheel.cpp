// How the files of a wheel become files of a prefix. First the whole wheel is read and believed or not; then every file
// gets its place; then they are handed out, what was kept from memory, the rest by a second reading.
#include "envlock/prefix/wheel.h"

#include <algorithm>
#include <utility>

#include "envlock/core/diagnostic.h"
#include "envlock/core/text.h"
#include "wheel_content.h"
#include "wheel_file_name.h"
#include "wheel_invalid.h"
#include "wheel_metadata.h"
#include "wheel_places.h"

namespace envlock::prefix {
namespace {

std::string shown_name(const WantedWheel& wheel) {
  std::string name = file_name_of_url(wheel.url);
  return name.empty() ? wheel.file.filename().string() : name;
}

void check_digest(const WantedWheel& wheel, const WheelContent& content) {
  if (content.digest.sha256 == wheel.sha256) return;
  throw core::Error(
      {.code = "hash-mismatch",
       .what = in_backticks(content.file_name) + " is not the file that was locked",
       .why = {"want sha256 " + core::format(wheel.sha256), "have sha256 " + core::format(content.digest.sha256) +
                                                                ", " + std::to_string(content.digest.size) + " bytes"},
       .hints = {"do not install it; fetch it again, or lock anew if its index replaced the file"}});
}

void emit(WheelSink& sink, const std::string& target, std::uint32_t mode, std::string_view bytes) {
  sink.begin(target, mode);
  sink.data(bytes);
  sink.end();
}

/// Hands out, in a second reading, the files that were not kept.
class Replay : public archive::EntrySink {
 public:
  Replay(const WheelContent& content, const WheelPlaces& places, WheelSink& sink)
      : content_(content), places_(places), sink_(sink) {}

  void begin(const archive::Entry& entry) override {
    const auto place = places_.by_source.find(entry.path);
    open_ = place != places_.by_source.end();
    if (!open_) return;
    const WheelPart* part = content_.find(entry.path);
    if (part != nullptr && part->bytes) {
      emit(sink_, place->second.target, place->second.mode, *part->bytes);
      open_ = false;
    } else {
      sink_.begin(place->second.target, place->second.mode);
    }
  }
  void data(std::string_view bytes) override {
    if (open_) sink_.data(bytes);
  }
  void end() override {
    if (open_) sink_.end();
  }

 private:
  const WheelContent& content_;
  const WheelPlaces& places_;
  WheelSink& sink_;
  bool open_ = false;
};

void hand_out(const WantedWheel& wheel, const WheelContent& content, const WheelPlaces& places, WheelSink& sink) {
  const bool all_kept = std::all_of(content.parts.begin(), content.parts.end(),
                                    [](const auto& part) { return part.second.bytes.has_value(); });
  if (all_kept) {
    for (const std::string& path : content.order) {
      const auto place = places.by_source.find(path);
      if (place == places.by_source.end()) continue;
      emit(sink, place->second.target, place->second.mode, content.text(path));
    }
    return;
  }
  Replay replay(content, places, sink);
  WheelContent again{.file_name = content.file_name, .digest = archive::read_wheel(wheel.file, replay)};
  check_digest(wheel, again);
}

class Collector : public WheelSink {
 public:
  void begin(const std::string& target, std::uint32_t mode) override { files.push_back({target, "", mode}); }
  void data(std::string_view bytes) override { files.back().bytes += bytes; }
  void end() override {}
  std::vector<WheelFile> files;
};

}  // namespace

void stream_wheel(const WantedWheel& wheel, std::string_view prefix, const Python& python, WheelSink& sink) {
  const WheelContent content = read_content(wheel.file, shown_name(wheel));
  check_digest(wheel, content);
  const WheelMetadata metadata = read_metadata(wheel, content);
  check_record(wheel.file, content, metadata.info_folder);
  const WheelPlaces places = place_files({wheel, content, metadata, std::string(prefix), python});
  hand_out(wheel, content, places, sink);
  for (const WheelFile& file : places.made) emit(sink, file.target, file.mode, file.bytes);
}

std::vector<WheelFile> wheel_files(const WantedWheel& wheel, std::string_view prefix, const Python& python) {
  Collector collector;
  stream_wheel(wheel, prefix, python, collector);
  std::sort(collector.files.begin(), collector.files.end(),
            [](const WheelFile& left, const WheelFile& right) { return left.target < right.target; });
  return std::move(collector.files);
}

}  // namespace envlock::prefix
