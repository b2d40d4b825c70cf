#include "lowering.h"

/// setp, set, selp and slct.
namespace envlock::ptx {
namespace {

bool is_comparison(const std::string& text) {
  for (const char* known : {"eq", "ne", "lt", "le", "gt", "ge", "lo", "ls", "hi", "hs", "equ", "neu", "ltu", "leu",
                            "gtu", "geu", "num", "nan"})
    if (text == known) return true;
  return false;
}

}  // namespace

Value Lowering::compare(const std::string& comparison, Type type, Value left, Value right) {
  const bool wide = size_of(type) == 8;
  std::string name = comparison;
  if (name == "lo") name = "lt";
  if (name == "ls") name = "le";
  if (name == "hi") name = "gt";
  if (name == "hs") name = "ge";
  // a > b is b < a, also for NaN.
  bool swap = false;
  for (const char* greater : {"gt", "ge", "gtu", "geu"}) swap = swap || name == greater;
  if (swap) {
    std::swap(left, right);
    name.front() = 'l';
  }
  RowOp op = RowOp::count;
  if (is_float(type)) {
    static const std::unordered_map<std::string, std::pair<RowOp, RowOp>> table = {
        {"eq", {RowOp::eq_f32, RowOp::eq_f64}},    {"ne", {RowOp::ne_f32, RowOp::ne_f64}},
        {"lt", {RowOp::lt_f32, RowOp::lt_f64}},    {"le", {RowOp::le_f32, RowOp::le_f64}},
        {"equ", {RowOp::equ_f32, RowOp::equ_f64}}, {"neu", {RowOp::neu_f32, RowOp::neu_f64}},
        {"ltu", {RowOp::ltu_f32, RowOp::ltu_f64}}, {"leu", {RowOp::leu_f32, RowOp::leu_f64}},
        {"num", {RowOp::num_f32, RowOp::num_f64}}, {"nan", {RowOp::nan_f32, RowOp::nan_f64}}};
    const auto found = table.find(name);
    if (found == table.end()) fail("`." + comparison + "` does not compare floats");
    op = wide ? found->second.second : found->second.first;
  } else {
    const bool half = size_of(type) == 2;
    if (name == "eq") op = wide ? RowOp::eq_b64 : RowOp::eq_b32;
    if (name == "ne") op = wide ? RowOp::ne_b64 : RowOp::ne_b32;
    if (is_signed(type)) {
      if (name == "lt") op = wide ? RowOp::lt_s64 : half ? RowOp::lt_s16 : RowOp::lt_s32;
      if (name == "le") op = wide ? RowOp::le_s64 : half ? RowOp::le_s16 : RowOp::le_s32;
    } else {
      if (name == "lt") op = wide ? RowOp::lt_u64 : RowOp::lt_u32;
      if (name == "le") op = wide ? RowOp::le_u64 : RowOp::le_u32;
    }
    if (op == RowOp::count) fail("`." + comparison + "` does not compare integers");
  }
  const Value result = temporary(false);
  emit(op, result, {left, right});
  return result;
}

void Lowering::lower_setp() {
  allow_modifiers({"eq",  "ne",  "lt",  "le",  "gt",  "ge",  "lo",  "ls",  "hi", "hs", "equ",
                   "neu", "ltu", "leu", "gtu", "geu", "num", "nan", "and", "or", "xor"});
  const Type type = only_type();
  if (statement_->modifiers.empty() || !is_comparison(statement_->modifiers.front())) fail("setp needs a comparison");
  std::string combine;
  for (const char* word : {"and", "or", "xor"})
    if (statement_->has(word)) combine = word;
  expect_operands(combine.empty() ? 3 : 4);
  const Operand& to = operand(0);
  const bool two = to.kind == OperandKind::vector;
  if (two && to.parts.size() != 2) fail("setp has at most two results");
  Value result = compare(statement_->modifiers.front(), type, source(1, type), source(2, type));
  if (!two && combine.empty()) {
    lowered_.ops.back().out[0] = target(to, Type::pred);
    return;
  }
  Value inverse = temporary(false);
  emit(RowOp::not_b32, inverse, {result});
  if (!combine.empty()) {
    const Value other = predicate(operand(3));
    const RowOp op = combine == "and" ? RowOp::and_b32 : combine == "or" ? RowOp::or_b32 : RowOp::xor_b32;
    emit(op, result, {result, other});
    emit(op, inverse, {inverse, other});
  }
  emit(RowOp::copy_b32, target(two ? to.parts[0] : to, Type::pred), {result});
  if (two) emit(RowOp::copy_b32, target(to.parts[1], Type::pred), {inverse});
}

void Lowering::lower_set() {
  allow_modifiers({"eq", "ne", "lt", "le", "gt", "ge", "lo", "ls", "hi", "hs", "equ", "neu", "ltu", "leu", "gtu", "geu",
                   "num", "nan"});
  const std::vector<Type> pair = types();
  if (pair.size() != 2 || !is_comparison(statement_->modifiers.front())) fail("set needs a comparison and two types");
  if (size_of(pair[0]) != 4) fail("set gives 32 bits");
  expect_operands(3);
  const Value result = compare(statement_->modifiers.front(), pair[1], source(1, pair[1]), source(2, pair[1]));
  const Value yes = constant(pair[0] == Type::f32 ? 0x3f800000u : 0xffffffffu, false);
  emit(RowOp::select_b32, target(0, pair[0]), {yes, constant(0, false), result});
}

void Lowering::lower_selp() {
  allow_modifiers({});
  const Type type = only_type();
  expect_operands(4);
  const Value a = source(1, type), b = source(2, type), c = predicate(operand(3));
  emit(size_of(type) == 8 ? RowOp::select_b64 : RowOp::select_b32, target(0, type), {a, b, c});
}

void Lowering::lower_slct() {
  allow_modifiers({});
  const std::vector<Type> pair = types();
  if (pair.size() != 2 || (pair[1] != Type::s32 && pair[1] != Type::f32)) fail("slct chooses by .s32 or .f32");
  expect_operands(4);
  const Value a = source(1, pair[0]), b = source(2, pair[0]), c = source(3, pair[1]);
  const bool wide = size_of(pair[0]) == 8, by_integer = pair[1] == Type::s32;
  emit(by_integer ? (wide ? RowOp::slct_b64_s32 : RowOp::slct_b32_s32)
                  : (wide ? RowOp::slct_b64_f32 : RowOp::slct_b32_f32),
       target(0, pair[0]), {a, b, c});
}

}  // namespace envlock::ptx
