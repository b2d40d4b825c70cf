#include "rows.h"
#include "trace.h"

#include <bit>
#include <type_traits>

#define ENVLOCK_ROWS_NAME "generic"
#define ENVLOCK_ROWS_GETTER rows_generic
#include "rows_body.inc"
