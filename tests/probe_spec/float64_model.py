"""The probe's model in ordinary float64 NumPy: forward, backward by hand and AdamW, with no order of sums kept.

It is written from the model's mathematics, not from the page's order of operations: layernorm, causal attention, gelu (tanh form), cross entropy, tied head.
"""
import numpy as np

GELU_CUBE, GELU_ROOT = 0.044715, np.sqrt(2 / np.pi)
EPSILON = 1e-5


def layernorm(x, weight, bias):
    """Output and what its backward needs."""
    centred = x - x.mean(-1, keepdims=True)
    inverse = 1 / np.sqrt((centred ** 2).mean(-1, keepdims=True) + EPSILON)
    hat = centred * inverse
    return hat * weight + bias, (hat, inverse, weight)


def layernorm_backward(dy, saved):
    """dx, dweight, dbias."""
    hat, inverse, weight = saved
    rows = tuple(range(dy.ndim - 1))
    g = dy * weight
    dx = inverse * (g - g.mean(-1, keepdims=True) - hat * (g * hat).mean(-1, keepdims=True))
    return dx, (dy * hat).sum(rows), dy.sum(rows)


def gelu(u):
    return 0.5 * u * (1 + np.tanh(GELU_ROOT * (u + GELU_CUBE * u ** 3)))


def gelu_slope(u):
    th = np.tanh(GELU_ROOT * (u + GELU_CUBE * u ** 3))
    return 0.5 * (1 + th) + 0.5 * u * (1 - th ** 2) * GELU_ROOT * (1 + 3 * GELU_CUBE * u ** 2)


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def split_heads(x, heads):
    b, t, c = x.shape
    return x.reshape(b, t, heads, c // heads).swapaxes(1, 2)


def join_heads(x):
    b, h, t, d = x.shape
    return x.swapaxes(1, 2).reshape(b, t, h * d)


def forward(w, tokens, targets, layers, heads):
    """The loss and everything the backward pass needs."""
    saved = []
    x = w["wte"][tokens] + w["wpe"]
    future = np.triu(np.ones((tokens.shape[1],) * 2, bool), 1)
    for l in range(layers):
        normed, norm1 = layernorm(x, w[f"{l}.ln1.weight"], w[f"{l}.ln1.bias"])
        q, k, v = (split_heads(y, heads) for y in np.split(normed @ w[f"{l}.attn.qkv"].T, 3, -1))
        scores = q @ k.swapaxes(-1, -2) / np.sqrt(q.shape[-1])
        probs = softmax(np.where(future, -np.inf, scores))
        mix = join_heads(probs @ v)
        x = x + mix @ w[f"{l}.attn.proj"].T
        normed2, norm2 = layernorm(x, w[f"{l}.ln2.weight"], w[f"{l}.ln2.bias"])
        up = normed2 @ w[f"{l}.mlp.up"].T
        x = x + gelu(up) @ w[f"{l}.mlp.down"].T
        saved.append((normed, norm1, q, k, v, probs, mix, normed2, norm2, up))
    last, norm = layernorm(x, w["lnf.weight"], w["lnf.bias"])
    logits = last @ w["wte"].T
    top = logits.max(-1, keepdims=True)
    logsum = np.log(np.exp(logits - top).sum(-1, keepdims=True)) + top
    loss = (logsum[..., 0] - np.take_along_axis(logits, targets[..., None], -1)[..., 0]).mean()
    return loss, (saved, last, norm, logits)


def backward(w, tokens, targets, layers, heads, kept):
    """Gradients of the loss by parameter name."""
    saved, last, norm, logits = kept
    grad = {}

    def weight_gradient(dy, x):
        return dy.reshape(-1, dy.shape[-1]).T @ x.reshape(-1, x.shape[-1])

    dlogits = softmax(logits)
    np.put_along_axis(dlogits, targets[..., None], np.take_along_axis(dlogits, targets[..., None], -1) - 1, -1)
    dlogits /= tokens.size
    grad["wte"] = weight_gradient(dlogits, last)
    dx, grad["lnf.weight"], grad["lnf.bias"] = layernorm_backward(dlogits @ w["wte"], norm)
    for l in reversed(range(layers)):
        normed, norm1, q, k, v, probs, mix, normed2, norm2, up = saved[l]
        grad[f"{l}.mlp.down"] = weight_gradient(dx, gelu(up))
        dup = dx @ w[f"{l}.mlp.down"] * gelu_slope(up)
        grad[f"{l}.mlp.up"] = weight_gradient(dup, normed2)
        dnorm, grad[f"{l}.ln2.weight"], grad[f"{l}.ln2.bias"] = layernorm_backward(dup @ w[f"{l}.mlp.up"], norm2)
        dx = dx + dnorm
        grad[f"{l}.attn.proj"] = weight_gradient(dx, mix)
        dmix = split_heads(dx @ w[f"{l}.attn.proj"], heads)
        dprobs = dmix @ v.swapaxes(-1, -2)
        dscores = probs * (dprobs - (probs * dprobs).sum(-1, keepdims=True)) / np.sqrt(q.shape[-1])
        dq, dk, dv = dscores @ k, dscores.swapaxes(-1, -2) @ q, probs.swapaxes(-1, -2) @ dmix
        dqkv = np.concatenate([join_heads(y) for y in (dq, dk, dv)], -1)
        grad[f"{l}.attn.qkv"] = weight_gradient(dqkv, normed)
        dnorm, grad[f"{l}.ln1.weight"], grad[f"{l}.ln1.bias"] = layernorm_backward(dqkv @ w[f"{l}.attn.qkv"], norm1)
        dx = dx + dnorm
    np.add.at(grad["wte"], tokens, dx)
    grad["wpe"] = dx.sum(0)
    return grad


def adamw(w, grad, m, v, number, lr, decay):
    """Step `number` (from 1) of AdamW with clipping to norm 1; returns new w, m, v by name."""
    norm = np.sqrt(sum((g ** 2).sum() for g in grad.values()))
    clip = 1 / norm if norm > 1 else 1.0
    new_w, new_m, new_v = {}, {}, {}
    for name in w:
        g = grad[name] * clip
        new_m[name] = 0.9 * m[name] + 0.1 * g
        new_v[name] = 0.95 * v[name] + 0.05 * g ** 2
        m_hat, v_hat = new_m[name] / (1 - 0.9 ** number), new_v[name] / (1 - 0.95 ** number)
        wd = decay if w[name].ndim == 2 else 0.0
        new_w[name] = w[name] - lr * (m_hat / (np.sqrt(v_hat) + 1e-8) + wd * w[name])
    return new_w, new_m, new_v
