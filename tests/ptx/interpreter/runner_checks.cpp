#include "runner.h"

#include <algorithm>
#include <bit>
#include <cstring>

/// The words of findings.
namespace envlock::ptx {
namespace {

std::string hexadecimal(std::uint64_t value) {
  char text[24];
  std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(value));
  return text;
}

const char* verb(Touch touch) {
  return touch == Touch::read ? "reads" : touch == Touch::write ? "writes" : "updates";
}

}  // namespace

std::string Finding::text() const {
  std::string words = kind + ": " + what + "\n  kernel " + kernel + ", block " + std::to_string(block);
  if (thread >= 0) words += ", thread " + std::to_string(thread);
  if (line > 0) words += "\n  line " + std::to_string(line) + ": " + source;
  return words + "\n";
}

void BlockRunner::find(const std::string& kind, const std::string& what, const Instruction* instruction,
                       int thread) const {
  Finding finding;
  finding.kind = kind;
  finding.what = what;
  finding.kernel = kernel_->name;
  finding.block = block_;
  finding.thread = thread;
  if (instruction != nullptr) {
    finding.line = instruction->line;
    finding.source = kernel_->line(instruction->line);
  }
  throw FindingError{finding};
}

void BlockRunner::check_tracked(Warp& warp, const Instruction& instruction, std::uint32_t here, std::uint32_t active) {
  const auto index = static_cast<std::uint32_t>(&instruction - kernel_->code.data());
  const auto first =
      std::lower_bound(kernel_->tracked.begin(), kernel_->tracked.end(), index,
                       [](const TrackedSlot& slot, std::uint32_t value) { return slot.instruction < value; });
  const auto mask_at = [&](std::uint32_t offset) { return reinterpret_cast<std::uint32_t*>(warp.frame + offset); };
  std::uint32_t copied = kAllLanes;
  for (auto slot = first; slot != kernel_->tracked.end() && slot->instruction == index; ++slot) {
    if (slot->operand < 4) continue;
    const std::uint32_t defined = *mask_at(slot->mask);
    const std::uint32_t missing = (slot->operand == 8 ? here : active) & ~defined;
    if (slot->copies && slot->operand == 4) {
      copied = defined;
    } else if (missing != 0 && launch_->check_undefined) {
      find("undefined-register", "register `" + slot->name + "` is read before it was written", &instruction,
           static_cast<int>(warp.first_thread) + std::countr_zero(missing));
    }
  }
  for (auto slot = first; slot != kernel_->tracked.end() && slot->instruction == index; ++slot) {
    if (slot->operand >= 4) continue;
    std::uint32_t& defined = *mask_at(slot->mask);
    defined = (defined & ~active) | (active & copied);
  }
}

std::string BlockRunner::thread_name(int thread) const {
  const auto linear = static_cast<std::uint32_t>(thread);
  const Dimensions& block = launch_->block;
  if (block.y == 1 && block.z == 1) return "thread " + std::to_string(thread);
  return "thread (" + std::to_string(linear % block.x) + "," + std::to_string(linear / block.x % block.y) + "," +
         std::to_string(linear / block.x / block.y) + ")";
}

std::string BlockRunner::describe(Space space, std::uint64_t address) const {
  if (space == Space::shared) {
    const NamedRange* nearest = nullptr;
    for (const NamedRange& range : kernel_->shared) {
      if (address >= range.begin && address < range.end)
        return "byte " + std::to_string(address - range.begin) + " of shared `" + range.name + "` (" +
               std::to_string(range.end - range.begin) + " bytes)";
      if (range.begin <= address) nearest = &range;
    }
    if (address >= kDynamicShared)
      return "byte " + std::to_string(address - kDynamicShared) + " of the dynamic shared memory (" +
             std::to_string(launch_->dynamic_shared) + " bytes)";
    if (nearest == nullptr) return "no shared variable is there";
    return std::to_string(address - nearest->end) + " bytes past the end of shared `" + nearest->name + "` (" +
           std::to_string(nearest->end - nearest->begin) + " bytes)";
  }
  if (space == Space::local)
    return "byte " + std::to_string(address - kFirstLocal) + " of the thread's " +
           std::to_string(kernel_->local_bytes) + " bytes of local memory";
  if (space == Space::param) return "the parameters have " + std::to_string(launch_->parameters.size()) + " bytes";
  return memory_.describe(address);
}

void BlockRunner::report_bounds(const Access& access, std::uint64_t address, int lane) const {
  const int thread = static_cast<int>(access.warp->first_thread) + lane;
  const Allocation* inside = access.space == Space::global ? memory_.find(address) : nullptr;
  std::string kind = "out-of-bounds";
  if (inside != nullptr && !inside->live) kind = "use-after-free";
  if (inside != nullptr && inside->live && inside->read_only && access.touch != Touch::read) kind = "constant-write";
  find(kind,
       thread_name(thread) + " " + verb(access.touch) + " " + std::to_string(access.size) + " bytes at " +
           hexadecimal(address) + ": " + describe(access.space, address),
       access.instruction, thread);
}

void BlockRunner::report_alignment(const Access& access) const {
  for (std::uint32_t left = access.active; left != 0; left &= left - 1) {
    const int lane = std::countr_zero(left);
    const std::uint64_t address = access.addresses[static_cast<std::size_t>(lane)];
    const int thread = static_cast<int>(access.warp->first_thread) + lane;
    if ((address & (access.size - 1)) != 0)
      find("misaligned",
           thread_name(thread) + " " + verb(access.touch) + " " + std::to_string(access.size) + " bytes at " +
               hexadecimal(address) + ": " + describe(access.space, address),
           access.instruction, thread);
  }
  find("misaligned", "an address is not a multiple of the access's size", access.instruction, -1);
}

void BlockRunner::report_undefined(const Access& access, std::uint64_t address, int lane, const View&) const {
  const int thread = static_cast<int>(access.warp->first_thread) + lane;
  find("uninitialised",
       thread_name(thread) + " reads " + std::to_string(access.size) +
           " bytes that nobody wrote: " + describe(access.space, address),
       access.instruction, thread);
}

void BlockRunner::report_race(const Access& access, const View& view, int lane, std::uint64_t unit) const {
  const int thread = static_cast<int>(access.warp->first_thread) + lane;
  const std::uint64_t write = view.trace->writes.data()[unit], read = view.trace->reads.data()[unit];
  const std::uint64_t address = view.trace_begin + (unit << view.trace->shift);
  const TraceClock& clock = *view.clock;
  std::string other = "threads of one warp do so with one instruction";
  const auto name = [&](std::uint64_t record, const char* what, std::uint64_t many) {
    if (record < clock.block_start)
      return "block " + std::to_string(block_at(record)) + " " + what + " it in the same launch";
    if ((record & many) != 0) return std::string("several threads ") + what + " it since the last barrier";
    return thread_name(static_cast<int>(record & kTraceThread)) + " " + what + " it since the last barrier";
  };
  bool between_blocks = false;
  const auto own = static_cast<std::uint64_t>(thread);
  if (write >= clock.launch_start &&
      (write < clock.block_start || (write >= clock.now && (write & kTraceThread) != own))) {
    other = name(write, "wrote", 0);
    between_blocks = write < clock.block_start;
  } else if (read >= clock.launch_start && access.touch != Touch::read &&
             (read < clock.block_start || (read & kTraceManyBlocks) != 0 || read >= clock.now)) {
    between_blocks = read < clock.block_start || (read & kTraceManyBlocks) != 0;
    other = between_blocks && read >= clock.block_start ? "another block read it in the same launch"
                                                        : name(read, "read", kTraceManyThreads);
  }
  find(between_blocks ? "race-between-blocks" : "race",
       thread_name(thread) + " " + verb(access.touch) + " " + describe(access.space, address) + ", and " + other,
       access.instruction, thread);
}

}  // namespace envlock::ptx
