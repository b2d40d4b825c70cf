#include "syntax.h"

#include <algorithm>
#include <array>
#include <utility>

namespace envlock::ptx {
namespace {

constexpr std::array<std::pair<std::string_view, Type>, 16> kTypes = {{{"b8", Type::b8},
                                                                       {"u8", Type::u8},
                                                                       {"s8", Type::s8},
                                                                       {"b16", Type::b16},
                                                                       {"u16", Type::u16},
                                                                       {"s16", Type::s16},
                                                                       {"f16", Type::f16},
                                                                       {"b32", Type::b32},
                                                                       {"u32", Type::u32},
                                                                       {"s32", Type::s32},
                                                                       {"f32", Type::f32},
                                                                       {"b64", Type::b64},
                                                                       {"u64", Type::u64},
                                                                       {"s64", Type::s64},
                                                                       {"f64", Type::f64},
                                                                       {"pred", Type::pred}}};

}  // namespace

unsigned size_of(Type type) {
  switch (type) {
    case Type::none:
      return 0;
    case Type::b8:
    case Type::u8:
    case Type::s8:
    case Type::pred:
      return 1;
    case Type::b16:
    case Type::u16:
    case Type::s16:
    case Type::f16:
      return 2;
    case Type::b32:
    case Type::u32:
    case Type::s32:
    case Type::f32:
      return 4;
    case Type::b64:
    case Type::u64:
    case Type::s64:
    case Type::f64:
      return 8;
  }
  return 0;
}

bool is_signed(Type type) {
  return type == Type::s8 || type == Type::s16 || type == Type::s32 || type == Type::s64;
}

bool is_float(Type type) {
  return type == Type::f16 || type == Type::f32 || type == Type::f64;
}

Type parse_type(std::string_view name) {
  for (const auto& [text, type] : kTypes)
    if (text == name) return type;
  return Type::none;
}

bool Statement::has(std::string_view modifier) const {
  return std::find(modifiers.begin(), modifiers.end(), modifier) != modifiers.end();
}

std::string Statement::opcode() const {
  std::string text = name;
  for (const std::string& modifier : modifiers) text += "." + modifier;
  return text;
}

}  // namespace envlock::ptx
