#include "lowering.h"

/// Integer arithmetic, logic and bit operations.
namespace envlock::ptx {
namespace {

/// The row operation for a type's width: 16, 32 or 64 bits.
RowOp by_width(Type type, RowOp half, RowOp single, RowOp twice) {
  const unsigned size = size_of(type);
  return size == 8 ? twice : size == 4 ? single : half;
}

/// The wide product's type.
Type twice(Type type) {
  switch (type) {
    case Type::u16:
      return Type::u32;
    case Type::s16:
      return Type::s32;
    case Type::u32:
      return Type::u64;
    default:
      return Type::s64;
  }
}

}  // namespace

void Lowering::lower_add() {
  if (lower_float_arithmetic(RowOp::add_f32, RowOp::add_f64)) return;
  allow_modifiers({});
  const Type type = only_type();
  expect_operands(3);
  const Value a = source(1, type), b = source(2, type);
  emit(by_width(type, RowOp::add_b16, RowOp::add_b32, RowOp::add_b64), target(0, type), {a, b});
}

void Lowering::lower_sub() {
  if (lower_float_arithmetic(RowOp::sub_f32, RowOp::sub_f64)) return;
  allow_modifiers({});
  const Type type = only_type();
  expect_operands(3);
  const Value a = source(1, type), b = source(2, type);
  emit(by_width(type, RowOp::sub_b16, RowOp::sub_b32, RowOp::sub_b64), target(0, type), {a, b});
}

void Lowering::lower_mul() {
  if (lower_float_arithmetic(RowOp::mul_f32, RowOp::mul_f64)) return;
  allow_modifiers({"lo", "hi", "wide"});
  const Type type = only_type();
  expect_operands(3);
  const Value a = source(1, type), b = source(2, type);
  const bool negative = is_signed(type);
  if (statement_->has("wide")) {
    if (size_of(type) == 8) fail("there is no 128-bit product");
    const RowOp op = size_of(type) == 2 ? (negative ? RowOp::mulwide_s16 : RowOp::mulwide_u16)
                                        : (negative ? RowOp::mulwide_s32 : RowOp::mulwide_u32);
    emit(op, target(0, twice(type)), {a, b});
  } else if (statement_->has("hi")) {
    const RowOp op = negative ? by_width(type, RowOp::mulhi_s16, RowOp::mulhi_s32, RowOp::mulhi_s64)
                              : by_width(type, RowOp::mulhi_u16, RowOp::mulhi_u32, RowOp::mulhi_u64);
    emit(op, target(0, type), {a, b});
  } else if (statement_->has("lo")) {
    emit(by_width(type, RowOp::mul_b16, RowOp::mul_b32, RowOp::mul_b64), target(0, type), {a, b});
  } else {
    fail("an integer product needs .lo, .hi or .wide");
  }
}

void Lowering::lower_mad() {
  if (statement_->has("f32") || statement_->has("f64")) return lower_fma();
  allow_modifiers({"lo", "hi", "wide"});
  const Type type = only_type();
  expect_operands(4);
  const bool wide = statement_->has("wide");
  if (wide && size_of(type) == 8) fail("there is no 128-bit product");
  const Type result = wide ? twice(type) : type;
  const Value a = source(1, type), b = source(2, type), c = source(3, result);
  const bool negative = is_signed(type);
  RowOp op = by_width(type, RowOp::mad_b16, RowOp::mad_b32, RowOp::mad_b64);
  if (wide) {
    op = size_of(type) == 2 ? (negative ? RowOp::madwide_s16 : RowOp::madwide_u16)
                            : (negative ? RowOp::madwide_s32 : RowOp::madwide_u32);
  } else if (statement_->has("hi")) {
    if (size_of(type) == 2) fail("mad.hi of 16 bits is not supported");
    op = negative ? by_width(type, op, RowOp::madhi_s32, RowOp::madhi_s64)
                  : by_width(type, op, RowOp::madhi_u32, RowOp::madhi_u64);
  } else if (!statement_->has("lo")) {
    fail("an integer product needs .lo, .hi or .wide");
  }
  emit(op, target(0, result), {a, b, c});
}

void Lowering::lower_divide() {
  const bool quotient = statement_->name == "div";
  if (quotient && lower_float_arithmetic(RowOp::div_f32, RowOp::div_f64)) return;
  allow_modifiers({});
  const Type type = only_type();
  expect_operands(3);
  const Value a = source(1, type), b = source(2, type);
  const bool negative = is_signed(type);
  const RowOp op = quotient ? (negative ? by_width(type, RowOp::div_s16, RowOp::div_s32, RowOp::div_s64)
                                        : by_width(type, RowOp::div_u16, RowOp::div_u32, RowOp::div_u64))
                            : (negative ? by_width(type, RowOp::rem_s16, RowOp::rem_s32, RowOp::rem_s64)
                                        : by_width(type, RowOp::rem_u16, RowOp::rem_u32, RowOp::rem_u64));
  emit(op, target(0, type), {a, b});
  lowered_.ops.back().base.kind = Kind::divide;
}

void Lowering::lower_minmax() {
  const bool smallest = statement_->name == "min";
  const bool keep_nan = statement_->has("NaN");
  if (keep_nan && statement_->has("f32")) {
    if (lower_float_arithmetic(smallest ? RowOp::min_nan_f32 : RowOp::max_nan_f32, RowOp::min_f64)) return;
  } else if (lower_float_arithmetic(smallest ? RowOp::min_f32 : RowOp::max_f32,
                                    smallest ? RowOp::min_f64 : RowOp::max_f64)) {
    return;
  }
  allow_modifiers({});
  const Type type = only_type();
  expect_operands(3);
  const Value a = source(1, type), b = source(2, type);
  RowOp op;
  if (is_signed(type))
    op = smallest ? by_width(type, RowOp::min_s16, RowOp::min_s32, RowOp::min_s64)
                  : by_width(type, RowOp::max_s16, RowOp::max_s32, RowOp::max_s64);
  else
    op = smallest ? by_width(type, RowOp::min_u32, RowOp::min_u32, RowOp::min_u64)
                  : by_width(type, RowOp::max_u32, RowOp::max_u32, RowOp::max_u64);
  emit(op, target(0, type), {a, b});
}

void Lowering::lower_negabs() {
  const bool negate = statement_->name == "neg";
  allow_modifiers({});
  const Type type = only_type();
  expect_operands(2);
  const Value a = source(1, type);
  RowOp op;
  if (is_float(type))
    op = negate ? by_width(type, RowOp::neg_f32, RowOp::neg_f32, RowOp::neg_f64)
                : by_width(type, RowOp::abs_f32, RowOp::abs_f32, RowOp::abs_f64);
  else if (!is_signed(type))
    fail("this needs a signed type");
  else
    op = negate ? by_width(type, RowOp::neg_b16, RowOp::neg_b32, RowOp::neg_b64)
                : by_width(type, RowOp::abs_s16, RowOp::abs_s32, RowOp::abs_s64);
  emit(op, target(0, type), {a});
}

void Lowering::lower_logic() {
  allow_modifiers({});
  const Type type = only_type();
  expect_operands(3);
  const Value a = source(1, type), b = source(2, type);
  const bool wide = size_of(type) == 8;
  RowOp op = wide ? RowOp::xor_b64 : RowOp::xor_b32;
  if (statement_->name == "and") op = wide ? RowOp::and_b64 : RowOp::and_b32;
  if (statement_->name == "or") op = wide ? RowOp::or_b64 : RowOp::or_b32;
  emit(op, target(0, type), {a, b});
}

void Lowering::lower_not() {
  allow_modifiers({});
  const Type type = only_type();
  expect_operands(2);
  const Value a = source(1, type);
  if (statement_->name == "cnot")
    emit(size_of(type) == 8 ? RowOp::cnot_b64 : RowOp::cnot_b32, target(0, type), {a});
  else if (type == Type::pred)
    emit(RowOp::not_b32, target(0, type), {a});
  else
    emit(by_width(type, RowOp::not_b16, RowOp::not_b32, RowOp::not_b64), target(0, type), {a});
}

void Lowering::lower_shift() {
  allow_modifiers({});
  const Type type = only_type();
  expect_operands(3);
  const Value a = source(1, type), b = source(2, Type::u32);
  RowOp op = by_width(type, RowOp::shl_b16, RowOp::shl_b32, RowOp::shl_b64);
  if (statement_->name == "shr")
    op = is_signed(type) ? by_width(type, RowOp::shr_s16, RowOp::shr_s32, RowOp::shr_s64)
                         : by_width(type, RowOp::shr_u32, RowOp::shr_u32, RowOp::shr_u64);
  emit(op, target(0, type), {a, b});
}

void Lowering::lower_funnel() {
  allow_modifiers({"l", "r", "wrap", "clamp"});
  if (only_type() != Type::b32) fail("shf takes .b32");
  if (statement_->has("l") == statement_->has("r") || statement_->has("wrap") == statement_->has("clamp"))
    fail("shf needs .l or .r, and .wrap or .clamp");
  expect_operands(4);
  const Value a = source(1, Type::b32), b = source(2, Type::b32), c = source(3, Type::u32);
  const RowOp wrap = statement_->has("l") ? RowOp::shf_l_wrap : RowOp::shf_r_wrap;
  const RowOp clamp = statement_->has("l") ? RowOp::shf_l_clamp : RowOp::shf_r_clamp;
  emit(statement_->has("wrap") ? wrap : clamp, target(0, Type::b32), {a, b, c});
}

void Lowering::lower_bits() {
  allow_modifiers({"shiftamt"});
  const Type type = only_type();
  expect_operands(2);
  const bool wide = size_of(type) == 8;
  if (size_of(type) < 4) fail("this needs 32 or 64 bits");
  const Value a = source(1, type);
  if (statement_->name == "brev") return emit(wide ? RowOp::brev_b64 : RowOp::brev_b32, target(0, type), {a});
  RowOp op = wide ? RowOp::popc_b64 : RowOp::popc_b32;
  if (statement_->name == "clz") op = wide ? RowOp::clz_b64 : RowOp::clz_b32;
  if (statement_->name == "bfind") {
    op = is_signed(type) ? (wide ? RowOp::bfind_s64 : RowOp::bfind_s32) : (wide ? RowOp::bfind_u64 : RowOp::bfind_u32);
    if (statement_->has("shiftamt")) {
      if (wide) fail("bfind.shiftamt of 64 bits is not supported");
      op = is_signed(type) ? RowOp::bfind_shift_s32 : RowOp::bfind_shift_u32;
    }
  }
  emit(op, target(0, Type::u32), {a});
}

void Lowering::lower_bit_field() {
  allow_modifiers({});
  const Type type = only_type();
  const bool wide = size_of(type) == 8;
  if (statement_->name == "bfe") {
    expect_operands(4);
    const Value a = source(1, type), b = source(2, Type::u32), c = source(3, Type::u32);
    const RowOp op =
        is_signed(type) ? (wide ? RowOp::bfe_s64 : RowOp::bfe_s32) : (wide ? RowOp::bfe_u64 : RowOp::bfe_u32);
    return emit(op, target(0, type), {a, b, c});
  }
  expect_operands(5);
  const Value a = source(1, type), b = source(2, type), c = source(3, Type::u32), d = source(4, Type::u32);
  emit(wide ? RowOp::bfi_b64 : RowOp::bfi_b32, target(0, type), {a, b, c, d});
}

void Lowering::lower_permute() {
  allow_modifiers({});
  expect_operands(4);
  const Value a = source(1, only_type()), b = source(2, Type::b32), c = source(3, Type::b32);
  emit(RowOp::prmt_b32, target(0, Type::b32), {a, b, c});
}

void Lowering::lower_lop3() {
  allow_modifiers({});
  expect_operands(5);
  const Value a = source(1, only_type()), b = source(2, Type::b32), c = source(3, Type::b32);
  if (operand(4).kind != OperandKind::integer || operand(4).value > 255) fail("lop3 needs a table of 8 bits");
  emit(RowOp::lop3_b32, target(0, Type::b32), {a, b, c}, static_cast<std::uint32_t>(operand(4).value));
}

void Lowering::lower_sad() {
  allow_modifiers({});
  const Type type = only_type();
  expect_operands(4);
  if (size_of(type) != 4) fail("sad needs 32 bits");
  const Value a = source(1, type), b = source(2, type), c = source(3, type);
  emit(is_signed(type) ? RowOp::sad_s32 : RowOp::sad_u32, target(0, type), {a, b, c});
}

}  // namespace envlock::ptx
