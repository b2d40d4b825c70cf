#include "envlock/spec/spec.h"

#include "reading.h"

using namespace envlock_test;

TEST_CASE("a plain environment file is read in its order") {
  const Outcome read = read_text(
      "name: demo\n"
      "channels:\n"
      "  - conda-forge\n"
      "  - nodefaults\n"
      "dependencies:\n"
      "  - python=3.10   # the oldest we support\n"
      "  - conda-forge::numpy >=1.20, <2\n"
      "  - \"pytorch[build=*cuda*]\"\n"
      "  - pip:\n"
      "    - wandb  # tracking\n"
      "    - -e .\n"
      "variables:\n"
      "  CUBLAS_WORKSPACE_CONFIG: :4096:8\n"
      "platforms: [linux-64, osx-arm64]\n");
  REQUIRE(read.places().empty());
  CHECK(read.noted().empty());
  CHECK(read.spec.name == "demo");
  REQUIRE(read.spec.channels.size() == 1);
  CHECK(read.spec.channels[0].text == "conda-forge");
  CHECK(read.spec.nodefaults);
  CHECK(read.texts() == Texts{"python=3.10", "conda-forge::numpy >=1.20, <2", "pytorch[build=*cuda*]"});
  REQUIRE(read.spec.pip.size() == 2);
  CHECK(read.spec.pip[0].text == "wandb");
  CHECK(read.spec.pip[1].text == "-e .");
  CHECK(read.spec.variables.at("CUBLAS_WORKSPACE_CONFIG").value == ":4096:8");
  REQUIRE(read.spec.platforms.size() == 2);
  CHECK(read.spec.platforms[1].name == "osx-arm64");

  const auto& where = read.spec.requests[0].where;
  CHECK(where.file == "environment.yml");
  CHECK(where.line == 6);
  CHECK(where.column == 5);
  CHECK(where.length == 11);
  CHECK(where.text == "  - python=3.10   # the oldest we support");
}

TEST_CASE("a misspelt dependencies key is an error, any other unknown key a warning") {
  const Outcome wrong = read_text("name: a\n\nchannels: [x]\ndependancies:\n  - numpy\n");
  REQUIRE(wrong.places() == Texts{"unknown-key 4:1 12"});
  CHECK(wrong.mistakes[0].what == "`dependancies` is not a key of environment.yml");
  CHECK(wrong.mistakes[0].where->text == "dependancies:");
  CHECK(wrong.mistakes[0].hints == Texts{"did you mean `dependencies`?"});

  const Outcome warned = read_text("chanels: [x]\ndependencies: []\nwhatever: 1\n");
  CHECK(warned.places().empty());
  REQUIRE(warned.noted() == Texts{"unknown-key 1:1 7", "unknown-key 3:1 8"});
  CHECK(warned.notes.all()[0].severity == envlock::core::Severity::warning);
  CHECK(warned.notes.all()[0].diagnostic.hints == Texts{"did you mean `channels`?"});
}

TEST_CASE("dependencies must be there and be a list") {
  CHECK(read_text("name: a\n").places() == Texts{"missing-dependencies 0:0 0"});
  CHECK(read_text("dependencies:\n").places() == Texts{"missing-dependencies 1:13 1"});
  CHECK(read_text("dependencies: numpy\n").places() == Texts{"not-a-list 1:15 5"});
  CHECK(read_text("dependencies:\n  numpy: 1\n").places() == Texts{"not-a-list 2:3 8"});
  CHECK(read_text("dependencies: []\n").places().empty());
}

TEST_CASE("an item that is no text is explained") {
  const Outcome number = read_text("dependencies:\n  - python\n  - 3.10\n");
  REQUIRE(number.places() == Texts{"number-as-dependency 3:5 4"});
  CHECK(number.mistakes[0].why == Texts{"to YAML it is a fraction, so that 3.10 and 3.1 are the same"});
  CHECK(number.mistakes[0].hints == Texts{"write the package and its version on one line: `- python=3.10`"});

  CHECK(read_text("dependencies:\n  - 7\n").places() == Texts{"number-as-dependency 2:5 1"});
  CHECK(read_text("dependencies:\n  - yes\n").places() == Texts{"not-text 2:5 3"});
  CHECK(read_text("dependencies:\n  -\n  - numpy\n").places() == Texts{"not-text 2:3 1"});
  CHECK(read_text("dependencies:\n  - numpy\n  - # nothing\n").places() == Texts{"not-text 3:3 1"});
  CHECK(read_text("dependencies:\n  - ~\n").places() == Texts{"not-text 2:5 1"});
  CHECK(read_text("dependencies:\n  - - numpy\n").places() == Texts{"nested-list 2:5 7"});
  CHECK(read_text("dependencies:\n  - !!python/name:os.system x\n").places() == Texts{"not-text 2:29 1"});
  CHECK(read_text("dependencies:\n  - \"num\\x07py\"\n").places() == Texts{"control-character 2:5 11"});
}

TEST_CASE("an unknown installer is an error that says what was meant") {
  const Outcome conda = read_text("dependencies:\n  - conda: [numpy]\n  - npm:\n      - left-pad\n  - numpy: 1.26\n");
  REQUIRE(conda.places() == Texts{"unknown-installer 2:5 5", "unknown-installer 3:5 3", "unknown-installer 5:5 5"});
  CHECK(conda.mistakes[2].hints == Texts{"for a package and its version write `- numpy=1.26`"});
  CHECK(read_text("dependencies:\n  - pipp: [x]\n").mistakes[0].hints == Texts{"did you mean `pip`?"});
}

TEST_CASE("pip lists are kept as written, and empty ones dropped") {
  const Outcome read = read_text(
      "dependencies:\n"
      "  - pip\n"
      "  - pip:\n"
      "    - numpy==1.26 --hash=sha256:00  # [linux]\n"
      "    - \"torch @ https://example.com/a#b\"\n"
      "    - |\n"
      "      -r other.txt\n"
      "      --pre\n");
  REQUIRE(read.places().empty());
  REQUIRE(read.spec.pip.size() == 4);
  CHECK(read.spec.pip[0].text == "numpy==1.26 --hash=sha256:00");
  CHECK(read.spec.pip[0].selector == "linux");
  CHECK(read.spec.pip[1].text == "torch @ https://example.com/a#b");
  CHECK(read.spec.pip[2].text == "-r other.txt");
  CHECK(read.spec.pip[3].text == "--pre");

  CHECK(read_text("dependencies:\n  - pip: []\n").noted() == Texts{"empty-pip-list 2:5 3"});
  const Outcome outdented = read_text("dependencies:\n  - pip:\n  - wandb\n");
  REQUIRE(outdented.noted() == Texts{"empty-pip-list 2:5 3"});
  CHECK(outdented.notes.all()[0].severity == envlock::core::Severity::warning);
  CHECK(read_text("dependencies:\n  - pip: wandb\n").places() == Texts{"not-a-list 2:10 5"});
  CHECK(read_text("dependencies:\n  - pip: [3.10]\n").places() == Texts{"not-text 2:11 4"});
  CHECK(read_text("dependencies:\n  - pip: [a]\n  - pip: [b]\n").noted() == Texts{"several-pip-lists 3:5 3"});
}

TEST_CASE("all mistakes of a file are told at once, in order") {
  const Outcome read = read_text(
      "name: a/b\n"
      "channels: conda-forge\n"
      "platforms: [noarch, linux64]\n"
      "variables: {1X: a}\n"
      "dependencies:\n"
      "  - 3.1\n"
      "  - numpy >=>= 1\n");
  CHECK(read.places() == Texts{"invalid-name 1:7 3", "not-a-list 2:11 11", "unknown-platform 3:13 6",
                               "unknown-platform 3:21 7", "invalid-variable-name 4:13 2", "number-as-dependency 6:5 3",
                               "invalid-spec 7:11 6"});
}

TEST_CASE("the column of a bad spec is counted in code points of its own line") {
  const Outcome plain = read_text("dependencies:\n  - numpy >=1.20,<<2\n");
  REQUIRE(plain.mistakes.size() == 1);
  CHECK(plain.mistakes[0].where->line == 2);
  const int column = plain.mistakes[0].where->column;
  CHECK(column > 10);

  const Outcome after_umlaut = read_text("dependencies: [\"\xC3\xA4\xC3\xB6\", x, numpy >=1.20]\n");
  REQUIRE(!after_umlaut.mistakes.empty());
  CHECK(after_umlaut.mistakes[0].where->column == 17);
}

TEST_CASE("a category goes to every line of its file") {
  const Outcome read = read_text("dependencies:\n  - numpy\n  - pip: [wandb]\ncategory: dev\n");
  REQUIRE(read.places().empty());
  CHECK(read.spec.requests[0].category == "dev");
  CHECK(read.spec.pip[0].category == "dev");
}
