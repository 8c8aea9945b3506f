"""A second judge of an exported log: Python's standard library alone, written from RFC 8032, RFC 6962 and C2SP.

    python3 check_bundle.py KEYFILE DIR

Recomputes the root from the entries, every tile, both signatures and the manifest. Prints one JSON object and exits with 0,
or ends with an error.
"""

import base64
import hashlib
import json
import os
import sys

# Ed25519, RFC 8032 section 6: slow and plain, which is what a judge should be.
P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
SQRT_OF_MINUS_1 = pow(2, (P - 1) // 4, P)


def add(a, b):
    left, right = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    c, d = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    e, f, g, h = right - left, d - c, d + c, right + left
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(scalar, point):
    result = (0, 1, 1, 0)
    while scalar > 0:
        if scalar & 1:
            result = add(result, point)
        point = add(point, point)
        scalar >>= 1
    return result


def x_of(y, sign):
    assert y < P, "a point out of range"
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P != 0:
        x = x * SQRT_OF_MINUS_1 % P
    assert (x * x - square) % P == 0, "not a point"
    assert x != 0 or sign == 0, "not a point"
    return P - x if x & 1 != sign else x


def point_of(data):
    value = int.from_bytes(data, "little")
    y = value & ((1 << 255) - 1)
    x = x_of(y, value >> 255)
    return x, y, 1, x * y % P


G_Y = 4 * pow(5, P - 2, P) % P
G_X = x_of(G_Y, 0)
G = (G_X, G_Y, 1, G_X * G_Y % P)


def signed(public, message, signature):
    assert len(public) == 32 and len(signature) == 64, "a key or signature of another length"
    s = int.from_bytes(signature[32:], "little")
    assert s < L, "the signature is not in its one form"
    h = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % L
    left, right = times(s, G), add(point_of(signature[:32]), times(h, point_of(public)))
    return all((left[i] * right[2] - right[i] * left[2]) % P == 0 for i in (0, 1))


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def tree_hash(leaves):
    """MTH of RFC 6962 2.1."""
    if len(leaves) <= 1:
        return leaves[0] if leaves else sha256()
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return sha256(b"\1", tree_hash(leaves[:k]), tree_hash(leaves[k:]))


def open_note(data, name, key_id, public):
    text, _, signatures = data.rpartition(b"\n\n")
    text += b"\n"
    for line in signatures.decode().splitlines():
        dash, signer, encoded = line.split(" ")
        value = base64.b64decode(encoded, validate=True)
        if dash == "\u2014" and signer == name and value[:4] == key_id:
            assert signed(public, text, value[4:]), "the signature does not hold"
            return text.decode().splitlines()
    raise AssertionError("no signature of " + name)


def paths(folder, count):
    """The tiles or entry bundles over `count` hashes, with their widths."""
    for start in range(0, count, 256):
        number, width = start // 256, min(256, count - start)
        path = "%03d" % (number % 1000)
        while number >= 1000:
            number //= 1000
            path = "x%03d/" % (number % 1000) + path
        yield f"{folder}/{path}" + ("" if width == 256 else f".p/{width}"), width


def check(key_file, folder):
    with open(key_file, encoding="utf-8") as file:
        name, key_id, encoded = file.read().strip().split("+", 2)
    key = base64.b64decode(encoded, validate=True)
    assert key[0] == 1 and sha256(name.encode(), b"\n", key)[:4].hex() == key_id, "not an Ed25519 verifier key"

    def read(path):
        with open(os.path.join(folder, path), "rb") as file:
            return file.read()

    def note(path):
        return open_note(read(path), name, bytes.fromhex(key_id), key[1:])

    origin, size, root = note("checkpoint")
    assert origin == name, "the origin is not the name of the key"
    expected = {"checkpoint", "log-key.pub"}
    leaves = []
    for path, width in paths("tile/entries", int(size)):
        expected.add(path)
        data, at, count = read(path), 0, 0
        while at < len(data):
            length = int.from_bytes(data[at : at + 2], "big")
            entry = data[at + 2 : at + 2 + length]
            assert len(entry) == length, path + " is cut"
            leaves.append(sha256(b"\0", entry))
            at, count = at + 2 + length, count + 1
        assert count == width, path + " holds another number of entries"
    assert base64.b64encode(tree_hash(leaves)).decode() == root, "the entries do not give the root"
    level, hashes = 0, leaves
    while hashes:
        for start, (path, width) in enumerate(paths(f"tile/{level}", len(hashes))):
            expected.add(path)
            assert read(path) == b"".join(hashes[start * 256 : start * 256 + width]), path + " is wrong"
        hashes = [tree_hash(hashes[i : i + 256]) for i in range(0, len(hashes) - 255, 256)]
        level += 1
    listed = {}
    for line in note("manifest")[1:]:
        digest, length, path = line.split(" ")
        listed[path] = (digest, int(length))
    assert set(listed) == expected, "the manifest lists other files"
    for path, (digest, length) in listed.items():
        data = read(path)
        assert len(data) == length and hashlib.sha256(data).hexdigest() == digest, path + " is another file"
    found = {
        os.path.relpath(os.path.join(at, file), folder).replace(os.sep, "/")
        for at, _, files in os.walk(folder)
        for file in files
    }
    assert found == expected | {"manifest"}, "files that nobody listed"
    return {"size": int(size), "root": root, "files": len(found)}


if __name__ == "__main__":
    print(json.dumps(check(sys.argv[1], sys.argv[2])))
