#if defined(__x86_64__)
#include "rows.h"
#include "trace.h"

#include <bit>
#include <type_traits>

// Behind the standard headers, so that only our own functions may use these instructions.
#if defined(__clang__)
#pragma clang attribute push(                                                                              \
    __attribute__((target("avx2,fma,bmi,bmi2,lzcnt,popcnt,avx512f,avx512bw,avx512dq,avx512vl,avx512cd"))), \
    apply_to = function)
#else
#pragma GCC target("avx2,fma,bmi,bmi2,lzcnt,popcnt,avx512f,avx512bw,avx512dq,avx512vl,avx512cd,prefer-vector-width=512")
#endif
#define ENVLOCK_ROWS_NAME "avx512"
#define ENVLOCK_ROWS_GETTER rows_avx512
#include "rows_body.inc"
#if defined(__clang__)
#pragma clang attribute pop
#endif
#endif
