#include "lowering.h"

#include <unordered_map>

/// mov, cvt and cvta.
namespace envlock::ptx {
namespace {

constexpr const char* kIntegerRoundings[] = {"rni", "rzi", "rmi", "rpi"};
constexpr const char* kFloatRoundings[] = {"rn", "rz", "rm", "rp"};

const std::unordered_map<std::string, SpecialRegister>& specials() {
  using S = SpecialRegister;
  static const std::unordered_map<std::string, SpecialRegister> table = {{"%tid.x", S::tid_x},
                                                                         {"%tid.y", S::tid_y},
                                                                         {"%tid.z", S::tid_z},
                                                                         {"%ntid.x", S::ntid_x},
                                                                         {"%ntid.y", S::ntid_y},
                                                                         {"%ntid.z", S::ntid_z},
                                                                         {"%ctaid.x", S::ctaid_x},
                                                                         {"%ctaid.y", S::ctaid_y},
                                                                         {"%ctaid.z", S::ctaid_z},
                                                                         {"%nctaid.x", S::nctaid_x},
                                                                         {"%nctaid.y", S::nctaid_y},
                                                                         {"%nctaid.z", S::nctaid_z},
                                                                         {"%laneid", S::laneid},
                                                                         {"%warpid", S::warpid},
                                                                         {"%nwarpid", S::nwarpid},
                                                                         {"%smid", S::smid},
                                                                         {"%nsmid", S::nsmid},
                                                                         {"%gridid", S::gridid},
                                                                         {"%lanemask_eq", S::lanemask_eq},
                                                                         {"%lanemask_lt", S::lanemask_lt},
                                                                         {"%lanemask_le", S::lanemask_le},
                                                                         {"%lanemask_gt", S::lanemask_gt},
                                                                         {"%lanemask_ge", S::lanemask_ge},
                                                                         {"%clock", S::clock},
                                                                         {"%clock64", S::clock64},
                                                                         {"%dynamic_smem_size", S::dynamic_smem_size},
                                                                         {"%total_smem_size", S::total_smem_size}};
  return table;
}

}  // namespace

void Lowering::lower_special(const Operand& to, const Operand& from, Type type) {
  const auto found = specials().find(from.name);
  if (found == specials().end()) fail("the register `" + from.name + "` is not declared, nor a supported special one");
  const bool wide = size_of(type) == 8;
  if (size_of(type) < 4) fail("a special register needs 32 or 64 bits");
  const Value row = target(to, type);
  LoweredOp& op = emit(Kind::special);
  op.out[0] = row;
  op.base.immediate = static_cast<std::uint32_t>(found->second);
  op.base.wide = wide;
}

void Lowering::lower_mov() {
  allow_modifiers({});
  const Type type = only_type();
  expect_operands(2);
  const Operand& to = operand(0);
  const Operand& from = operand(1);
  const bool wide = size_of(type) == 8;
  if (from.kind == OperandKind::special) return lower_special(to, from, type);
  if (to.kind == OperandKind::vector || from.kind == OperandKind::vector) {
    const Type half = wide ? Type::b32 : Type::b16;
    if (size_of(type) < 4) fail("only 32 and 64 bits can be packed");
    if (to.kind == OperandKind::vector) {
      if (to.parts.size() != 2) fail("only pairs can be unpacked");
      const Value whole = value(from, type);
      const Value low = temporary(false), high = temporary(false);
      emit(wide ? RowOp::low_b64 : RowOp::low_b32, low, {whole});
      emit(wide ? RowOp::high_b64 : RowOp::high_b32, high, {whole});
      emit(RowOp::copy_b32, target(to.parts[0], half), {low});
      emit(RowOp::copy_b32, target(to.parts[1], half), {high});
    } else {
      if (from.parts.size() != 2) fail("only pairs can be packed");
      const Value low = value(from.parts[0], half), high = value(from.parts[1], half);
      emit(wide ? RowOp::pack_b64 : RowOp::pack_b32, target(to, type), {low, high});
    }
    return;
  }
  const Value row = value(from, type);
  emit(wide ? RowOp::copy_b64 : RowOp::copy_b32, target(to, type), {row});
}

void Lowering::lower_cvta() {
  allow_modifiers({"to", "global", "shared", "local", "const", "param"});
  const Type type = only_type();
  if (size_of(type) != 8) fail("only 64-bit addresses are supported");
  expect_operands(2);
  const Value from = source(1, type);
  const Value to = target(0, type);
  const std::uint64_t window = statement_->has("shared") ? kSharedWindow : statement_->has("local") ? kLocalWindow : 0;
  if (statement_->has("param")) fail("generic addresses of parameters are not supported");
  if (window == 0) return emit(RowOp::copy_b64, to, {from});
  emit(statement_->has("to") ? RowOp::sub_b64 : RowOp::add_b64, to, {from, constant(window, true)});
}

Value Lowering::between_integers(Value from, Type source, Type result, bool target_wide, bool saturate) {
  const auto apply = [&](RowOp op, bool wide, std::initializer_list<Value> in) {
    const Value to = temporary(wide);
    emit(op, to, in);
    return to;
  };
  Value now = from;
  unsigned bytes = size_of(source);
  if (bytes != 8 && is_wide(now)) now = apply(RowOp::low_b64, false, {now});
  if (bytes == 1) now = apply(is_signed(source) ? RowOp::sign8 : RowOp::zero8, false, {now});
  if (bytes == 2 && is_signed(source)) now = apply(RowOp::sign16, false, {now});
  if (bytes == 2 && !is_signed(source)) now = apply(RowOp::zero16, false, {now});
  const auto widen = [&] {
    if (!is_wide(now)) now = apply(is_signed(source) ? RowOp::s64_s32 : RowOp::u64_u32, true, {now});
  };
  const unsigned result_bits = size_of(result) * 8;
  if (saturate) {
    widen();
    const bool from_signed = is_signed(source), to_signed = is_signed(result);
    const std::uint64_t most =
        (result_bits == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << result_bits) - 1) >> (to_signed ? 1 : 0);
    const std::uint64_t least = to_signed ? ~most : 0;
    if (from_signed) {
      now = apply(RowOp::max_s64, true, {now, constant(least, true)});
      if (result_bits < 64) now = apply(RowOp::min_s64, true, {now, constant(most, true)});
    } else {
      now = apply(RowOp::min_u64, true, {now, constant(most, true)});
    }
  }
  if (result_bits == 64) widen();
  if (result_bits < 64 && is_wide(now)) now = apply(RowOp::low_b64, false, {now});
  // A narrow result is extended by its own type to the register's size.
  if (result_bits == 8) now = apply(is_signed(result) ? RowOp::sign8 : RowOp::zero8, false, {now});
  if (result_bits == 16) now = apply(is_signed(result) ? RowOp::sign16 : RowOp::zero16, false, {now});
  if (target_wide && !is_wide(now)) now = apply(is_signed(result) ? RowOp::s64_s32 : RowOp::u64_u32, true, {now});
  return now;
}

Value Lowering::to_integer(Value from, Type source, Type result, const char* rounding) {
  const bool single = source == Type::f32;
  const bool wide = size_of(result) == 8;
  const std::string mode = rounding;
  RowOp round = single ? RowOp::even_f32 : RowOp::even_f64;
  if (mode == "rzi") round = single ? RowOp::trunc_f32 : RowOp::trunc_f64;
  if (mode == "rmi") round = single ? RowOp::floor_f32 : RowOp::floor_f64;
  if (mode == "rpi") round = single ? RowOp::ceil_f32 : RowOp::ceil_f64;
  const Value whole = temporary(!single);
  emit(round, whole, {from});
  const bool negative = is_signed(result);
  RowOp op;
  if (wide)
    op = negative ? (single ? RowOp::s64_f32 : RowOp::s64_f64) : (single ? RowOp::u64_f32 : RowOp::u64_f64);
  else if (size_of(result) == 4 && !negative)
    op = single ? RowOp::u32_f32 : RowOp::u32_f64;
  else
    op = single ? RowOp::s32_f32 : RowOp::s32_f64;
  const Value integer = temporary(wide);
  emit(op, integer, {whole});
  if (size_of(result) >= 4) return integer;
  if (!single) fail("a conversion from float64 to 8 or 16 bits is not supported");
  const std::uint32_t bits = size_of(result) * 8;
  const std::uint32_t most = ((1u << bits) - 1) >> (negative ? 1 : 0);
  const Value clamped = temporary(false);
  emit(RowOp::min_s32, clamped, {integer, constant(most, false)});
  emit(RowOp::max_s32, clamped, {clamped, constant(negative ? ~most : 0, false)});
  return clamped;
}

Value Lowering::to_float(Value from, Type source, Type result, std::uint32_t mode) {
  const bool single = result == Type::f32;
  const Value to = temporary(!single);
  if (is_float(source)) {
    if (source == result) fail("this conversion needs an integral rounding");
    if (!single) emit(RowOp::f64_f32, to, {from});
    if (single) emit(mode == 0 ? RowOp::f32_f64 : RowOp::f32_f64_directed, to, {from}, mode);
    return to;
  }
  const bool negative = is_signed(source);
  Value integer = from;
  if (size_of(source) < 4) {
    const Type extended = negative ? Type::s32 : Type::u32;
    integer = between_integers(from, source, extended, false, false);
  }
  if (mode != 0) {
    if (!is_wide(integer)) {
      const Value wide = temporary(true);
      emit(negative ? RowOp::s64_s32 : RowOp::u64_u32, wide, {integer});
      integer = wide;
    }
    emit(negative ? (single ? RowOp::f32_s64_directed : RowOp::f64_s64_directed)
                  : (single ? RowOp::f32_u64_directed : RowOp::f64_u64_directed),
         to, {integer}, mode);
    return to;
  }
  if (is_wide(integer))
    emit(negative ? (single ? RowOp::f32_s64 : RowOp::f64_s64) : (single ? RowOp::f32_u64 : RowOp::f64_u64), to,
         {integer});
  else
    emit(negative ? (single ? RowOp::f32_s32 : RowOp::f64_s32) : (single ? RowOp::f32_u32 : RowOp::f64_u32), to,
         {integer});
  return to;
}

void Lowering::lower_convert() {
  allow_modifiers({"rni", "rzi", "rmi", "rpi", "rn", "rz", "rm", "rp", "sat"});
  const std::vector<Type> pair = types();
  if (pair.size() != 2) fail("cvt needs two types");
  const Type result = pair[0], from_type = pair[1];
  if (result == Type::f16 || from_type == Type::f16) fail("half precision is not supported");
  expect_operands(2);
  const char* integral = nullptr;
  for (const char* mode : kIntegerRoundings)
    if (statement_->has(mode)) integral = mode;
  std::uint32_t mode = 0;
  bool rounded = false;
  for (std::uint32_t i = 0; i < 4; ++i)
    if (statement_->has(kFloatRoundings[i])) {
      mode = i;
      rounded = true;
    }
  const bool saturate = statement_->has("sat");
  // Registers may be wider than the types: the row's own size decides.
  const Operand& from_operand = operand(1);
  Value from;
  if (from_operand.kind == OperandKind::reg && !is_float(from_type))
    from = register_value(from_operand, size_of(register_type(from_operand)) == 8, "a source");
  else
    from = value(from_operand, from_type);
  if (from_operand.kind == OperandKind::reg && size_of(register_type(from_operand)) < size_of(from_type))
    fail("the source register is narrower than its type");
  if (!is_float(from_type) && size_of(from_type) == 4 && is_wide(from)) {
    const Value low = temporary(false);
    emit(RowOp::low_b64, low, {from});
    from = low;
  }
  const Operand& to_operand = operand(0);
  const bool target_wide =
      to_operand.kind == OperandKind::reg ? size_of(register_type(to_operand)) == 8 : size_of(result) == 8;
  if (to_operand.kind == OperandKind::reg && size_of(register_type(to_operand)) < size_of(result))
    fail("the result register is narrower than its type");
  Value done;
  if (is_float(from_type) && is_float(result)) {
    if (saturate) fail("`.sat` on floats is not supported");
    if (integral != nullptr && from_type == result) {
      const bool single = result == Type::f32;
      const RowOp ops[4][2] = {{RowOp::even_f64, RowOp::even_f32},
                               {RowOp::trunc_f64, RowOp::trunc_f32},
                               {RowOp::floor_f64, RowOp::floor_f32},
                               {RowOp::ceil_f64, RowOp::ceil_f32}};
      std::size_t row = 0;
      while (std::string(kIntegerRoundings[row]) != integral) ++row;
      done = temporary(!single);
      emit(ops[row][single ? 1 : 0], done, {from});
    } else if (integral != nullptr) {
      fail("an integral rounding needs two equal float types");
    } else {
      if (result == Type::f32 && from_type == Type::f64 && !rounded) fail("this conversion needs a rounding mode");
      done = to_float(from, from_type, result, mode);
    }
  } else if (is_float(from_type)) {
    if (integral == nullptr) fail("a conversion to an integer needs .rni, .rzi, .rmi or .rpi");
    done = to_integer(from, from_type, result, integral);
    if (target_wide != is_wide(done) || size_of(result) < 4)
      done = between_integers(done, size_of(result) < 4 ? (is_signed(result) ? Type::s32 : Type::u32) : result, result,
                              target_wide, false);
  } else if (is_float(result)) {
    if (!rounded) fail("a conversion to a float needs .rn, .rz, .rm or .rp");
    if (saturate) fail("`.sat` on floats is not supported");
    done = to_float(from, from_type, result, mode);
  } else {
    if (integral != nullptr || rounded) fail("a conversion between integers takes no rounding");
    done = between_integers(from, from_type, result, target_wide, saturate);
  }
  // A 16-bit register keeps its upper half zero.
  if (to_operand.kind == OperandKind::reg && size_of(register_type(to_operand)) == 2 && is_signed(result)) {
    const Value low = temporary(false);
    emit(RowOp::zero16, low, {done});
    done = low;
  }
  const Value to = to_operand.kind == OperandKind::reg ? register_value(to_operand, target_wide, "the result")
                                                       : temporary(target_wide);
  if (is_wide(done) != is_wide(to)) fail("the result register has another size than the instruction");
  // Most conversions are one operation: it may write the register itself.
  LoweredOp& last = lowered_.ops.back();
  if (done.kind == Value::Kind::reg && last.out[0].kind == Value::Kind::reg && last.out[0].index == done.index &&
      lowered_.registers[done.index].name == "a temporary") {
    last.out[0] = to;
  } else {
    emit(target_wide ? RowOp::copy_b64 : RowOp::copy_b32, to, {done});
  }
}

}  // namespace envlock::ptx
