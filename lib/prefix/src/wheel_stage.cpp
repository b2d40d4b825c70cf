#include "wheel_stage.h"

#include <fcntl.h>

#include <cerrno>
#include <utility>

#include "journal_folder.h"
#include "system_error.h"

namespace envlock::prefix {
namespace {

class Staging : public WheelSink {
 public:
  Staging(int folder, const std::string& shown, std::size_t& count, std::size_t rank, std::vector<PlannedFile>& files)
      : folder_(folder), shown_(shown), count_(count), rank_(rank), files_(files) {}

  void begin(const std::string& target, std::uint32_t mode) override {
    files_.push_back(
        {.path = target, .source = FileSource::staged, .rank = rank_, .bytes = std::to_string(count_++), .mode = mode});
    hasher_ = core::Sha256Hasher();
    size_ = 0;
    file_ = Descriptor(
        openat(folder_, files_.back().bytes.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!file_) throw_system_error("write in", shown_, errno);
  }
  void data(std::string_view bytes) override {
    hasher_.update(bytes);
    size_ += bytes.size();
    if (!write_all(file_.get(), bytes)) throw_system_error("write in", shown_, errno);
  }
  void end() override {
    (void)fchmod(file_.get(), files_.back().mode);
    set_time(file_.get(), "", files_.back().time_seconds);
    file_ = Descriptor();
    files_.back().sha256 = hasher_.finish();
    files_.back().size = size_;
  }

 private:
  int folder_;
  const std::string& shown_;
  std::size_t& count_;
  std::size_t rank_;
  std::vector<PlannedFile>& files_;
  Descriptor file_;
  core::Sha256Hasher hasher_;
  std::uint64_t size_ = 0;
};

}  // namespace

void WheelStage::unpack(const WantedWheel& wheel, const std::string& prefix, const Python& python, std::size_t rank,
                        std::vector<PlannedFile>& files) {
  Staging sink(folder_.get(), shown_, count_, rank, files);
  stream_wheel(wheel, prefix, python, sink);
}

}  // namespace envlock::prefix
