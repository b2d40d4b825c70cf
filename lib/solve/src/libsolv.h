#pragma once

// The only door to libsolv. Its Solvable has a member called `requires`, a keyword since C++20, so the name is changed
// while its headers are read; whatever those include must have been read before.
#include <cstdarg>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#ifdef __clang__
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wkeyword-macro"
#endif
#define requires dep_requires
extern "C" {
#include <solv/pool.h>
#include <solv/queue.h>
#include <solv/repo.h>
#include <solv/solver.h>
}
#undef requires
#ifdef __clang__
#pragma clang diagnostic pop
#endif
