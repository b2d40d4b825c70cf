"""NVIDIA's own compilers as a second opinion on the kernels, wherever they are installed.

nvcc compiles kernels/cuda for every architecture it knows; its PTX must pass the same policy as clang's, and the
machine code must hold exactly the fused multiply-adds that were asked for. ptxas must accept the PTX that ships.

usage: cuda_nvcc_gate.py SOURCE_DIR
"""

import concurrent.futures
import os
import re
import shutil
import subprocess
import sys
import tempfile

import ptx_policy
import sass_census

FLAGS = ["-std=c++20", "-O3", "-fmad=false", "-ftz=false", "-prec-div=true", "-prec-sqrt=true", "-Xcudafe",
         "--display_error_number", "-Werror", "all-warnings"]


def find(tool):
    for folder in [None, "/usr/local/cuda/bin"]:
        path = shutil.which(tool, path=folder)
        if path:
            return path
    return None


def run(*command, cwd=None):
    done = subprocess.run(command, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    return done.returncode, done.stdout


def fma_by_kernel(ptx):
    bodies = re.finditer(r"\.entry (\w+)\((.*?)\n}", ptx, re.S)
    return {body[1]: body[2].count("fma.rn.f32") for body in bodies}


def machine_code_faults(ptxas, ptx_path, architecture, folder):
    cubin = os.path.join(folder, f"{os.path.basename(ptx_path)}.{architecture}.cubin")
    code, output = run(ptxas, f"-arch={architecture}", "-o", cubin, ptx_path)
    if code != 0:
        return [f"ptxas: {output.strip()[:2000]}"]
    with open(cubin, "rb") as file, open(ptx_path, encoding="utf-8") as ptx:
        return list(sass_census.faults(file.read(), fma_by_kernel(ptx.read())))


def architectures(nvcc):
    """The numbers of all that this nvcc compiles for, oldest first."""
    return sorted(re.findall(r"compute_(\d+)", run(nvcc, "--list-gpu-arch")[1]), key=int)


def compile_ptx(nvcc, kernels, number, path):
    return run(nvcc, *FLAGS, "-Iinclude", "-Icuda", "-x", "cu", "-ptx", f"-arch=compute_{number}", "-o", path,
               "cuda/all.cu", cwd=kernels)


def nvcc_faults(nvcc, ptxas, kernels, number, folder):
    ptx_path = os.path.join(folder, f"nvcc_{number}.ptx")
    code, output = compile_ptx(nvcc, kernels, number, ptx_path)
    if code != 0:
        return [output.strip()[:2000]]
    with open(ptx_path, encoding="utf-8") as file:
        found = [f"line {line}: {fault}: {text}" for line, text, fault in ptx_policy.faults(file.read())]
    return found + machine_code_faults(ptxas, ptx_path, f"sm_{number}", folder)


def main(source):
    nvcc, ptxas = find("nvcc"), find("ptxas")
    if not nvcc or not ptxas:
        print("skipped: no nvcc")
        return 0
    kernels = os.path.join(source, "kernels")
    shipped = os.path.join(kernels, "ptx", "envlock_kernels.ptx")
    numbers = architectures(nvcc)
    oldest_middle_newest = sorted({numbers[0], numbers[len(numbers) // 2], numbers[-1]}, key=int)
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        jobs = [(f"nvcc for {n}", pool.submit(nvcc_faults, nvcc, ptxas, kernels, n, folder)) for n in numbers]
        jobs += [(f"shipped PTX on sm_{n}", pool.submit(machine_code_faults, ptxas, shipped, f"sm_{n}", folder))
                 for n in oldest_middle_newest]
        bad = 0
        for name, job in jobs:
            found = job.result()
            print(f"{name}: {'ok' if not found else ''}")
            for fault in found:
                print(f"  {fault}")
            bad += len(found)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
