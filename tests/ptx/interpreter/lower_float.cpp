#include "lowering.h"

/// Floating-point arithmetic: rounded to nearest even, or a clear refusal.
namespace envlock::ptx {

void Lowering::require_nearest() const {
  for (const char* modifier : {"approx", "full", "ftz", "sat", "rz", "rm", "rp"})
    if (statement_->has(modifier))
      fail("`." + std::string(modifier) + "` is not supported in `" + statement_->opcode() + "`");
}

bool Lowering::lower_float_arithmetic(RowOp single, RowOp twice) {
  if (!statement_->has("f32") && !statement_->has("f64")) return false;
  require_nearest();
  allow_modifiers({"rn", "NaN"});
  const Type type = only_type();
  expect_operands(3);
  const Value a = source(1, type), b = source(2, type);
  emit(type == Type::f32 ? single : twice, target(0, type), {a, b});
  return true;
}

void Lowering::lower_fma() {
  require_nearest();
  allow_modifiers({"rn"});
  if (!statement_->has("rn")) fail("`" + statement_->opcode() + "` needs a rounding mode");
  const Type type = only_type();
  if (!is_float(type)) fail("fma needs a float type");
  expect_operands(4);
  const Value a = source(1, type), b = source(2, type), c = source(3, type);
  emit(type == Type::f32 ? RowOp::fma_f32 : RowOp::fma_f64, target(0, type), {a, b, c});
}

void Lowering::lower_sqrt() {
  require_nearest();
  allow_modifiers({"rn"});
  if (!statement_->has("rn")) fail("`" + statement_->opcode() + "` needs a rounding mode");
  const Type type = only_type();
  if (!is_float(type)) fail("sqrt needs a float type");
  expect_operands(2);
  const Value a = source(1, type);
  emit(type == Type::f32 ? RowOp::sqrt_f32 : RowOp::sqrt_f64, target(0, type), {a});
}

void Lowering::lower_rcp() {
  require_nearest();
  allow_modifiers({"rn"});
  if (!statement_->has("rn")) fail("`" + statement_->opcode() + "` needs a rounding mode");
  const Type type = only_type();
  if (!is_float(type)) fail("rcp needs a float type");
  expect_operands(2);
  const Value a = source(1, type);
  emit(type == Type::f32 ? RowOp::rcp_f32 : RowOp::rcp_f64, target(0, type), {a});
}

void Lowering::lower_copysign() {
  allow_modifiers({});
  const Type type = only_type();
  if (!is_float(type)) fail("copysign needs a float type");
  expect_operands(3);
  const Value a = source(1, type), b = source(2, type);
  emit(type == Type::f32 ? RowOp::copysign_f32 : RowOp::copysign_f64, target(0, type), {a, b});
}

void Lowering::lower_testp() {
  allow_modifiers({"finite", "infinite", "number", "notanumber", "normal", "subnormal"});
  const Type type = only_type();
  if (!is_float(type) || statement_->modifiers.empty()) fail("testp needs a float type");
  expect_operands(2);
  const bool single = type == Type::f32;
  const Value a = source(1, type);
  const std::string& question = statement_->modifiers.front();
  RowOp op = single ? RowOp::number_f32 : RowOp::number_f64;
  if (question == "finite") op = single ? RowOp::finite_f32 : RowOp::finite_f64;
  if (question == "infinite") op = single ? RowOp::infinite_f32 : RowOp::infinite_f64;
  if (question == "normal") op = single ? RowOp::normal_f32 : RowOp::normal_f64;
  if (question == "subnormal") op = single ? RowOp::subnormal_f32 : RowOp::subnormal_f64;
  const Value to = target(0, Type::pred);
  emit(op, to, {a});
  if (question == "notanumber") emit(RowOp::not_b32, to, {to});
}

void Lowering::refuse_approximation() {
  fail("`" + statement_->opcode() + "` is an approximation: its bits are not fixed");
}

}  // namespace envlock::ptx
