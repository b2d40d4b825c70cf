#pragma once

#include "program.h"

#include <array>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace envlock::ptx {

/// A virtual register or a constant row.
struct Value {
  enum class Kind : std::uint8_t { none, reg, constant } kind = Kind::none;
  std::uint32_t index = 0;
};

/// An instruction before its registers have places.
struct LoweredOp {
  Instruction base;
  bool is_move = false;
  std::optional<RowOp> row;
  Value guard;
  Value address;
  std::array<Value, 4> out;
  std::array<Value, 4> in;
};

struct VirtualRegister {
  bool wide = false;
  std::string name;
};

/// Where a variable was put.
struct Placement {
  Space space = Space::global;
  std::uint64_t address = 0;
  std::uint64_t size = 0;
};

/// The result of lowering one entry: straight micro-operations over virtual registers.
struct Lowered {
  std::vector<LoweredOp> ops;
  std::vector<VirtualRegister> registers;
  std::vector<std::pair<std::uint64_t, bool>> constants;  ///< bits, wide
};

/// Turns the statements of an entry, and of every function it calls, into micro-operations.
class Lowering {
 public:
  Lowering(const Module& module, const std::map<std::string, Placement>& globals, Kernel& kernel);
  Lowered run(const Function& entry);

 private:
  using Handler = void (Lowering::*)();
  static const std::unordered_map<std::string, Handler>& handlers();

  // lowering.cpp: functions, labels, operands.
  struct Instance {
    const Function* function = nullptr;
    std::uint32_t first_register = 0;
    std::vector<Placement> placements;
    std::vector<std::pair<std::size_t, std::string>> jumps;  ///< op and label
    std::vector<std::size_t> returns;                        ///< ops which leave the function
  };
  void lower_function(const Function& function, const std::vector<Placement>& results,
                      const std::vector<Placement>& parameters);
  void lower_statement(const Statement& statement);
  Placement place(const Variable& variable, bool entry_parameter);
  std::optional<Placement> placement_of(const Operand& operand);
  [[noreturn]] void fail(const std::string& message) const;

  const Operand& operand(std::size_t index) const;
  void expect_operands(std::size_t count) const;
  void allow_modifiers(std::initializer_list<std::string_view> known) const;
  std::vector<Type> types() const;
  Type only_type() const;
  Value value(const Operand& operand, Type type);
  Value source(std::size_t index, Type type) { return value(operand(index), type); }
  Value target(const Operand& operand, Type type);
  Value target(std::size_t index, Type type) { return target(operand(index), type); }
  Value register_value(const Operand& operand, bool wide, const char* role);
  Value predicate(const Operand& operand);
  Value constant(std::uint64_t bits, bool wide);
  Value temporary(bool wide);
  bool is_wide(const Value& value) const;
  Type register_type(const Operand& operand) const;
  LoweredOp& emit(Kind kind);
  void emit(RowOp op, Value out, std::initializer_list<Value> in, std::uint32_t immediate = 0);

  // lower_integer.cpp
  void lower_add();
  void lower_sub();
  void lower_mul();
  void lower_mad();
  void lower_divide();
  void lower_minmax();
  void lower_negabs();
  void lower_logic();
  void lower_not();
  void lower_shift();
  void lower_funnel();
  void lower_bits();
  void lower_bit_field();
  void lower_permute();
  void lower_lop3();
  void lower_sad();
  // lower_float.cpp
  bool lower_float_arithmetic(RowOp single, RowOp twice);
  void require_nearest() const;
  void lower_fma();
  void lower_sqrt();
  void lower_rcp();
  void lower_copysign();
  void lower_testp();
  void refuse_approximation();
  // lower_convert.cpp
  void lower_mov();
  void lower_convert();
  void lower_cvta();
  void lower_special(const Operand& to, const Operand& from, Type type);
  Value to_integer(Value from, Type source, Type target, const char* rounding);
  Value to_float(Value from, Type source, Type target, std::uint32_t mode);
  Value between_integers(Value from, Type source, Type target, bool target_wide, bool saturate);
  // lower_compare.cpp
  Value compare(const std::string& comparison, Type type, Value left, Value right);
  void lower_setp();
  void lower_set();
  void lower_selp();
  void lower_slct();
  // lower_memory.cpp
  void lower_load();
  void lower_store();
  void lower_atomic();
  Space space_modifier() const;
  void lower_address(LoweredOp& op, const Operand& address, Space space);
  void memory_modifiers(LoweredOp& op);
  void emit_access(Kind kind, LoweredOp op);
  // lower_control.cpp
  void lower_branch();
  void lower_return();
  void lower_exit();
  void lower_barrier();
  void lower_barrier_word();
  void lower_shuffle();
  void lower_vote();
  void lower_active_mask();
  void lower_call();
  void lower_trap();
  void lower_fence();

  const Module& module_;
  const std::map<std::string, Placement>& globals_;
  Kernel& kernel_;
  Lowered lowered_;
  Instance* instance_ = nullptr;
  const Statement* statement_ = nullptr;
  std::vector<const Function*> active_;  ///< the calls around us, to find recursion
  std::map<std::pair<std::uint64_t, bool>, std::uint32_t> constant_index_;
  std::map<std::string, Placement> shared_;  ///< module-level shared variables this entry uses
};

}  // namespace envlock::ptx
