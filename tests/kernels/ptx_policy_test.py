"""The policy over PTX must refuse what it is there to refuse."""

import os
import sys

from ptx_policy import faults

KERNEL = """
.visible .entry sample(
\t.param .u64 sample_param_0
)
{{
\tmov.b32 \t%r1, -1;
\tmov.b32 \t%r2, 65535;
\t{}
\tret;
}}
"""
ALLOWED = [
    "fma.rn.f32 \t%f1, %f2, %f3, %f4;",
    "@%p1 add.rn.f32 \t%f1, %f2, %f3;",
    "div.rn.f64 \t%fd1, %fd2, %fd3;",
    "sqrt.rn.f32 \t%f1, %f2;",
    "neg.f32 \t%f1, %f2;",
    "cvt.rn.f32.f64 \t%f1, %fd1;",
    "cvt.f64.f32 \t%fd1, %f1;",
    "cvt.rn.f32.s32 \t%f1, %r1;",
    "min.s32 \t%r3, %r4, %r5;",
    "mul.lo.s32 \t%r3, %r4, %r5;",
    "shfl.sync.bfly.b32 \t%r3|%p1, %r4, 16, 31, -1;",
    "shfl.sync.bfly.b32 \t%r3|%p1, %r4, 16, 31, %r1;",
    "bar.sync \t0;",
    "st.shared.v4.f32 \t[%r1], {%f1, %f2, %f3, %f4};",
]
REFUSED = [
    "add.f32 \t%f1, %f2, %f3;",
    "mul.f64 \t%fd1, %fd2, %fd3;",
    "mad.rn.f32 \t%f1, %f2, %f3, %f4;",
    "fma.rn.ftz.f32 \t%f1, %f2, %f3, %f4;",
    "@%p1 fma.rn.ftz.f32 \t%f1, %f2, %f3, %f4;",
    "fma.rz.f32 \t%f1, %f2, %f3, %f4;",
    "add.rn.sat.f32 \t%f1, %f2, %f3;",
    "div.approx.f32 \t%f1, %f2, %f3;",
    "div.full.f32 \t%f1, %f2, %f3;",
    "sqrt.approx.f32 \t%f1, %f2;",
    "ex2.approx.f32 \t%f1, %f2;",
    "ex2.approx.ftz.f32 \t%f1, %f2;",
    "rcp.rn.f32 \t%f1, %f2;",
    "tanh.approx.f32 \t%f1, %f2;",
    "max.f32 \t%f1, %f2, %f3;",
    "atom.global.add.f32 \t%f1, [%rd1], %f2;",
    "red.global.add.f32 \t[%rd1], %f2;",
    "cvt.f32.f64 \t%f1, %fd1;",
    "cvt.rz.f32.f64 \t%f1, %fd1;",
    "cvt.rzi.s32.f32 \t%r1, %f1;",
    "shfl.sync.bfly.b32 \t%r3|%p1, %r4, 16, 31, %r2;",
    "shfl.sync.bfly.b32 \t%r3|%p1, %r4, 16, 31, 255;",
    "shfl.bfly.b32 \t%r3|%p1, %r4, 16, 31;",
    "bar.sync \t1, 64;",
    "call.uni (retval0), expf, (param0);",
]


def main():
    wrong = [line for line in ALLOWED if faults(KERNEL.format(line))]
    wrong += [line for line in REFUSED if not faults(KERNEL.format(line))]
    for line in wrong:
        print("judged wrongly:", line)
    # The text that ships, changed by one word anywhere, must not pass either.
    here = os.path.dirname(os.path.abspath(__file__))
    with open(os.path.join(here, "../../kernels/ptx/envlock_kernels.ptx"), encoding="utf-8") as file:
        shipped = file.read()
    for before, after in [("fma.rn.f32", "fma.rn.ftz.f32"), ("add.rn.f32", "add.f32"), ("div.rn.f32", "div.full.f32"),
                          ("sqrt.rn.f32", "sqrt.approx.f32"), ("mul.rn.f64", "mul.f64")]:
        changed = shipped.replace(before, after, 1)
        if changed == shipped or not faults(changed):
            wrong.append(before)
            print("not noticed in the shipped text:", after)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
