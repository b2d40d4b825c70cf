"""Whole training steps with the PTX that nvcc makes of the kernels, on whatever device the test program finds.

usage: cuda_nvcc_steps.py SOURCE_DIR TEST_PROGRAM
"""

import os
import subprocess
import sys
import tempfile

import cuda_nvcc_gate


def main(source, program):
    nvcc = cuda_nvcc_gate.find("nvcc")
    if not nvcc:
        print("skipped: no nvcc")
        return 0
    oldest = cuda_nvcc_gate.architectures(nvcc)[0]
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "nvcc.ptx")
        code, output = cuda_nvcc_gate.compile_ptx(nvcc, os.path.join(source, "kernels"), oldest, path)
        if code != 0:
            print(output)
            return 1
        environment = dict(os.environ, ENVLOCK_TEST_PTX=path)
        return subprocess.run([program, "[compilers]"], cwd=source, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2]))
