#include "lowering.h"

#include <algorithm>

/// ld, st, atom and red.
namespace envlock::ptx {
namespace {

constexpr std::string_view kCacheWords[] = {"ca",  "cg",       "cs",      "lu",      "cv",      "wb",      "wt",
                                            "nc",  "volatile", "weak",    "relaxed", "acquire", "release", "cta",
                                            "gpu", "sys",      "cluster", "v2",      "v4"};

}  // namespace

Space Lowering::space_modifier() const {
  for (const std::string& modifier : statement_->modifiers) {
    if (modifier == "global") return Space::global;
    if (modifier == "shared" || modifier == "shared::cta") return Space::shared;
    if (modifier == "local") return Space::local;
    if (modifier == "param" || modifier == "param::entry" || modifier == "param::func") return Space::param;
    if (modifier == "const") return Space::constant;
  }
  return Space::generic;
}

void Lowering::memory_modifiers(LoweredOp& op) {
  for (const std::string& modifier : statement_->modifiers) {
    const bool space = modifier == "global" || modifier == "local" || modifier == "const" ||
                       modifier.substr(0, 6) == "shared" || modifier.substr(0, 5) == "param";
    const bool hint = modifier.substr(0, 2) == "L1" || modifier.substr(0, 2) == "L2";
    const bool cache = std::find(std::begin(kCacheWords), std::end(kCacheWords), modifier) != std::end(kCacheWords);
    if (parse_type(modifier) == Type::none && !space && !hint && !cache)
      fail("`." + modifier + "` is not supported in `" + statement_->opcode() + "`");
  }
  op.base.elements = statement_->has("v4") ? 4 : statement_->has("v2") ? 2 : 1;
  op.base.read_only = statement_->has("nc");
}

void Lowering::lower_address(LoweredOp& op, const Operand& address, Space space) {
  if (address.kind != OperandKind::address) fail("expected an address in brackets");
  const Operand& base = address.parts.front();
  op.base.space = space;
  op.base.offset = address.value;
  if (base.kind == OperandKind::reg) {
    const bool wide = size_of(register_type(base)) == 8;
    if (!wide && (size_of(register_type(base)) != 4 ||
                  (space != Space::shared && space != Space::local && space != Space::param)))
      fail("the address register has the wrong size");
    op.address = register_value(base, wide, "an address");
    op.base.address_wide = wide;
    return;
  }
  if (base.kind == OperandKind::integer) {
    op.address = constant(0, true);
    return;
  }
  const std::optional<Placement> placement = placement_of(base);
  if (!placement) fail("`" + base.name + "` is not declared");
  Space actual = placement->space;
  if (actual == Space::constant && space == Space::generic) actual = Space::generic;
  if (space == Space::param) {
    op.base.space = actual;  // a call's parameter lies in local memory
  } else if (space == Space::generic) {
    if (actual == Space::shared) op.base.offset += kSharedWindow;
    if (actual == Space::local) op.base.offset += kLocalWindow;
    if (actual == Space::param) fail("a parameter has no generic address here");
  } else if (actual != space) {
    fail("`" + base.name + "` lies in another memory space");
  }
  if (op.base.space == Space::param) {
    if (op.base.offset > placement->size ||
        placement->size - op.base.offset < std::uint64_t{op.base.bytes} * op.base.elements)
      fail("the access leaves parameter `" + base.name + "`");
  }
  op.base.offset += placement->address;
  op.address = constant(0, true);
}

void Lowering::emit_access(Kind kind, LoweredOp op) {
  LoweredOp& made = emit(kind);
  op.base.kind = made.base.kind;
  op.base.line = made.base.line;
  op.base.guard_negated = made.base.guard_negated;
  op.guard = made.guard;
  made = op;
}

void Lowering::lower_load() {
  const Type type = only_type();
  expect_operands(2);
  LoweredOp op;
  memory_modifiers(op);
  op.base.bytes = static_cast<std::uint8_t>(size_of(type));
  if (type == Type::pred) fail("predicates cannot be loaded");
  lower_address(op, operand(1), space_modifier());
  const Operand& to = operand(0);
  const std::vector<Operand> single{to};
  const std::vector<Operand>& parts = to.kind == OperandKind::vector ? to.parts : single;
  if (parts.size() != op.base.elements) fail("the vector has another length than the instruction");
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (parts[i].kind == OperandKind::sink) {
      op.out[i] = temporary(size_of(type) == 8);
    } else {
      const unsigned size = size_of(register_type(parts[i]));
      if (size < size_of(type) || register_type(parts[i]) == Type::pred)
        fail("the register is narrower than what is loaded");
      op.out[i] = register_value(parts[i], size == 8, "the result");
      if (size == 2 && is_signed(type)) op.base.immediate = 0xffff;  // keeps a 16-bit register's upper half zero
    }
    if (i > 0 && is_wide(op.out[i]) != is_wide(op.out[0])) fail("the registers of a vector differ in size");
  }
  op.base.wide = is_wide(op.out[0]);
  op.base.sign_extends = is_signed(type);
  const bool fixed_parameter = op.base.space == Space::param && op.address.kind == Value::Kind::constant;
  emit_access(fixed_parameter ? Kind::parameter : Kind::load, op);
}

void Lowering::lower_store() {
  const Type type = only_type();
  expect_operands(2);
  LoweredOp op;
  memory_modifiers(op);
  op.base.bytes = static_cast<std::uint8_t>(size_of(type));
  if (type == Type::pred) fail("predicates cannot be stored");
  lower_address(op, operand(0), space_modifier());
  if (op.base.space == Space::param) {
    if (op.address.kind == Value::Kind::constant) fail("a kernel's parameter cannot be written");
    op.base.space = Space::local;
  }
  if (op.base.space == Space::constant) fail("constant memory cannot be written");
  const Operand& from = operand(1);
  const std::vector<Operand> single{from};
  const std::vector<Operand>& parts = from.kind == OperandKind::vector ? from.parts : single;
  if (parts.size() != op.base.elements) fail("the vector has another length than the instruction");
  std::array<Value, 4> rows;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (parts[i].kind == OperandKind::reg) {
      const Type have = register_type(parts[i]);
      if (size_of(have) < size_of(type) || have == Type::pred) fail("the register is narrower than what is stored");
      rows[i] = register_value(parts[i], size_of(have) == 8, "a source");
    } else {
      rows[i] = value(parts[i], size_of(type) == 1 ? Type::b8 : type);
    }
    if (i > 0 && is_wide(rows[i]) != is_wide(rows[0])) fail("the registers of a vector differ in size");
  }
  op.base.wide = is_wide(rows[0]);
  op.in = rows;
  emit_access(Kind::store, op);
}

void Lowering::lower_atomic() {
  const bool reduction = statement_->name == "red";
  const Type type = only_type();
  if (is_float(type)) fail("`" + statement_->opcode() + "`: the order of float atomics is not fixed");
  if (size_of(type) < 4) fail("atomics need 32 or 64 bits");
  static const std::unordered_map<std::string, AtomicOp> table = {
      {"add", AtomicOp::add},       {"min", AtomicOp::min},     {"max", AtomicOp::max},
      {"and", AtomicOp::bit_and},   {"or", AtomicOp::bit_or},   {"xor", AtomicOp::bit_xor},
      {"exch", AtomicOp::exchange}, {"cas", AtomicOp::compare}, {"inc", AtomicOp::increment},
      {"dec", AtomicOp::decrement}};
  std::optional<AtomicOp> found;
  LoweredOp op;
  for (const std::string& modifier : statement_->modifiers)
    if (const auto entry = table.find(modifier); entry != table.end()) found = entry->second;
  if (!found) fail("`" + statement_->opcode() + "` is not supported");
  const std::size_t first = reduction ? 0 : 1;
  expect_operands(first + (*found == AtomicOp::compare ? 3 : 2));
  op.base.bytes = static_cast<std::uint8_t>(size_of(type));
  op.base.wide = size_of(type) == 8;
  op.base.sign_extends = is_signed(type);
  lower_address(op, operand(first), space_modifier());
  if (op.base.space == Space::local || op.base.space == Space::param || op.base.space == Space::constant)
    fail("atomics need global or shared memory");
  op.in[0] = source(first + 1, type);
  if (*found == AtomicOp::compare) op.in[1] = source(first + 2, type);
  op.out[0] = reduction ? temporary(op.base.wide) : target(0, type);
  op.base.immediate = static_cast<std::uint32_t>(*found);
  emit_access(Kind::atomic, op);
  kernel_.has_atomics = true;
}

}  // namespace envlock::ptx
