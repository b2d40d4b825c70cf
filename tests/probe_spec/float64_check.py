"""Checks that the probe of docs/probe-spec.md is the training run it means to be, with float64 NumPy.

On the page's data, size quick: the float32 gradients of step 0 against float64_model's, float64_model's gradients against finite differences of its loss, one
AdamW step, and that the loss falls over the run. It prints what it measured beside each bound, and ends with exit code 1 where a bound does not hold.
"""
import argparse
import sys

import numpy as np

import float64_model as model
from numpy_probe import CORPUS, RATES, Probe, read_corpus

SIZE = "quick"
GRADIENT_BOUND = 2e-6  # |float32 - float64| / |float64| of each tensor, Euclidean norms
LOSS_BOUND = 1e-6  # relative, of the loss of step 0
DIFFERENCE_BOUND = 1e-8  # finite differences: error relative to the largest gradient of the tensor
MOMENT_BOUND = 5e-6  # m and v after step 0, as the gradients are measured
UPDATE_BOUND = 2e-4  # the change of each parameter in step 0, as the gradients are measured, from float64 gradients
# The change of any one element, as a share of the rate, where float64 AdamW takes the float32 gradients. Half a unit in the last place of a weight just
# above 1 is 8e-5 of step 0's rate.
SAME_GRADIENT_BOUND = 2e-4
FALL = 1.5  # by how much the loss of the last step is below the first, at least

failures = []


def report(what, measured, bound, holds):
    """Print a measured value and its bound; note a failure."""
    print(f"{'ok  ' if holds else 'FAIL'} {what}: {measured:.3g} (bound {bound:g})")
    if not holds:
        failures.append(what)


def below(what, measured, bound):
    report(what, measured, bound, bool(measured <= bound))


def distance(a, b):
    """Euclidean distance of a from b, relative to b."""
    return np.linalg.norm(a.astype(np.float64) - b) / np.linalg.norm(b)


def worst(pairs):
    """The largest distance over tensors, with the tensor's name."""
    return max((distance(a, b), name) for name, (a, b) in pairs.items())


def finite_differences(w, grad, loss, per_tensor, rng):
    """Largest error of a gradient's element against a four-point central difference, relative to its tensor's largest element; and their number."""
    errors = []
    for name in w:
        for flat in rng.choice(w[name].size, per_tensor, replace=False):
            index, h = np.unravel_index(flat, w[name].shape), 1e-3
            before, values = w[name][index], []
            for k in (-2, -1, 1, 2):
                w[name][index] = before + k * h
                values.append(loss())
            w[name][index] = before
            slope = (values[0] - 8 * values[1] + 8 * values[2] - values[3]) / (12 * h)
            errors.append((abs(slope - grad[name][index]) / np.abs(grad[name]).max(), name))
    return max(errors), len(errors)


def main():
    parser = argparse.ArgumentParser(description="checks of the probe against a float64 model")
    parser.add_argument("--corpus", default=CORPUS)
    options = parser.parse_args()
    probe = Probe(SIZE, read_corpus(options.corpus))
    start = probe.w.copy()
    w = {name: x.astype(np.float64) for name, x in start.items()}
    t = probe.step()
    shape = t["data.tokens"].astype(np.int64), t["data.targets"].astype(np.int64), probe.L, probe.H

    loss, kept = model.forward(w, *shape)
    grad = model.backward(w, *shape, kept)
    below("loss of step 0, float32 against float64", abs(float(t["loss"][0]) - loss) / loss, LOSS_BOUND)
    for name in w:
        below(f"gradient of {name}", distance(t["grad." + name], grad[name]), GRADIENT_BOUND)

    (error, name), count = finite_differences(w, grad, lambda: model.forward(w, *shape)[0], 3, np.random.default_rng(3))
    below(f"finite differences at {count} coordinates, worst in {name}", error, DIFFERENCE_BOUND)

    zero = {name: np.zeros_like(x) for name, x in w.items()}
    lr = float.fromhex(RATES[0])
    ideal = model.adamw(w, grad, zero, zero, 1, lr, 0.1)
    for what, prefix, values in (("m", "opt.m.", ideal[1]), ("v", "opt.v.", ideal[2])):
        error, name = worst({name: (t[prefix + name], values[name]) for name in w})
        below(f"AdamW's {what} after step 0, worst in {name}", error, MOMENT_BOUND)
    error, name = worst({name: (t["param." + name].astype(np.float64) - w[name], ideal[0][name] - w[name]) for name in w})
    below(f"AdamW's change of parameters in step 0, worst in {name}", error, UPDATE_BOUND)
    same = model.adamw(w, {name: t["grad." + name].astype(np.float64) for name in w}, zero, zero, 1, lr, 0.1)[0]
    error, name = max((np.abs(t["param." + name] - same[name]).max() / lr, name) for name in w)
    below(f"the same from the float32 gradients, any element as a share of the rate, worst in {name}", error, SAME_GRADIENT_BOUND)

    losses = [t["loss"][0]] + [probe.step()["loss"][0] for _ in RATES[1:]]
    for s, value in enumerate(losses):
        print(f"     loss of step {s:2}: {float(value):.7f}  {float(value).hex()}")
    fall = float(losses[0]) - float(losses[-1])
    report("fall of the loss over the run", fall, FALL, fall >= FALL)
    print(f"{len(failures)} of the checks failed" if failures else "all checks hold")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
