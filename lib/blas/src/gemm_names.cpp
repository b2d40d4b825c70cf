#include "gemm_names.h"

#include <algorithm>
#include <array>
#include <tuple>

namespace envlock::blas {
namespace {

constexpr std::array<std::string_view, 6> kSuffixesOfC = {"", "64_", "_64", "_64_", "64", "_"};
constexpr std::array<std::string_view, 6> kSuffixesOfFortran = {"_", "_64_", "64_", "_64", "64", ""};

/// "scipy_", "openblas_": one word. MKL's own "mkl_blas__" is an interface of another kind.
bool is_prefix(std::string_view text) {
  if (text.empty()) return true;
  const std::string_view word = text.substr(0, text.size() - 1);
  return text.back() == '_' && !word.empty() && std::all_of(word.begin(), word.end(), [](char letter) {
           return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
                  (letter >= '0' && letter <= '9');
         });
}

std::optional<GemmName> parse_as(std::string_view symbol, std::string_view stem, bool is_c,
                                 const std::array<std::string_view, 6>& suffixes) {
  const std::size_t place = symbol.find(stem);
  if (place == std::string_view::npos) return std::nullopt;
  const std::string_view prefix = symbol.substr(0, place);
  const std::string_view suffix = symbol.substr(place + stem.size());
  if (!is_prefix(prefix) || std::find(suffixes.begin(), suffixes.end(), suffix) == suffixes.end()) return std::nullopt;
  // ATL_sgemm and bli_sgemm are calls of these libraries' own kind.
  if (!is_c && suffix.empty() && !prefix.empty()) return std::nullopt;
  return GemmName{is_c, std::string(prefix), std::string(suffix)};
}

}  // namespace

std::optional<GemmName> parse_gemm_name(std::string_view symbol) {
  if (symbol.find("cblas_sgemm") != std::string_view::npos) return parse_as(symbol, "cblas_sgemm", true, kSuffixesOfC);
  return parse_as(symbol, "sgemm", false, kSuffixesOfFortran);
}

bool is_gemm_name(std::string_view symbol) {
  return parse_gemm_name(symbol).has_value();
}

std::string best_gemm_name(const std::vector<std::string>& symbols) {
  const auto rank = [](const std::string& symbol) {
    const GemmName name = parse_gemm_name(symbol).value_or(GemmName{});
    const bool usual = name.prefix.empty() && name.suffix == (name.is_c ? "" : "_");
    return std::tuple(!name.is_c, !usual, symbol.size(), symbol);
  };
  std::string best;
  for (const std::string& symbol : symbols) {
    if (is_gemm_name(symbol) && (best.empty() || rank(symbol) < rank(best))) best = symbol;
  }
  return best;
}

std::vector<std::string> c_names_beside(std::string_view symbol) {
  const auto name = parse_gemm_name(symbol);
  if (!name) return {};
  if (name->is_c) return {std::string(symbol)};
  std::vector<std::string> names;
  for (const std::string_view suffix : kSuffixesOfC) {
    const GemmName candidate{true, name->prefix, std::string(suffix)};
    if (candidate.has_long_integers() == name->has_long_integers())
      names.push_back(candidate.prefix + "cblas_sgemm" + candidate.suffix);
  }
  return names;
}

}  // namespace envlock::blas
