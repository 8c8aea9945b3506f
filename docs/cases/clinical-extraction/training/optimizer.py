"""Muon for the matrices, Adam for embeddings, norms and biases; bfloat16 weights for the arithmetic, float32 masters for
the sums. Gradients are averaged over the processes in one flat buffer; each process orthogonalises its share."""

import torch
import torch.distributed as dist

MUON_RATE, EMBEDDING_RATE, VECTOR_RATE = 0.02, 4e-3, 2e-3
MOMENTUM, DECAY, WARM_UP = 0.95, 0.02, 40
MATRICES = {"qkv": 3, "gate_up": 2, "out": 1, "down": 1}  # name: matrices stacked in it


def orthogonalise(matrix):
    """Five Newton-Schulz steps towards the nearest orthogonal matrix."""
    x = matrix.bfloat16()
    tall = x.shape[0] > x.shape[1]
    x = x.t() if tall else x
    x = x / (x.norm() + 1e-7)
    for _ in range(5):
        a = x @ x.t()
        x = 3.4445 * x + (-4.7750 * a + 2.0315 * a @ a) @ x
    return (x.t() if tall else x).float()


def rate(step, progress):
    """Warm-up by steps, constant to three fifths of the tokens, then linear to a fiftieth."""
    return min(1.0, (step + 1) / WARM_UP) * (1.0 if progress < 0.6 else max(0.02, (1 - progress) / 0.4))


class Optimizer:
    def __init__(self, model, rank, world):
        self.rank, self.world, self.steps = rank, world, 0
        names, parameters = zip(*model.named_parameters())
        self.names = list(names)
        self.masters = [p.detach().clone() for p in parameters]
        model.bfloat16()
        self.parameters = list(model.parameters())
        self.stacked = [MATRICES.get(name.split(".")[-1]) for name in self.names]
        self.momentum = {i: torch.zeros_like(self.masters[i]) for i, s in enumerate(self.stacked) if s}
        self.moments = {i: [torch.zeros_like(self.masters[i]) for _ in range(2)] for i, s in enumerate(self.stacked) if not s}
        self.flat = torch.zeros(sum(p.numel() for p in self.parameters) + 2)
        self.updates = torch.zeros(sum(m.numel() for m in self.momentum.values()))

    def state(self):
        # Each process keeps whole momenta, so that one copy restores all.
        return {"masters": dict(zip(self.names, self.masters)), "momentum": self.momentum, "moments": self.moments, "steps": self.steps}

    def load(self, state):
        self.masters = [state["masters"][name] for name in self.names]
        self.momentum, self.moments, self.steps = state["momentum"], state["moments"], state["steps"]
        self._publish()

    def _publish(self):
        with torch.no_grad():
            for parameter, master in zip(self.parameters, self.masters):
                parameter.copy_(master)

    def _average(self, loss, tokens):
        at = 0
        for parameter in self.parameters:
            size = parameter.numel()
            self.flat[at : at + size].copy_(parameter.grad.view(-1))
            parameter.grad = None
            at += size
        self.flat[-2], self.flat[-1] = loss, tokens
        if self.world > 1:
            dist.all_reduce(self.flat)
            self.flat /= self.world
        return float(self.flat[-2]), round(float(self.flat[-1]) * self.world)

    def step(self, loss, tokens, progress):
        """Returns the average loss, the tokens of all processes and the norm of the gradient."""
        mean_loss, all_tokens = self._average(loss, tokens)
        norm = float(self.flat[:-2].norm())
        scale = rate(self.steps, progress)
        self.updates.zero_()
        at, update_at, turn = 0, 0, 0
        for i, master in enumerate(self.masters):
            size = master.numel()
            gradient = self.flat[at : at + size].view(master.shape)
            at += size
            if i in self.moments:
                self._adam(i, gradient / max(1.0, norm), scale)
                continue
            momentum = self.momentum[i].mul_(MOMENTUM).add_(gradient)
            if turn % self.world == self.rank:
                direction = gradient + MOMENTUM * momentum
                parts = [orthogonalise(m) * max(1, m.shape[0] / m.shape[1]) ** 0.5 for m in direction.chunk(self.stacked[i])]
                self.updates[update_at : update_at + size].copy_(torch.cat(parts).view(-1))
            update_at += size
            turn += 1
        if self.world > 1:
            dist.all_reduce(self.updates)
        at = 0
        for i in self.momentum:
            master = self.masters[i]
            update = self.updates[at : at + master.numel()].view(master.shape)
            at += master.numel()
            master.mul_(1 - DECAY * scale * MUON_RATE).add_(update, alpha=-MUON_RATE * scale)
        self._publish()
        self.steps += 1
        return mean_loss, all_tokens, norm

    def _adam(self, i, gradient, scale):
        first, second = self.moments[i]
        early = self.steps <= 50
        first.lerp_(gradient, 0.1)
        second.lerp_(gradient * gradient, 0.05 if early else 0.02)
        unbiased = first / (1 - 0.9 ** (self.steps + 1))
        spread = (second / (1 - 0.95 ** (self.steps + 1)) if early else second).sqrt() + 1e-9
        step = EMBEDDING_RATE if self.names[i] == "embedding" else VECTOR_RATE
        self.masters[i].add_(unbiased / spread, alpha=-step * scale)
