// Nothing but its link line matters: with -ffast-math, compilers used to add start-up code to shared libraries that
// sets the floating-point unit to flush subnormal numbers in whatever process loads them.
extern "C" int envlock_drift_fast_math() {
  return 1;
}
