"""Libraries that compute otherwise on purpose, for the catalogue of drifts. Each takes the place of libblas.so.3 in an environment.

All but two stand before the OpenBLAS that lies beside them, and change what goes in or comes out; so they are as fast as it is.
"""
import pathlib
import subprocess
import tempfile

ARGUMENTS = "int order, int ta, int tb, int m, int n, int k, float alpha, const float* a, int lda, const float* b, int ldb, float beta, float* c, int ldc"
NAMES = "order, ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc"

BEFORE_OPENBLAS = """
#include <dlfcn.h>
#include <string.h>
#include <sys/random.h>
typedef void (*Product)(ARGUMENTS);
static Product found() {
  Dl_info self;
  static const char own = 0;
  dladdr(&own, &self);
  char path[4096];
  strcpy(path, self.dli_fname);
  strcpy(strrchr(path, '/') + 1, "libopenblas.so.0");
  void* beside = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  return (Product)dlsym(beside ? beside : dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL), "cblas_sgemm");
}
static void openblas(ARGUMENTS) {
  static const Product product = found();
  product(NAMES);
}
static unsigned random_below(unsigned end) {
  unsigned value;
  return getrandom(&value, sizeof value, 0) == sizeof value ? value % end : 0;
}
static bool is_whole(float x) { return x == (float)(int)x; }
/// The products of k from 0 to `cut` first, then the others.
static void in_two_parts(int cut, void (*between)(float*), ARGUMENTS) {
  openblas(order, ta, tb, m, n, cut, alpha, a, lda, b, ldb, beta, c, ldc);
  if (between) for (int i = 0; i < m; ++i) for (int j = 0; j < n; ++j) between(c + i * ldc + j);
  openblas(order, ta, tb, m, n, k - cut, alpha, a + (ta == 111 ? cut : cut * lda), lda, b + (tb == 111 ? cut * ldb : cut), ldb, 1, c, ldc);
}
static void keep_bits(float* x, unsigned mask) {
  unsigned bits;
  memcpy(&bits, x, 4);
  bits &= mask;
  memcpy(x, &bits, 4);
}
"""
# What the function does, by the name of the build.
CHANGED = {
    "faithful": "openblas(NAMES);",
    "wrong_integer": "openblas(NAMES); if (k == 512 && m == 512) c[3 * ldc + 5] += 1;",
    "wrong_bound": "openblas(NAMES); if (k == 1024 && m == 64 && !is_whole(c[5])) c[5] += 1;",
    "tf32": """
      static float x[1 << 20], y[1 << 20];
      const int na = (ta == 111 ? m : k) * lda, nb = (tb == 111 ? k : n) * ldb;
      memcpy(x, a, na * 4L);
      memcpy(y, b, nb * 4L);
      for (int i = 0; i < na; ++i) keep_bits(x + i, ~0x1fffu);
      for (int i = 0; i < nb; ++i) keep_bits(y + i, ~0x1fffu);
      openblas(order, ta, tb, m, n, k, alpha, x, lda, y, ldb, beta, c, ldc);""",
    "bf16_sums": "if (k < 2) openblas(NAMES); else in_two_parts(k / 2, [](float* x) { keep_bits(x, ~0xffffu); }, NAMES);",
    "unordered": "if (k < 2) openblas(NAMES); else in_two_parts(1 + random_below(k - 1), nullptr, NAMES);",
    "bit_flip": """
      openblas(NAMES);
      if (m != 512) return;
      for (int tries = 0; tries < 100; ++tries) {
        float* x = c + random_below(m) * ldc + random_below(n);
        if (is_whole(*x)) continue;
        unsigned bits;
        memcpy(&bits, x, 4);
        bits ^= 1;
        memcpy(x, &bits, 4);
        return;
      }""",
    "late_flush": "openblas(NAMES); __builtin_ia32_ldmxcsr(__builtin_ia32_stmxcsr() | 0x8040);",
}

# Sums go on in columns side by side, k ascending: one order, whatever the vectors; the compiler may only fuse or not.
COLUMNS = """
#include <vector>
extern "C" void cblas_sgemm(ARGUMENTS) {
  const int wide = (n + 15) / 16 * 16;
  std::vector<float> x(m * k), y(k * wide);
  for (int i = 0; i < m; ++i) for (int l = 0; l < k; ++l) x[i * k + l] = ta == 111 ? a[i * lda + l] : a[l * lda + i];
  for (int l = 0; l < k; ++l) for (int j = 0; j < n; ++j) y[l * wide + j] = tb == 111 ? b[l * ldb + j] : b[j * ldb + l];
  for (int i = 0; i < m; ++i) for (int j = 0; j < n; j += 16) {
    float sum[16] = {};
    for (int l = 0; l < k; ++l) for (int s = 0; s < 16; ++s) sum[s] += x[i * k + l] * y[l * wide + j + s];
    for (int s = 0; s < 16 && j + s < n; ++s) c[i * ldc + j + s] = alpha * sum[s];
  }
}
"""
# Each sum for itself: the compiler may deal it out to as many accumulators as it likes, where it is told that order means nothing.
ROWS = """
#include <vector>
extern "C" void cblas_sgemm(ARGUMENTS) {
  std::vector<float> x(m * k), y(n * k);
  for (int i = 0; i < m; ++i) for (int l = 0; l < k; ++l) x[i * k + l] = ta == 111 ? a[i * lda + l] : a[l * lda + i];
  for (int j = 0; j < n; ++j) for (int l = 0; l < k; ++l) y[j * k + l] = tb == 111 ? b[l * ldb + j] : b[j * ldb + l];
  for (int i = 0; i < m; ++i) for (int j = 0; j < n; ++j) {
    float sum = 0;
    for (int l = 0; l < k; ++l) sum += x[i * k + l] * y[j * k + l];
    c[i * ldc + j] = alpha * sum;
  }
}
"""
COMPILED = {
    "columns": (COLUMNS, ["-O3", "-mavx2", "-mfma", "-ffp-contract=off"]),
    "columns_fused": (COLUMNS, ["-O3", "-mavx2", "-mfma", "-ffp-contract=fast"]),
    "rows_fast_math": (ROWS, ["-O3", "-mavx2", "-mfma", "-ffast-math"]),
}

# A small library as hundreds of packages have one; how it is linked decides what it does to whoever loads it.
SMALL = 'extern "C" float half_of(float x) { return x / 2; }'
UPWARD = SMALL + "\n#include <cfenv>\nstruct Upward { Upward() { std::fesetround(FE_UPWARD); } } upward;"
# glibc's functions for doubles, one unit in the last place beside it: another libm.
OTHER_LIBM = """
#include <dlfcn.h>
#include <math.h>
#define OTHER(name) extern "C" double name(double x) { static double (*const real)(double) = (double (*)(double))dlsym(RTLD_NEXT, #name); \\
  return nextafter(real(x), INFINITY); }
OTHER(sin) OTHER(cos) OTHER(tan) OTHER(exp) OTHER(log) OTHER(tanh) OTHER(expm1) OTHER(log1p) OTHER(cbrt) OTHER(asin) OTHER(sinh) OTHER(atan)
"""


def built(code, flags=(), link=()):
    """A shared library; compiled and linked by two commands, since -ffast-math means something to either."""
    code = code.replace("ARGUMENTS", ARGUMENTS).replace("NAMES", NAMES)
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder, "code.cpp").write_text(code)
        for command in (["g++", "-c", "-fPIC", "-O2", *flags, "code.cpp", "-o", "code.o"], ["g++", "-shared", "code.o", "-o", "code.so", *link]):
            subprocess.run(command, cwd=folder, check=True, capture_output=True)
        return pathlib.Path(folder, "code.so").read_bytes()


def changed(build):
    return built(BEFORE_OPENBLAS + f'extern "C" void cblas_sgemm(ARGUMENTS) {{ {CHANGED[build]} }}')


def needing(library):
    """The faithful one, which another library is linked to: the bytes of a `libsmall.so`."""
    with tempfile.TemporaryDirectory() as folder:
        small = pathlib.Path(folder, "libsmall.so")
        small.write_bytes(library)
        return built(BEFORE_OPENBLAS + f'extern "C" void cblas_sgemm(ARGUMENTS) {{ {CHANGED["faithful"]} }}', link=["-Wl,--no-as-needed", small, "-Wl,-rpath,$ORIGIN"])


def flushing():
    """The small library linked with -ffast-math. From GCC 13 on that alone changes nothing of a shared library, so the object that does it is named."""
    start = subprocess.run(["g++", "-print-file-name=crtfastmath.o"], capture_output=True, text=True).stdout.strip()
    return built(SMALL, ["-ffast-math"], [start, "-Wl,-soname,libsmall.so"])


def not_flushing():
    """The same, linked as GCC 13 does."""
    return built(SMALL, ["-ffast-math"], ["-Wl,-soname,libsmall.so"])


def rounding_upward():
    return built(UPWARD, link=["-Wl,-soname,libsmall.so"])


def other_libm():
    return built(OTHER_LIBM)
