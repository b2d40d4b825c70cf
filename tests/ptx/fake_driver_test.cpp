#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>
#include <string>

#include "support/catch.h"

/// Host programs against the fake libcuda.so.1, each in a process and an environment of its own.
namespace {

struct Output {
  std::string text;
  int exit_code = 0;
  /// What stands behind the first line that begins with `name`.
  std::string operator[](const std::string& name) const {
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);)
      if (line.compare(0, name.size() + 1, name + " ") == 0) return line.substr(name.size() + 1);
    return "nothing";
  }
};

std::string temporary(const std::string& name) {
  return std::string(ENVLOCK_BINARY_DIR) + "/fake_driver_test_" + std::to_string(getpid()) + "_" + name;
}

Output run(const std::string& scenario, const std::string& environment = "", const std::string& prefix = "") {
  const std::string command = "env -u CUDA_VISIBLE_DEVICES " + environment + " " + prefix + " " +
                              ENVLOCK_FAKE_CUDA_HOST + " " + ENVLOCK_FAKE_CUDA_LIBRARY + " " + scenario +
                              " 2>/dev/null";
  Output output;
  FILE* pipe = popen(command.c_str(), "r");
  REQUIRE(pipe != nullptr);
  char buffer[4096];
  while (const std::size_t count = fread(buffer, 1, sizeof buffer, pipe)) output.text.append(buffer, count);
  const int status = pclose(pipe);
  output.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  INFO(output.text);
  CHECK(output.text.find("missing cu") == std::string::npos);
  return output;
}

std::string slurp(const std::string& path) {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  std::remove(path.c_str());
  return text.str();
}

std::string write_text(const std::string& name, const std::string& text) {
  const std::string path = temporary(name);
  std::ofstream(path) << text;
  return path;
}

const std::string kEnvironment = "ENVLOCK_FAKE_CUDA_";

}  // namespace

TEST_CASE("devices are what the environment says") {
  const Output one = run("devices");
  CHECK(one["early"] == "3");
  CHECK(one["init"] == "0");
  CHECK(one["count"] == "1");
  CHECK(one["name"] == "envlock interpreter");
  CHECK(one["error"] == "CUDA_ERROR_ILLEGAL_ADDRESS");
  CHECK(one["missing device"] == "101");
  const Output many =
      run("devices", kEnvironment + "DEVICES=3 " + kEnvironment + "NAMES='Left;Right' " + kEnvironment +
                         "UUIDS=0102030405060708090a0b0c0d0e0f10 " + kEnvironment + "SMS='4;132' " + kEnvironment +
                         "CAPABILITY=9.0 " + kEnvironment + "MEMORY=1000000 " + kEnvironment + "DRIVER_VERSION=12040");
  CHECK(many["count"] == "3");
  CHECK(many["name"] == "Left");
  CHECK(many.text.find("name Right\npci 0000:02:00.0\n") != std::string::npos);
  CHECK(many["uuid"] == std::to_string(1 * 256 + 16));
  CHECK(many["sms"] == "4");
  CHECK(many.text.find("sms 132") != std::string::npos);
  CHECK(many["major"] == "9");
  CHECK(many["memory"] == "1000000");
  CHECK(many["version"] == "12040");
  const Output hidden =
      run("devices", kEnvironment + "DEVICES=3 " + kEnvironment + "NAMES='A;B;C' CUDA_VISIBLE_DEVICES=2,0");
  CHECK(hidden["count"] == "2");
  CHECK(hidden["name"] == "C");
}

TEST_CASE("a machine without a device says so") {
  for (const std::string environment : {"INIT=100", "DEVICES=0"}) {
    const Output none = run("devices", kEnvironment + environment);
    CHECK(none["init"] == "100");
    CHECK(none["error"] == "CUDA_ERROR_NO_DEVICE");
    CHECK(none["count"] == "nothing");
  }
}

TEST_CASE("a kernel gives the same bits whatever the order, the threads and the moment") {
  const Output first = run("gemm");
  CHECK(first["gemm"] == "0");
  const std::string digest = first["digest"];
  CHECK(digest != "nothing");
  for (const std::string environment : {"SEED=2", "SEED=77", "THREADS=1", "THREADS=3", "LATE=1", "CHECKS=none"})
    CHECK(run("gemm", kEnvironment + environment)["digest"] == digest);
  for (const std::string rows : {"generic", "avx2"}) CHECK(run("gemm", "ENVLOCK_PTX_ROWS=" + rows)["digest"] == digest);
}

TEST_CASE("a flipped bit changes the result, once, where it was asked for") {
  const std::string digest = run("gemm")["digest"];
  const Output flipped = run("gemm", kEnvironment + "FLIP=gemm:5000:3");
  CHECK(flipped["gemm"] == "0");
  CHECK(flipped["digest"] != digest);
  CHECK(run("gemm", kEnvironment + "FLIP=gemm:5000:3")["digest"] == flipped["digest"]);
  CHECK(run("gemm", kEnvironment + "FLIP=gemm:999999999:3")["digest"] == digest);
  CHECK(run("gemm", kEnvironment + "FLIP=other:5000:3")["digest"] == digest);
  CHECK(run("gemm", kEnvironment + "FLIP=gemm:5000:3:1")["digest"] == digest);
}

TEST_CASE("a finding fails the launch and all that follows, and is written down") {
  const std::string report = temporary("report");
  const Output broken = run("broken", kEnvironment + "REPORT=" + report);
  CHECK(broken["gemm"] == "700");
  CHECK(broken["after"] == "700");
  CHECK(broken["synchronize"] == "700");
  const std::string text = slurp(report);
  CHECK(text.find("out-of-bounds: thread ") == 0);
  CHECK(text.find("0 bytes past the end of allocation #3 (13996 bytes)") != std::string::npos);
  CHECK(text.find("kernel gemm, block 1, thread ") != std::string::npos);
  CHECK(text.find("st.global.f32") != std::string::npos);
  // In late mode the launch is accepted and the wait fails.
  CHECK(run("broken", kEnvironment + "LATE=1")["gemm"] == "700");
}

TEST_CASE("wrong calls get the driver's answers") {
  const Output output = run("misuse");
  const std::map<std::string, std::string> expected = {{"before init", "3"},    {"host memory not ours", "1"},
                                                       {"no context", "201"},   {"alloc", "0"},
                                                       {"past the end", "1"},   {"too long", "1"},
                                                       {"inner free", "1"},     {"free", "0"},
                                                       {"free twice", "1"},     {"after free", "1"},
                                                       {"bad stream", "400"},   {"no function", "500"},
                                                       {"no threads", "1"},     {"no parameters", "1"},
                                                       {"graph", "801"},        {"proc address", "0"},
                                                       {"is it", "1"},          {"attribute", "0"},
                                                       {"shared", "1024"},      {"unload", "0"},
                                                       {"unload twice", "400"}, {"too many threads", "1"}};
  for (const auto& [name, value] : expected) {
    INFO(name);
    CHECK(output[name] == value);
  }
}

TEST_CASE("asynchronous work may happen at once, or only when somebody waits") {
  const Output now = run("late");
  CHECK(now["early"] == "77");
  CHECK(now["late"] == "77");
  CHECK(now["overwritten"] == "30");
  const Output late = run("late", kEnvironment + "LATE=1");
  CHECK(late["early"] == std::to_string(0xa5a5a5a5u));
  CHECK(late["ready"] == "600");
  CHECK(late["late"] == "77");
  CHECK(late["pageable"] == "9");
  CHECK(late["overwritten"] == "31");
}

TEST_CASE("two devices have memories of their own") {
  const Output output = run("two", kEnvironment + "DEVICES=2");
  CHECK(output["second"] == "0");
  CHECK(output["other device's memory"] == "1");
  CHECK(output["first"] == "0");
  CHECK(output["equal"] == "1");
}

TEST_CASE("faults are planted where the environment asks for them") {
  CHECK(run("gemm", kEnvironment + "FAIL=cuMemAlloc_v2:3:2")["cuMemAlloc_v2"] == "2");
  CHECK(run("gemm", kEnvironment + "FAIL=cuLaunchKernel:1:719")["gemm"] == "719");
  CHECK(run("gemm", kEnvironment + "FAIL=cuMemAlloc_v2:9:2,cuStreamSynchronize:1:999")["gemm"] == "999");
  CHECK(run("gemm", kEnvironment + "FAIL=cuLaunchKernel:2:719")["gemm"] == "0");
  CHECK(run("gemm", kEnvironment + "MEMORY=20000")["cuMemAlloc_v2"] == "2");
  const Output jit = run("gemm", kEnvironment + "JIT_ERROR='ptxas says no'");
  CHECK(jit["load"] == "218");
  CHECK(jit["log"] == "ptxas says no");
  CHECK(run("gemm", kEnvironment + "HANG=cuLaunchKernel:1", "timeout 1").exit_code == 124);
}

TEST_CASE("a module is refused with words: garbled, too new, or against the policy") {
  const auto load = [](const std::string& text, const std::string& environment = "") {
    const std::string path = write_text("module.ptx", text);
    const Output output = run("load " + path, environment);
    std::remove(path.c_str());
    return output;
  };
  const std::string begin = ".version 6.0\n.target sm_50\n.address_size 64\n.visible .entry k()\n{\n.reg .f32 %f<4>;\n",
                    end = "\nret;\n}\n";
  CHECK(load(begin + end)["load"] == "0");
  const Output garbled = load(begin + "add.rn.f32 %f0, %f1" + end);
  CHECK(garbled["load"] == "218");
  CHECK(garbled["log"].find("line 8: expected `;`") == 0);
  const Output approximate = load(begin + "mul.f32 %f0, %f1, %f2;" + end);
  CHECK(approximate["load"] == "218");
  CHECK(approximate["log"] == "policy:");
  CHECK(load(begin + "mul.f32 %f0, 0f3F800000, 0f3F800000;" + end, kEnvironment + "CHECKS=races")["load"] == "0");
  CHECK(load(".version 8.5\n" + begin.substr(13) + end, kEnvironment + "DRIVER_VERSION=12000")["load"] == "222");
  CHECK(load(".version 6.0\n.target sm_90\n" + begin.substr(27) + end, kEnvironment + "CAPABILITY=7.5")["load"] ==
        "209");
}

TEST_CASE("what ran is counted") {
  const std::string path = temporary("statistics");
  CHECK(run("gemm", kEnvironment + "STATISTICS=" + path)["gemm"] == "0");
  const std::string text = slurp(path);
  CHECK(text.find("launches 1\n") == 0);
  CHECK(text.find("cuMemAlloc_v2 3\n") != std::string::npos);
}
