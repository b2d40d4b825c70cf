#include "error.h"
#include "parser.h"

#include <unordered_set>
#include <utility>

namespace envlock::ptx {
namespace {

class ModuleParser : private TokenReader {
 public:
  ModuleParser(const std::vector<Token>& tokens, std::size_t& at, std::string_view text)
      : TokenReader(tokens, at, text) {}

  Module run() {
    module_.text = std::string(text());
    while (peek().kind != TokenKind::end) parse_item();
    if (module_.version.empty()) fail("there is no .version");
    if (module_.target.empty()) fail("there is no .target");
    check_names();
    return std::move(module_);
  }

 private:
  void parse_item() {
    if (take_if(';')) return;
    expect('.');
    bool external = false;
    std::string word = expect_word("a directive");
    while (word == "visible" || word == "extern" || word == "weak" || word == "common") {
      external = external || word == "extern";
      expect('.');
      word = expect_word("a directive");
    }
    if (word == "entry" || word == "func") {
      parse_function(word == "entry");
    } else if (word == "global" || word == "const" || word == "shared") {
      parse_variables(word == "global" ? Space::global : word == "const" ? Space::constant : Space::shared, external);
    } else {
      parse_header(word);
    }
  }

  void parse_header(const std::string& word) {
    if (word == "version") {
      module_.version = std::string(take().text);
    } else if (word == "target") {
      module_.target = expect_word("a target");
      while (take_if(',')) expect_word("a target option");
    } else if (word == "address_size") {
      if (expect_integer("an address size") != 64) fail("only 64-bit addresses are supported");
    } else if (word == "file") {
      expect_integer("a file number");
      take();
      while (take_if(',')) expect_integer("a file fact");
    } else if (word == "section") {
      skip_past('}');
    } else if (word == "pragma" || word == "alias") {
      skip_past(';');
    } else {
      fail("`." + word + "` is not supported at this place");
    }
  }

  void parse_variables(Space space, bool external) {
    Variable variable = parse_variable(space);
    variable.external = external;
    if (external && space != Space::shared) fail("external variables are not supported");
    expect(';');
    module_.variables.push_back(std::move(variable));
  }

  void parse_function(bool entry) {
    Function function = FunctionParser(tokens(), position(), text()).run(entry);
    for (Function& known : module_.functions)
      if (known.name == function.name && !known.has_body) {
        known = std::move(function);
        return;
      }
    module_.functions.push_back(std::move(function));
  }

  void check_names() const {
    std::unordered_set<std::string> seen;
    for (const Variable& variable : module_.variables)
      if (!seen.insert(variable.name).second) fail_at(variable.line, "`" + variable.name + "` is declared twice");
    for (const Function& function : module_.functions)
      if (!seen.insert(function.name).second) fail_at(function.line, "`" + function.name + "` is declared twice");
  }

  Module module_;
};

}  // namespace

Module parse(std::string_view text) {
  const std::vector<Token> tokens = split(text);
  std::size_t at = 0;
  return ModuleParser(tokens, at, text).run();
}

}  // namespace envlock::ptx
