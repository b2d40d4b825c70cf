#include "lowering.h"
#include "error.h"
#include "lexer.h"

#include <algorithm>
#include <bit>

namespace envlock::ptx {
namespace {

constexpr std::size_t kMostOperations = 1u << 22;

std::uint64_t round_up(std::uint64_t value, std::uint64_t alignment) {
  return (value + alignment - 1) / alignment * alignment;
}

}  // namespace

Lowering::Lowering(const Module& module, const std::map<std::string, Placement>& globals, Kernel& kernel)
    : module_(module), globals_(globals), kernel_(kernel) {}

Lowered Lowering::run(const Function& entry) {
  lower_function(entry, {}, {});
  return std::move(lowered_);
}

void Lowering::fail(const std::string& message) const {
  const int line = statement_ == nullptr ? instance_->function->line : statement_->line;
  throw PtxError(line, message, line_text(module_.text, line));
}

void Lowering::lower_function(const Function& function, const std::vector<Placement>& results,
                              const std::vector<Placement>& parameters) {
  const bool entry = active_.empty();
  Instance instance;
  instance.function = &function;
  Instance* const outer = std::exchange(instance_, &instance);
  const Statement* const outer_statement = std::exchange(statement_, nullptr);
  active_.push_back(&function);
  instance.first_register = static_cast<std::uint32_t>(lowered_.registers.size());
  for (const Register& reg : function.registers) lowered_.registers.push_back({size_of(reg.type) == 8, reg.name});
  for (std::size_t i = 0; i < function.variables.size(); ++i) {
    const auto bound = [&](const std::vector<std::uint32_t>& names,
                           const std::vector<Placement>& to) -> const Placement* {
      const auto found = std::find(names.begin(), names.end(), i);
      return found == names.end() || to.empty() ? nullptr : &to[static_cast<std::size_t>(found - names.begin())];
    };
    if (const Placement* result = bound(function.results, results)) {
      instance.placements.push_back(*result);
    } else if (const Placement* parameter = bound(function.parameters, parameters)) {
      instance.placements.push_back(*parameter);
    } else {
      const bool is_parameter =
          std::find(function.parameters.begin(), function.parameters.end(), i) != function.parameters.end();
      instance.placements.push_back(place(function.variables[i], entry && is_parameter));
    }
  }

  std::unordered_map<std::string, std::size_t> labels;
  std::size_t next_label = 0;
  for (std::size_t i = 0; i <= function.statements.size(); ++i) {
    while (next_label < function.labels.size() && function.labels[next_label].statement == i)
      labels[function.labels[next_label++].name] = lowered_.ops.size();
    if (i < function.statements.size()) lower_statement(function.statements[i]);
    if (lowered_.ops.size() > kMostOperations) fail("the kernel has more than 4 million operations");
  }
  statement_ = nullptr;
  if (entry) emit(Kind::exit);
  const std::size_t end = lowered_.ops.size();
  for (const auto& [op, label] : instance.jumps) {
    const auto found = labels.find(label);
    if (found == labels.end())
      throw PtxError(lowered_.ops[op].base.line, "there is no label `" + label + "`",
                     line_text(module_.text, lowered_.ops[op].base.line));
    lowered_.ops[op].base.target = static_cast<std::uint32_t>(found->second);
  }
  for (const std::size_t op : instance.returns) lowered_.ops[op].base.target = static_cast<std::uint32_t>(end);
  active_.pop_back();
  instance_ = outer;
  statement_ = outer_statement;
}

Placement Lowering::place(const Variable& variable, bool entry_parameter) {
  if (entry_parameter) {
    kernel_.parameter_bytes = round_up(kernel_.parameter_bytes, variable.alignment);
    const Placement placement{Space::param, kernel_.parameter_bytes, variable.size};
    kernel_.parameters.push_back({kernel_.parameter_bytes, variable.size});
    kernel_.parameter_bytes += variable.size;
    if (kernel_.parameter_bytes > 4096) fail("the parameters take more than 4096 bytes");
    return placement;
  }
  if (variable.space == Space::shared) {
    if (variable.size == 0 || variable.external) return {Space::shared, kDynamicShared, 0};
    if (variable.initialised) fail("a shared variable cannot have an initial value");
    kernel_.shared_bytes = round_up(kernel_.shared_bytes, variable.alignment) + variable.size;
    if (kernel_.shared_bytes > kMostStaticShared) fail("the static shared variables take more than 48 KiB");
    const std::uint64_t begin =
        round_up(kFirstShared + kernel_.shared_extent, std::max<std::uint64_t>(variable.alignment, 16));
    if (begin + variable.size + kSharedGap > kDynamicShared) fail("there are too many shared variables");
    kernel_.shared_extent = begin + variable.size + kSharedGap - kFirstShared;
    kernel_.shared.push_back({variable.name, begin, begin + variable.size});
    return {Space::shared, begin, variable.size};
  }
  // Local variables, and the parameters of calls.
  kernel_.local_bytes = round_up(kernel_.local_bytes, std::max<std::uint64_t>(variable.alignment, 4));
  const Placement placement{Space::local, kFirstLocal + kernel_.local_bytes, variable.size};
  kernel_.local_bytes += variable.size;
  if (kernel_.local_bytes > 512 * 1024) fail("the local variables take more than 512 KiB");
  return placement;
}

std::optional<Placement> Lowering::placement_of(const Operand& operand) {
  if (operand.kind == OperandKind::variable) return instance_->placements[operand.index];
  if (operand.kind != OperandKind::name) return std::nullopt;
  const auto found = globals_.find(operand.name);
  if (found != globals_.end()) return found->second;
  const auto shared = shared_.find(operand.name);
  if (shared != shared_.end()) return shared->second;
  for (const Variable& variable : module_.variables)
    if (variable.name == operand.name && variable.space == Space::shared)
      return shared_.emplace(variable.name, place(variable, false)).first->second;
  return std::nullopt;
}

void Lowering::lower_statement(const Statement& statement) {
  statement_ = &statement;
  const auto found = handlers().find(statement.name);
  if (found == handlers().end()) fail("`" + statement.opcode() + "` is not supported");
  (this->*found->second)();
}

const Operand& Lowering::operand(std::size_t index) const {
  if (index >= statement_->operands.size()) fail("`" + statement_->opcode() + "` needs more operands");
  return statement_->operands[index];
}

void Lowering::expect_operands(std::size_t count) const {
  if (statement_->operands.size() != count)
    fail("`" + statement_->opcode() + "` takes " + std::to_string(count) + " operands, not " +
         std::to_string(statement_->operands.size()));
}

void Lowering::allow_modifiers(std::initializer_list<std::string_view> known) const {
  for (const std::string& modifier : statement_->modifiers)
    if (parse_type(modifier) == Type::none && std::find(known.begin(), known.end(), modifier) == known.end())
      fail("`." + modifier + "` is not supported in `" + statement_->opcode() + "`");
}

std::vector<Type> Lowering::types() const {
  std::vector<Type> found;
  for (const std::string& modifier : statement_->modifiers)
    if (const Type type = parse_type(modifier); type != Type::none) found.push_back(type);
  return found;
}

Type Lowering::only_type() const {
  const std::vector<Type> found = types();
  if (found.size() != 1) fail("`" + statement_->opcode() + "` needs one type");
  if (found.front() == Type::f16) fail("half precision is not supported");
  return found.front();
}

Value Lowering::constant(std::uint64_t bits, bool wide) {
  const auto [entry, is_new] =
      constant_index_.try_emplace({bits, wide}, static_cast<std::uint32_t>(lowered_.constants.size()));
  if (is_new) lowered_.constants.emplace_back(bits, wide);
  return {Value::Kind::constant, entry->second};
}

Value Lowering::temporary(bool wide) {
  lowered_.registers.push_back({wide, "a temporary"});
  return {Value::Kind::reg, static_cast<std::uint32_t>(lowered_.registers.size() - 1)};
}

bool Lowering::is_wide(const Value& value) const {
  if (value.kind == Value::Kind::reg) return lowered_.registers[value.index].wide;
  return lowered_.constants[value.index].second;
}

Type Lowering::register_type(const Operand& operand) const {
  if (operand.kind != OperandKind::reg) fail("expected a register");
  return instance_->function->registers[operand.index].type;
}

Value Lowering::register_value(const Operand& operand, bool wide, const char* role) {
  if (operand.kind != OperandKind::reg) fail(std::string("expected a register as ") + role);
  if (operand.negated) fail("`!` belongs to predicates");
  const Value value{Value::Kind::reg, instance_->first_register + operand.index};
  if (is_wide(value) != wide) fail("register `" + operand.name + "` has another size than the instruction");
  return value;
}

Value Lowering::value(const Operand& operand, Type type) {
  const unsigned size = size_of(type);
  const bool wide = size == 8;
  switch (operand.kind) {
    case OperandKind::reg: {
      const bool is_predicate = register_type(operand) == Type::pred;
      if (is_predicate != (type == Type::pred)) fail("a predicate and a number are mixed up");
      return is_predicate ? predicate(operand) : register_value(operand, wide, "a source");
    }
    case OperandKind::integer:
      if (is_float(type)) fail("an integer stands where a float is needed");
      if (type == Type::pred) return constant(operand.value != 0 ? 0xffffffffu : 0, false);
      return constant(size >= 8 ? operand.value : operand.value & ((std::uint64_t{1} << (8 * size)) - 1), wide);
    case OperandKind::real32:
      if (size != 4) fail("a 0f literal needs a 32-bit type");
      return constant(operand.value, false);
    case OperandKind::real64:
      if (size != 8) fail("a 0d literal needs a 64-bit type");
      return constant(operand.value, true);
    case OperandKind::decimal:
      if (type == Type::f64) return constant(operand.value, true);
      if (type != Type::f32) fail("a decimal literal needs a float type");
      return constant(std::bit_cast<std::uint32_t>(static_cast<float>(std::bit_cast<double>(operand.value))), false);
    case OperandKind::special: {
      const Value row = temporary(wide);
      Operand to;
      to.kind = OperandKind::sink;
      lower_special(to, operand, type);
      emit(wide ? RowOp::copy_b64 : RowOp::copy_b32, row, {lowered_.ops.back().out[0]});
      return row;
    }
    case OperandKind::name:
    case OperandKind::variable: {
      if (operand.name == "WARP_SZ") return constant(32, wide);
      const std::optional<Placement> placement = placement_of(operand);
      if (!placement) fail("`" + operand.name + "` is not declared");
      if (size != 8 && (size != 4 || placement->space == Space::global || placement->space == Space::constant))
        fail("the address of `" + operand.name + "` does not fit");
      return constant(placement->address + operand.value, wide);
    }
    case OperandKind::address:
    case OperandKind::vector:
    case OperandKind::list:
    case OperandKind::sink:
      break;
  }
  fail("such an operand is not supported here");
}

Value Lowering::target(const Operand& operand, Type type) {
  const bool wide = size_of(type) == 8;
  if (operand.kind == OperandKind::sink) return temporary(wide);
  if ((register_type(operand) == Type::pred) != (type == Type::pred)) fail("a predicate and a number are mixed up");
  return register_value(operand, wide, "the result");
}

Value Lowering::predicate(const Operand& operand) {
  if (operand.kind == OperandKind::integer) return constant(operand.value != 0 ? 0xffffffffu : 0, false);
  if (register_type(operand) != Type::pred) fail("`" + operand.name + "` is no predicate");
  Operand plain = operand;
  plain.negated = false;
  const Value value = register_value(plain, false, "a predicate");
  if (!operand.negated) return value;
  const Value inverse = temporary(false);
  emit(RowOp::not_b32, inverse, {value});
  return inverse;
}

LoweredOp& Lowering::emit(Kind kind) {
  LoweredOp op;
  op.base.kind = kind;
  if (statement_ != nullptr) {
    op.base.line = statement_->line;
    if (statement_->guard) {
      op.guard = {Value::Kind::reg, instance_->first_register + statement_->guard->reg};
      op.base.guard_negated = statement_->guard->negated;
    }
  }
  lowered_.ops.push_back(op);
  return lowered_.ops.back();
}

void Lowering::emit(RowOp row, Value out, std::initializer_list<Value> in, std::uint32_t immediate) {
  LoweredOp& op = emit(Kind::row);
  op.row = row;
  op.is_move = row == RowOp::copy_b32 || row == RowOp::copy_b64;
  op.out[0] = out;
  std::copy(in.begin(), in.end(), op.in.begin());
  op.base.immediate = immediate;
  op.base.wide = is_wide(out);
}

}  // namespace envlock::ptx
