#include "policy.h"

#include "lexer.h"
#include "syntax.h"

#include <algorithm>
#include <array>
#include <unordered_set>

namespace envlock::ptx {
namespace {

template <std::size_t N>
bool is_one_of(std::string_view word, const std::array<std::string_view, N>& words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

constexpr std::array<std::string_view, 7> kRounded = {"add", "sub", "mul", "fma", "mad", "div", "sqrt"};
constexpr std::array<std::string_view, 7> kApproximate = {"sin", "cos", "ex2", "lg2", "tanh", "rcp", "rsqrt"};
constexpr std::array<std::string_view, 4> kOrdered = {"volatile", "relaxed", "acquire", "release"};
constexpr std::array<std::string_view, 5> kClocks = {"%clock", "%clock64", "%clock_hi", "%globaltimer",
                                                     "%globaltimer_lo"};

class FunctionPolicy {
 public:
  FunctionPolicy(const Module& module, const Function& function, std::vector<PolicyBreach>& breaches)
      : module_(module), function_(function), breaches_(breaches) {
    find_full_masks();
  }

  void run() {
    for (const Statement& statement : function_.statements) check(statement);
  }

 private:
  void breach(const Statement& statement, const std::string& why) {
    breaches_.push_back({statement.line, line_text(module_.text, statement.line), why});
  }

  static bool has_float(const Statement& statement) {
    return std::any_of(statement.modifiers.begin(), statement.modifiers.end(),
                       [](const std::string& word) { return word.front() == 'f' && is_float(parse_type(word)); }) ||
           statement.has("bf16") || statement.has("f16x2") || statement.has("bf16x2") || statement.has("tf32");
  }

  void check(const Statement& statement) {
    const bool floats = has_float(statement);
    for (const char* word : {"approx", "full"})
      if (statement.has(word) && floats) return breach(statement, std::string("`.") + word + "` has no fixed bits");
    if (is_one_of(statement.name, kApproximate))
      return breach(statement, "`" + statement.name + "` has no place in exact code");
    if (statement.has("ftz")) return breach(statement, "`.ftz` flushes subnormals");
    if (floats && statement.has("sat")) return breach(statement, "`.sat` clamps a float");
    if (floats && is_one_of(statement.name, kRounded) && !statement.has("rn"))
      return breach(statement, "float arithmetic without `.rn` may be fused or rounded otherwise");
    if (statement.name == "cvt") return check_conversion(statement);
    if ((statement.name == "atom" || statement.name == "red") && floats)
      return breach(statement, "the order of float atomics is not fixed");
    if (statement.name == "membar" || statement.name == "fence")
      return breach(statement, "fences order what barriers should");
    for (const std::string_view word : kOrdered)
      if (statement.has(word)) return breach(statement, "`." + std::string(word) + "` orders what barriers should");
    if (statement.name == "activemask") return breach(statement, "which lanes are active is not fixed");
    check_mask(statement);
    for (const Operand& operand : statement.operands)
      if (operand.kind == OperandKind::special && is_one_of(operand.name, kClocks))
        return breach(statement, "a clock has no fixed value");
  }

  void check_conversion(const Statement& statement) {
    std::vector<Type> types;
    for (const std::string& word : statement.modifiers)
      if (parse_type(word) != Type::none) types.push_back(parse_type(word));
    if (types.size() != 2 || !is_float(types[0]) || statement.has("rn")) return;
    const bool exact = is_float(types[1]) && size_of(types[1]) <= size_of(types[0]);
    if (!exact) breach(statement, "a conversion to a float without `.rn`");
  }

  void check_mask(const Statement& statement) {
    const bool warp_barrier = (statement.name == "bar" || statement.name == "barrier") && statement.has("warp");
    if (statement.name != "shfl" && statement.name != "vote" && !warp_barrier) return;
    if (!statement.has("sync")) return breach(statement, "without `.sync` nothing says which lanes take part");
    if (statement.operands.empty() || !is_full(statement.operands.back()))
      breach(statement, "the mask is not the constant of all lanes");
  }

  static bool is_full_constant(const Operand& operand) {
    return operand.kind == OperandKind::integer && (operand.value & 0xffffffffu) == 0xffffffffu;
  }

  bool is_full(const Operand& operand) const {
    if (operand.kind == OperandKind::reg) return full_.contains(operand.index) && !other_.contains(operand.index);
    return is_full_constant(operand);
  }

  /// Registers that are only ever given the full mask: nvcc keeps constants in such.
  void find_full_masks() {
    for (const Statement& statement : function_.statements) {
      if (statement.operands.empty()) continue;
      const bool sets =
          statement.name == "mov" && statement.operands.size() == 2 && is_full_constant(statement.operands[1]);
      const Operand& to = statement.operands.front();
      if (to.kind == OperandKind::reg) (sets ? full_ : other_).insert(to.index);
      for (const Operand& part : to.parts)
        if (to.kind == OperandKind::vector && part.kind == OperandKind::reg) other_.insert(part.index);
    }
  }

  const Module& module_;
  const Function& function_;
  std::vector<PolicyBreach>& breaches_;
  std::unordered_set<std::uint32_t> full_, other_;
};

}  // namespace

std::vector<PolicyBreach> check_policy(std::string_view ptx) {
  const Module module = parse(ptx);
  std::vector<PolicyBreach> breaches;
  for (const Function& function : module.functions) FunctionPolicy(module, function, breaches).run();
  return breaches;
}

}  // namespace envlock::ptx
