#include "lowering.h"

#include <algorithm>

/// Branches, calls, barriers, and exchange between lanes.
namespace envlock::ptx {

void Lowering::lower_branch() {
  allow_modifiers({"uni"});
  expect_operands(1);
  if (operand(0).kind != OperandKind::name) fail("expected a label");
  emit(Kind::branch);
  instance_->jumps.emplace_back(lowered_.ops.size() - 1, operand(0).name);
}

void Lowering::lower_return() {
  allow_modifiers({"uni"});
  if (active_.size() == 1) {
    emit(Kind::exit);
    return;
  }
  emit(Kind::branch);
  instance_->returns.push_back(lowered_.ops.size() - 1);
}

void Lowering::lower_exit() {
  emit(Kind::exit);
}

void Lowering::lower_trap() {
  emit(Kind::trap);
}

void Lowering::lower_fence() {
  emit(Kind::nothing);
}

void Lowering::lower_barrier_word() {
  const std::vector<std::string>& words = statement_->modifiers;
  const auto is = [&](std::initializer_list<const char*> wanted) {
    return words.size() == wanted.size() && std::equal(words.begin(), words.end(), wanted.begin());
  };
  if (is({"warp", "sync"})) {
    expect_operands(1);
    const Value mask = source(0, Type::b32);
    emit(Kind::warp_barrier).in[0] = mask;
    return;
  }
  if (!is({"sync"}) && !is({"cta", "sync"}) && !is({"sync", "aligned"}) && !is({"cta", "sync", "aligned"}))
    fail("`" + statement_->opcode() + "` is not supported");
  if (statement_->operands.size() > 1) fail("a barrier of only some threads is not supported");
  if (operand(0).kind != OperandKind::integer || operand(0).value > 15) fail("a barrier needs a number from 0 to 15");
  emit(Kind::barrier).base.immediate = static_cast<std::uint32_t>(operand(0).value);
}

void Lowering::lower_shuffle() {
  if (!statement_->has("sync")) fail("`" + statement_->opcode() + "` lacks .sync");
  allow_modifiers({"sync", "up", "down", "bfly", "idx"});
  expect_operands(5);
  const Operand& to = operand(0);
  const bool two = to.kind == OperandKind::vector;
  if (two && to.parts.size() != 2) fail("shfl has at most two results");
  if (size_of(only_type()) != 4) fail("shfl takes .b32");
  std::array<Value, 4> in{};
  for (std::size_t i = 0; i < 4; ++i) in[i] = source(i + 1, Type::b32);
  const Value value = target(two ? to.parts[0] : to, Type::b32);
  const Value valid = two ? target(to.parts[1], Type::pred) : temporary(false);
  LoweredOp& op = emit(Kind::shuffle);
  op.in = in;
  op.out[0] = value;
  op.out[1] = valid;
  const ShuffleMode mode = statement_->has("up")     ? ShuffleMode::up
                           : statement_->has("down") ? ShuffleMode::down
                           : statement_->has("bfly") ? ShuffleMode::butterfly
                                                     : ShuffleMode::index;
  op.base.immediate = static_cast<std::uint32_t>(mode);
}

void Lowering::lower_vote() {
  if (!statement_->has("sync")) fail("`" + statement_->opcode() + "` lacks .sync");
  allow_modifiers({"sync", "all", "any", "uni", "ballot"});
  expect_operands(3);
  const VoteMode mode = statement_->has("all")   ? VoteMode::all
                        : statement_->has("any") ? VoteMode::any
                        : statement_->has("uni") ? VoteMode::uniform
                                                 : VoteMode::ballot;
  const Value question = predicate(operand(1)), mask = source(2, Type::b32);
  const Value to = target(0, mode == VoteMode::ballot ? Type::b32 : Type::pred);
  LoweredOp& op = emit(Kind::vote);
  op.in[0] = question;
  op.in[1] = mask;
  op.out[0] = to;
  op.base.immediate = static_cast<std::uint32_t>(mode);
}

void Lowering::lower_active_mask() {
  const Value to = target(0, Type::b32);
  emit(Kind::active_mask).out[0] = to;
}

void Lowering::lower_call() {
  allow_modifiers({"uni"});
  const std::vector<Operand>& operands = statement_->operands;
  std::size_t at = 0;
  std::vector<Placement> results, parameters;
  const auto bind = [&](const Operand& list, std::vector<Placement>& into) {
    for (const Operand& part : list.parts) {
      if (part.kind != OperandKind::variable) fail("a call takes .param variables only");
      into.push_back(instance_->placements[part.index]);
    }
  };
  if (at < operands.size() && operands[at].kind == OperandKind::list) bind(operands[at++], results);
  if (at >= operands.size() || operands[at].kind != OperandKind::name) fail("only direct calls are supported");
  const std::string& name = operands[at++].name;
  if (at < operands.size() && operands[at].kind == OperandKind::list) bind(operands[at++], parameters);
  if (at != operands.size()) fail("only direct calls are supported");
  const auto found = std::find_if(module_.functions.begin(), module_.functions.end(),
                                  [&](const Function& function) { return function.name == name; });
  if (found == module_.functions.end() || found->entry) fail("there is no function `" + name + "`");
  if (!found->has_body) {
    emit(Kind::trap);
    return;
  }
  if (std::find(active_.begin(), active_.end(), &*found) != active_.end()) fail("recursion is not supported");
  if (active_.size() > 16) fail("calls are nested too deeply");
  if (results.size() != found->results.size() || parameters.size() != found->parameters.size())
    fail("the call passes another number of values than `" + name + "` takes");
  const auto check = [&](const std::vector<Placement>& have, const std::vector<std::uint32_t>& want) {
    for (std::size_t i = 0; i < have.size(); ++i)
      if (have[i].size < found->variables[want[i]].size) fail("an argument is smaller than `" + name + "` takes");
  };
  check(results, found->results);
  check(parameters, found->parameters);
  if (!statement_->guard) return lower_function(*found, results, parameters);
  // A guarded call becomes a jump around the body.
  emit(Kind::branch).base.guard_negated ^= true;
  const std::size_t jump = lowered_.ops.size() - 1;
  lower_function(*found, results, parameters);
  lowered_.ops[jump].base.target = static_cast<std::uint32_t>(lowered_.ops.size());
}

const std::unordered_map<std::string, Lowering::Handler>& Lowering::handlers() {
  using L = Lowering;
  static const std::unordered_map<std::string, Handler> table = {{"add", &L::lower_add},
                                                                 {"sub", &L::lower_sub},
                                                                 {"mul", &L::lower_mul},
                                                                 {"mad", &L::lower_mad},
                                                                 {"div", &L::lower_divide},
                                                                 {"rem", &L::lower_divide},
                                                                 {"min", &L::lower_minmax},
                                                                 {"max", &L::lower_minmax},
                                                                 {"neg", &L::lower_negabs},
                                                                 {"abs", &L::lower_negabs},
                                                                 {"and", &L::lower_logic},
                                                                 {"or", &L::lower_logic},
                                                                 {"xor", &L::lower_logic},
                                                                 {"not", &L::lower_not},
                                                                 {"cnot", &L::lower_not},
                                                                 {"shl", &L::lower_shift},
                                                                 {"shr", &L::lower_shift},
                                                                 {"shf", &L::lower_funnel},
                                                                 {"popc", &L::lower_bits},
                                                                 {"clz", &L::lower_bits},
                                                                 {"brev", &L::lower_bits},
                                                                 {"bfind", &L::lower_bits},
                                                                 {"bfe", &L::lower_bit_field},
                                                                 {"bfi", &L::lower_bit_field},
                                                                 {"prmt", &L::lower_permute},
                                                                 {"lop3", &L::lower_lop3},
                                                                 {"sad", &L::lower_sad},
                                                                 {"fma", &L::lower_fma},
                                                                 {"sqrt", &L::lower_sqrt},
                                                                 {"rcp", &L::lower_rcp},
                                                                 {"copysign", &L::lower_copysign},
                                                                 {"testp", &L::lower_testp},
                                                                 {"ex2", &L::refuse_approximation},
                                                                 {"lg2", &L::refuse_approximation},
                                                                 {"sin", &L::refuse_approximation},
                                                                 {"cos", &L::refuse_approximation},
                                                                 {"tanh", &L::refuse_approximation},
                                                                 {"rsqrt", &L::refuse_approximation},
                                                                 {"mov", &L::lower_mov},
                                                                 {"cvt", &L::lower_convert},
                                                                 {"cvta", &L::lower_cvta},
                                                                 {"setp", &L::lower_setp},
                                                                 {"set", &L::lower_set},
                                                                 {"selp", &L::lower_selp},
                                                                 {"slct", &L::lower_slct},
                                                                 {"ld", &L::lower_load},
                                                                 {"ldu", &L::lower_load},
                                                                 {"st", &L::lower_store},
                                                                 {"atom", &L::lower_atomic},
                                                                 {"red", &L::lower_atomic},
                                                                 {"bra", &L::lower_branch},
                                                                 {"ret", &L::lower_return},
                                                                 {"exit", &L::lower_exit},
                                                                 {"call", &L::lower_call},
                                                                 {"trap", &L::lower_trap},
                                                                 {"bar", &L::lower_barrier_word},
                                                                 {"barrier", &L::lower_barrier_word},
                                                                 {"shfl", &L::lower_shuffle},
                                                                 {"vote", &L::lower_vote},
                                                                 {"activemask", &L::lower_active_mask},
                                                                 {"membar", &L::lower_fence},
                                                                 {"fence", &L::lower_fence}};
  return table;
}

}  // namespace envlock::ptx
