"""One training step of a Compact Convolutional Transformer in plain PyTorch: the peer of TrainingStep.cs.

Written from the paper (arXiv 2104.05704). Prints one line per timed step: milliseconds of wall time and of processor time.
Usage: training_step.py <2/3x2|7/3x1> <steps> <threads> [device]
"""
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F


class Attention(nn.Module):
    def __init__(self, dim, heads):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(dim, 3 * dim, bias=False)
        self.out = nn.Linear(dim, dim)

    def forward(self, x):
        b, n, d = x.shape
        q, k, v = self.qkv(x).view(b, n, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4)
        weights = (q @ k.transpose(-2, -1) * (d // self.heads) ** -0.5).softmax(-1)
        weights = F.dropout(weights, 0.1, self.training)
        return self.out((weights @ v).transpose(1, 2).reshape(b, n, d))


def drop_path(x, rate):
    if rate == 0:
        return x
    keep = torch.empty(x.shape[0], 1, 1, device=x.device).bernoulli_(1 - rate).div_(1 - rate)
    return x * keep


class Layer(nn.Module):
    def __init__(self, dim, heads, ratio, rate):
        super().__init__()
        self.rate = rate
        self.norm1, self.norm2 = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.attention = Attention(dim, heads)
        self.mlp_in, self.mlp_out = nn.Linear(dim, ratio * dim), nn.Linear(ratio * dim, dim)

    def forward(self, x):
        x = self.norm2(x + drop_path(self.attention(self.norm1(x)), self.rate))
        return x + drop_path(self.mlp_out(F.gelu(self.mlp_in(x))), self.rate)


class CompactConvolutionalTransformer(nn.Module):
    def __init__(self, depth, heads, ratio, dim, stages, classes=10):
        super().__init__()
        channels = [3] + [64] * (stages - 1) + [dim]
        self.tokenizer = nn.Sequential(*[
            layer for i in range(stages)
            for layer in (nn.Conv2d(channels[i], channels[i + 1], 3, padding=1, bias=False), nn.ReLU(), nn.MaxPool2d(3, 2, 1))])
        self.positions = nn.Parameter(torch.randn(1, (32 >> stages) ** 2, dim) * 0.2)
        self.layers = nn.Sequential(*[Layer(dim, heads, ratio, 0.1 * i / (depth - 1)) for i in range(depth)])
        self.norm = nn.LayerNorm(dim)
        self.pool = nn.Linear(dim, 1)
        self.head = nn.Linear(dim, classes)

    def forward(self, images):
        x = self.tokenizer(images).flatten(2).transpose(1, 2)
        x = self.norm(self.layers(x + self.positions))
        return self.head((self.pool(x).softmax(1).transpose(1, 2) @ x).squeeze(1))


MODELS = {
    "2/3x2": dict(depth=2, heads=2, ratio=1, dim=128, stages=2),
    "7/3x1": dict(depth=7, heads=4, ratio=2, dim=256, stages=1),
}


def main(model, steps, threads, device="cpu"):
    torch.set_num_threads(int(threads))
    torch.manual_seed(0)
    net = CompactConvolutionalTransformer(**MODELS[model]).train().to(device)
    optimizer = torch.optim.AdamW(net.parameters(), lr=5e-4, weight_decay=0.03)
    images, labels = torch.randn(128, 3, 32, 32, device=device), torch.randint(10, (128,), device=device)
    for step in range(int(steps) + 1):
        wall, processor = time.perf_counter(), time.process_time()
        optimizer.zero_grad(set_to_none=True)
        F.cross_entropy(net(images), labels, label_smoothing=0.1).backward()
        optimizer.step()
        if device != "cpu":
            torch.cuda.synchronize()
        if step > 0:  # the first one warms up
            print(f"{(time.perf_counter() - wall) * 1e3:.1f} {(time.process_time() - processor) * 1e3:.1f}", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
