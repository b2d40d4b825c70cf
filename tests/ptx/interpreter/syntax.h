#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// A PTX module as written: names of registers and variables are resolved, nothing else is.
namespace envlock::ptx {

enum class Space : std::uint8_t { generic, global, shared, local, param, constant };

enum class Type : std::uint8_t { none, b8, u8, s8, b16, u16, s16, f16, b32, u32, s32, f32, b64, u64, s64, f64, pred };

unsigned size_of(Type type);  ///< Units: bytes; a predicate counts 1.
bool is_signed(Type type);
bool is_float(Type type);
/// The type a name such as "u32" stands for; none where it is no type.
Type parse_type(std::string_view name);

struct Register {
  std::string name;
  Type type = Type::none;
};

/// A variable of any memory space. `bytes` holds the initial value and may be shorter than `size`.
struct Variable {
  std::string name;
  Space space = Space::global;
  Type type = Type::b8;
  std::uint64_t size = 0;
  std::uint64_t alignment = 1;
  bool external = false;
  bool initialised = false;
  std::vector<std::uint8_t> bytes;
  /// Addresses of other variables inside the initial value.
  struct Relocation {
    std::uint64_t offset;
    std::string name;
    std::uint64_t addend;
  };
  std::vector<Relocation> relocations;
  int line = 0;
};

enum class OperandKind : std::uint8_t {
  reg,       ///< index: register of the function
  variable,  ///< index: variable of the function; value: byte offset
  special,   ///< name: "%tid.x"
  name,      ///< a global variable, label or function; value: byte offset
  integer,   ///< value
  real32,    ///< value: bits
  real64,    ///< value: bits
  decimal,   ///< value: bits of a double
  address,   ///< parts[0] is the base; value: byte offset
  vector,    ///< {a, b, ...}, and a|b
  list,      ///< (a, b, ...) of a call
  sink       ///< _
};

struct Operand {
  OperandKind kind = OperandKind::sink;
  bool negated = false;
  std::uint32_t index = 0;
  std::uint64_t value = 0;
  std::string name;
  std::vector<Operand> parts;
};

struct Guard {
  std::uint32_t reg = 0;
  bool negated = false;
};

/// One instruction: `name` is its first word, `modifiers` the rest of the opcode, split at the dots.
struct Statement {
  int line = 0;
  std::string name;
  std::vector<std::string> modifiers;
  std::optional<Guard> guard;
  std::vector<Operand> operands;
  bool has(std::string_view modifier) const;
  std::string opcode() const;
};

struct Label {
  std::string name;
  std::size_t statement = 0;  ///< the statement it stands before
};

struct Function {
  std::string name;
  bool entry = false;
  bool has_body = false;
  int line = 0;
  std::vector<std::uint32_t> results;     ///< indices into variables
  std::vector<std::uint32_t> parameters;  ///< indices into variables
  std::vector<Register> registers;
  std::vector<Variable> variables;
  std::vector<Statement> statements;
  std::vector<Label> labels;
  unsigned max_threads = 0;  ///< from .maxntid or .reqntid, 0 where unsaid
};

struct Module {
  std::string version;
  std::string target;
  std::string text;
  std::vector<Variable> variables;
  std::vector<Function> functions;
};

/// Throws: PtxError with the line.
Module parse(std::string_view text);

}  // namespace envlock::ptx
