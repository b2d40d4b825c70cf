#include "error.h"
#include "flow.h"
#include "lexer.h"
#include "lowering.h"
#include "program.h"

#include <algorithm>
#include <cstring>
#include <set>

/// From a parsed module to kernels: variables get addresses, registers get rows.
namespace envlock::ptx {
namespace {

std::map<std::string, Placement> place_variables(const Module& module, Memory& memory, LoadedModule& loaded) {
  std::map<std::string, Placement> places;
  for (const Variable& variable : module.variables) {
    if (variable.space == Space::shared) continue;
    Allocation* made = memory.allocate(std::max<std::uint64_t>(variable.size, 1), "variable " + variable.name);
    if (made == nullptr)
      throw PtxError(variable.line, "there is no memory for `" + variable.name + "`",
                     line_text(module.text, variable.line));
    loaded.allocations.push_back(made->address);
    // PTX sets what has no initial value to zero.
    if (!variable.bytes.empty()) std::memcpy(made->data.get(), variable.bytes.data(), variable.bytes.size());
    std::memset(made->defined.get(), 0xff, made->size);
    made->read_only = variable.space == Space::constant;
    loaded.globals[variable.name] = made->address;
    places[variable.name] = {variable.space, made->address, variable.size};
  }
  for (const Variable& variable : module.variables)
    for (const Variable::Relocation& relocation : variable.relocations) {
      const auto found = places.find(relocation.name);
      if (found == places.end())
        throw PtxError(variable.line, "`" + relocation.name + "` is not declared",
                       line_text(module.text, variable.line));
      const std::uint64_t address = found->second.address + relocation.addend;
      const Placement& own = places[variable.name];
      if (variable.space == Space::shared || relocation.offset + 8 > own.size) continue;
      std::memcpy(memory.find(own.address)->data.get() + relocation.offset, &address, 8);
    }
  return places;
}

/// Gives each virtual register a row of the frame; registers whose intervals do not meet may share one.
std::vector<Slot> place_registers(const Lowered& lowered, const std::vector<LiveInterval>& intervals, Kernel& kernel) {
  std::vector<Slot> slots(lowered.registers.size());
  std::vector<std::uint32_t> order;
  for (std::uint32_t i = 0; i < intervals.size(); ++i)
    if (intervals[i].begin != kNoInstruction) order.push_back(i);
  std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    return std::pair(intervals[a].begin, a) < std::pair(intervals[b].begin, b);
  });
  std::set<std::pair<std::uint32_t, std::uint32_t>> ending;  // last operation, register
  std::vector<std::uint32_t> spare[2];
  for (const std::uint32_t reg : order) {
    // A row that is read for the last time by an operation may be written by the same one: rows work lane by lane. Two
    // results of one operation start together and so never share.
    while (!ending.empty() && ending.begin()->first <= intervals[reg].begin) {
      const std::uint32_t done = ending.begin()->second;
      const bool result_here = intervals[done].begin == intervals[reg].begin;
      if (result_here && ending.begin()->first == intervals[reg].begin) break;
      ending.erase(ending.begin());
      spare[lowered.registers[done].wide ? 1 : 0].push_back(slots[done].offset());
    }
    const bool wide = lowered.registers[reg].wide;
    std::vector<std::uint32_t>& pool = spare[wide ? 1 : 0];
    std::uint32_t offset = kernel.frame_bytes;
    if (pool.empty()) {
      kernel.frame_bytes += wide ? 256 : 128;
      ++kernel.registers;
    } else {
      offset = pool.back();
      pool.pop_back();
    }
    if (kernel.frame_bytes > Slot::kOffset / 2) throw PtxError(0, "the kernel needs too many registers", "");
    slots[reg].bits = Slot::kFrame | offset;
    ending.emplace(intervals[reg].end, reg);
  }
  return slots;
}

class Assembler {
 public:
  Assembler(const Lowered& lowered, Kernel& kernel) : lowered_(lowered), kernel_(kernel) {}

  void run() {
    const Flow flow = find_flow(lowered_);
    const std::vector<std::uint32_t> meeting = find_meeting_points(flow);
    const Liveness liveness = find_liveness(lowered_, flow);
    slots_ = place_registers(lowered_, liveness.intervals, kernel_);
    place_constants();
    track(liveness.undefined);
    for (std::uint32_t i = 0; i < lowered_.ops.size(); ++i) {
      Instruction instruction = make(lowered_.ops[i]);
      if (instruction.kind == Kind::branch) instruction.reconverge = meeting[flow.block_of[i]];
      kernel_.code.push_back(instruction);
      note_tracked(i);
    }
  }

 private:
  void place_constants() {
    for (const auto& [bits, wide] : lowered_.constants) {
      constants_.push_back({Slot::kConstant | static_cast<std::uint32_t>(kernel_.constants.size() * 4)});
      for (int lane = 0; lane < kLanes; ++lane) {
        kernel_.constants.push_back(static_cast<std::uint32_t>(bits));
        if (wide) kernel_.constants.push_back(static_cast<std::uint32_t>(bits >> 32));
      }
    }
    if (kernel_.constants.size() > Slot::kOffset / 4) throw PtxError(0, "the kernel has too many constants", "");
  }

  /// A move of a register that may be undefined only hands the question on.
  void track(const std::vector<std::uint32_t>& undefined) {
    masks_.assign(lowered_.registers.size(), 0);
    std::vector<std::uint8_t> suspect(lowered_.registers.size(), 0);
    for (const std::uint32_t reg : undefined) suspect[reg] = 1;
    for (bool changed = !undefined.empty(); changed;) {
      changed = false;
      for (const LoweredOp& op : lowered_.ops) {
        if (!op.is_move || op.in[0].kind != Value::Kind::reg || suspect[op.in[0].index] == 0) continue;
        changed = changed || suspect[op.out[0].index] == 0;
        suspect[op.out[0].index] = 1;
      }
    }
    kernel_.tracked_begin = kernel_.frame_bytes;
    for (std::size_t reg = 0; reg < suspect.size(); ++reg) {
      if (suspect[reg] == 0) continue;
      masks_[reg] = kernel_.frame_bytes;
      kernel_.frame_bytes += 4;
    }
    kernel_.frame_bytes = (kernel_.frame_bytes + 63) / 64 * 64;
  }

  Slot slot(const Value& value) const {
    if (value.kind == Value::Kind::reg) return slots_[value.index];
    if (value.kind == Value::Kind::constant) return constants_[value.index];
    return {};
  }

  Instruction make(const LoweredOp& op) const {
    Instruction instruction = op.base;
    if (op.row) {
      instruction.function = row_kernels().functions[static_cast<std::size_t>(*op.row)];
      instruction.operation = static_cast<std::uint16_t>(*op.row);
    }
    instruction.guard = slot(op.guard);
    instruction.address = slot(op.address);
    for (std::size_t i = 0; i < 4; ++i) {
      instruction.out[i] = slot(op.out[i]);
      instruction.in[i] = slot(op.in[i]);
    }
    return instruction;
  }

  void note_tracked(std::uint32_t index) {
    const LoweredOp& op = lowered_.ops[index];
    const auto note = [&](const Value& value, std::uint8_t place) {
      if (value.kind != Value::Kind::reg || masks_[value.index] == 0) return;
      kernel_.code[index].tracked = true;
      kernel_.tracked.push_back({index, place, masks_[value.index], op.is_move, lowered_.registers[value.index].name});
    };
    for (std::uint8_t i = 0; i < 4; ++i) note(op.out[i], i);
    for (std::uint8_t i = 0; i < 4; ++i) note(op.in[i], static_cast<std::uint8_t>(4 + i));
    note(op.guard, 8);
    note(op.address, 9);
  }

  const Lowered& lowered_;
  Kernel& kernel_;
  std::vector<Slot> slots_;
  std::vector<Slot> constants_;
  std::vector<std::uint32_t> masks_;  ///< by register; 0 where it is not tracked
};

std::shared_ptr<const std::vector<std::string>> split_lines(const std::string& text) {
  auto lines = std::make_shared<std::vector<std::string>>();
  std::size_t begin = 0;
  while (begin <= text.size()) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    lines->push_back(line_text(std::string_view(text).substr(begin, end - begin), 1));
    begin = end + 1;
  }
  return lines;
}

}  // namespace

std::string Kernel::line(int number) const {
  return number >= 1 && static_cast<std::size_t>(number) <= lines->size()
             ? (*lines)[static_cast<std::size_t>(number) - 1]
             : "";
}

LoadedModule load(const Module& module, Memory& memory) {
  LoadedModule loaded;
  try {
    const std::map<std::string, Placement> places = place_variables(module, memory, loaded);
    const auto lines = split_lines(module.text);
    for (const Function& function : module.functions) {
      if (!function.entry || !function.has_body) continue;
      Kernel kernel;
      kernel.name = function.name;
      kernel.lines = lines;
      if (function.max_threads != 0) kernel.max_threads = function.max_threads;
      const Lowered lowered = Lowering(module, places, kernel).run(function);
      Assembler(lowered, kernel).run();
      for (const Instruction& instruction : kernel.code)
        if ((instruction.kind == Kind::load || instruction.kind == Kind::store) && instruction.bytes < 4 &&
            (instruction.space == Space::shared || instruction.space == Space::generic))
          kernel.small_accesses = true;
      loaded.kernels.emplace(function.name, std::move(kernel));
    }
  } catch (...) {
    for (const std::uint64_t address : loaded.allocations) memory.free(address);
    throw;
  }
  return loaded;
}

}  // namespace envlock::ptx
