#include "conda_wish.h"

#include "envlock/core/text.h"

namespace envlock::resolve {
namespace {

/// Conda writes most clauses as PEP 440 does; it has no "===", and "==1.4.*" is "1.4.*" there.
std::string conda_clause(const pypi::Clause& clause) {
  if (clause.op == pypi::Operator::arbitrary) return "==" + clause.arbitrary;
  if (clause.op == pypi::Operator::equal && clause.wildcard) return clause.format().substr(2);
  return clause.format();
}

}  // namespace

CondaWish make_conda_wish(const ProvidedDistribution& provided, const pypi::Specifiers& specifiers) {
  std::vector<std::string> clauses;
  for (const pypi::Clause& clause : specifiers.clauses()) clauses.push_back(conda_clause(clause));
  CondaWish wish{.conda_name = provided.conda_name, .spec = provided.conda_name, .hint = ""};
  if (!clauses.empty()) wish.spec += " " + core::join(clauses, ",");
  wish.hint = "let conda bring the version that is needed: `" + wish.spec + "` under `dependencies:`";
  return wish;
}

}  // namespace envlock::resolve
