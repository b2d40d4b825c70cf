"""What the torch or the numpy of a prefix computes, as digests. This text is joined from the files of lib/torch/program and lies within
envlock, which runs it with the prefix's own python: python -s -B -c TEXT OPTIONS. Every name, shape and datum: docs/probe-tiers.md, "Torch";
how digests are made: docs/probe-spec.md.

OPTIONS is a JSON object:
    fd        the file descriptor that takes the results; libraries print to the others
    tier      "torch", "numpy", or "auto": torch where there is one, else numpy
    variants  of torch: ["as-found"], ["deterministic"], or both in this order
    steps     of the training; 0: none
    device    "cpu", "cuda:0": everything is computed there but the data, which is made on the processor
    threads   0: as found
    corpus    the file of the training text; absent: it comes on standard input

The results are lines: `@run TIER SUBJECT` begins a run and `@stage NAME` says what comes next, so that whoever reads them knows where this program ended
when it ends early; every other line is the JSON object of one run.

It has to work from Python 3.7 on, and imports nothing but the standard library, torch and numpy.
"""
import sys

if __name__ == "__main__":  # Of a text that is an argument, the working directory is the first place where modules are looked for.
    sys.path[:] = [folder for folder in sys.path if folder]

import array
import ctypes
import hashlib
import importlib
import importlib.util
import json
import os
import platform
import re
import struct
import threading
import time
import traceback
import warnings

PARTS = ()
SPEC = "probe-tiers/1"
KEY = (0x656E766C, 0x6F636B31)
PARAMETERS, OFFSETS, OPERANDS = 0, 1, 16  # streams of random numbers
CORPUS_SHA256 = "ef4206dc9d9ade01f0e7ccb1047b0d921967a7085dccf7ffe56ac8f0c1a25d64"
# The model: size `quick` of docs/probe-spec.md.
B, T, C, H, L, F, V = 4, 64, 64, 4, 2, 256, 256
SCALE, EPSILON = 0.25, float.fromhex("0x1.4f8b58p-17")
RATES = """0x1.99999ap-11 0x1.99999ap-10 0x1.333334p-9 0x1.99999ap-9 0x1p-8 0x1p-8 0x1.faf718p-9 0x1.ec14b4p-9 0x1.d3ff5ep-9 0x1.b3c488p-9
    0x1.8cccccp-9 0x1.60cc2ap-9 0x1.31aefp-9 0x1.018442p-9 0x1.a4ce12p-10 0x1.4cccccp-10 0x1.fdbabp-11 0x1.7ccf58p-11 0x1.1c79fcp-11
    0x1.c1e0dcp-12""".split()


