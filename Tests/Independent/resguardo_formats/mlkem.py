"""ML-KEM-768 (FIPS 203), with the randomness of every operation given by the caller.

`cryptography` has ML-KEM too, but no encapsulation with given coins, which vectors need; the
tests compare the two.
"""

from __future__ import annotations

import hashlib

Q = 3329
N = 256
K = 3
ETA = 2
DU = 10
DV = 4

PUBLIC_KEY_BYTES = 1184
CIPHERTEXT_BYTES = 1088

Poly = list[int]


def _bit_reverse7(value: int) -> int:
    return int(f"{value:07b}"[::-1], 2)


ZETAS = [pow(17, _bit_reverse7(i), Q) for i in range(128)]
GAMMAS = [pow(17, 2 * _bit_reverse7(i) + 1, Q) for i in range(128)]


def _g(data: bytes) -> tuple[bytes, bytes]:
    digest = hashlib.sha3_512(data).digest()
    return digest[:32], digest[32:]


def _h(data: bytes) -> bytes:
    return hashlib.sha3_256(data).digest()


def _j(data: bytes) -> bytes:
    return hashlib.shake_256(data).digest(32)


def ntt(poly: Poly) -> Poly:
    """Algorithm 9."""
    f = list(poly)
    index = 1
    length = 128
    while length >= 2:
        for start in range(0, N, 2 * length):
            zeta = ZETAS[index]
            index += 1
            for j in range(start, start + length):
                t = zeta * f[j + length] % Q
                f[j + length] = (f[j] - t) % Q
                f[j] = (f[j] + t) % Q
        length //= 2
    return f


def inverse_ntt(poly: Poly) -> Poly:
    """Algorithm 10."""
    f = list(poly)
    index = 127
    length = 2
    while length <= 128:
        for start in range(0, N, 2 * length):
            zeta = ZETAS[index]
            index -= 1
            for j in range(start, start + length):
                t = f[j]
                f[j] = (t + f[j + length]) % Q
                f[j + length] = zeta * (f[j + length] - t) % Q
        length *= 2
    return [c * 3303 % Q for c in f]


def multiply(a: Poly, b: Poly) -> Poly:
    """Algorithms 11 and 12: the product of two polynomials in the NTT domain."""
    out = [0] * N
    for i in range(128):
        a0, a1, b0, b1 = a[2 * i], a[2 * i + 1], b[2 * i], b[2 * i + 1]
        out[2 * i] = (a0 * b0 + a1 * b1 * GAMMAS[i]) % Q
        out[2 * i + 1] = (a0 * b1 + a1 * b0) % Q
    return out


def add(a: Poly, b: Poly) -> Poly:
    return [(x + y) % Q for x, y in zip(a, b, strict=True)]


def subtract(a: Poly, b: Poly) -> Poly:
    return [(x - y) % Q for x, y in zip(a, b, strict=True)]


def sample_ntt(seed: bytes, column: int, row: int) -> Poly:
    """Algorithm 7: rejection sampling of one matrix element from SHAKE-128."""
    stream = hashlib.shake_128(seed + bytes([column, row])).digest(3 * 1024)
    out: Poly = []
    position = 0
    while len(out) < N:
        b0, b1, b2 = stream[position : position + 3]
        position += 3
        for candidate in (b0 + 256 * (b1 % 16), b1 // 16 + 16 * b2):
            if candidate < Q and len(out) < N:
                out.append(candidate)
    return out


def sample_cbd(seed: bytes, nonce: int) -> Poly:
    """Algorithm 8 over PRF_2: centred binomial distribution, eta = 2."""
    data = hashlib.shake_256(seed + bytes([nonce])).digest(64 * ETA)
    bits = int.from_bytes(data, "little")
    out = []
    for _ in range(N):
        x = (bits & 1) + (bits >> 1 & 1)
        y = (bits >> 2 & 1) + (bits >> 3 & 1)
        out.append((x - y) % Q)
        bits >>= 4
    return out


def encode(poly: Poly, width: int) -> bytes:
    """Algorithm 5."""
    value = 0
    for i, coefficient in enumerate(poly):
        value |= coefficient << (i * width)
    return value.to_bytes(32 * width, "little")


def decode(data: bytes, width: int) -> Poly:
    """Algorithm 6; for width 12 the values are reduced modulo q."""
    value = int.from_bytes(data, "little")
    mask = (1 << width) - 1
    modulus = Q if width == 12 else 1 << width
    return [(value >> (i * width) & mask) % modulus for i in range(N)]


def compress(poly: Poly, width: int) -> Poly:
    return [(((c << width) + Q // 2) // Q) % (1 << width) for c in poly]


def decompress(poly: Poly, width: int) -> Poly:
    return [(c * Q + (1 << (width - 1))) >> width for c in poly]


def _matrix(rho: bytes) -> list[list[Poly]]:
    return [[sample_ntt(rho, j, i) for j in range(K)] for i in range(K)]


def _dot(left: list[Poly], right: list[Poly]) -> Poly:
    total = [0] * N
    for a, b in zip(left, right, strict=True):
        total = add(total, multiply(a, b))
    return total


def _split(data: bytes, size: int) -> list[bytes]:
    return [data[i : i + size] for i in range(0, len(data), size)]


def key_pair(d: bytes, z: bytes) -> tuple[bytes, bytes]:
    """ML-KEM.KeyGen_internal: (encapsulation key, decapsulation key)."""
    rho, sigma = _g(d + bytes([K]))
    matrix = _matrix(rho)
    s = [ntt(sample_cbd(sigma, i)) for i in range(K)]
    e = [ntt(sample_cbd(sigma, K + i)) for i in range(K)]
    t = [add(_dot(matrix[i], s), e[i]) for i in range(K)]
    public = b"".join(encode(p, 12) for p in t) + rho
    secret = b"".join(encode(p, 12) for p in s)
    return public, secret + public + _h(public) + z


def _pke_encrypt(public: bytes, message: bytes, coins: bytes) -> bytes:
    t = [decode(part, 12) for part in _split(public[: 384 * K], 384)]
    matrix = _matrix(public[384 * K :])
    y = [ntt(sample_cbd(coins, i)) for i in range(K)]
    e1 = [sample_cbd(coins, K + i) for i in range(K)]
    e2 = sample_cbd(coins, 2 * K)
    columns = [[matrix[j][i] for j in range(K)] for i in range(K)]
    u = [add(inverse_ntt(_dot(columns[i], y)), e1[i]) for i in range(K)]
    mu = decompress(decode(message, 1), 1)
    v = add(add(inverse_ntt(_dot(t, y)), e2), mu)
    parts = [encode(compress(p, DU), DU) for p in u]
    return b"".join(parts) + encode(compress(v, DV), DV)


def _pke_decrypt(secret: bytes, ciphertext: bytes) -> bytes:
    u_bytes, v_bytes = ciphertext[: 32 * DU * K], ciphertext[32 * DU * K :]
    u = [ntt(decompress(decode(part, DU), DU)) for part in _split(u_bytes, 32 * DU)]
    v = decompress(decode(v_bytes, DV), DV)
    s = [decode(part, 12) for part in _split(secret, 384)]
    return encode(compress(subtract(v, inverse_ntt(_dot(s, u))), 1), 1)


def valid_public_key(public: bytes) -> bool:
    """The modulus check of FIPS 203 section 7.2."""
    if len(public) != PUBLIC_KEY_BYTES:
        return False
    parts = _split(public[: 384 * K], 384)
    return all(encode(decode(part, 12), 12) == part for part in parts)


def encapsulate(public: bytes, coins: bytes) -> tuple[bytes, bytes]:
    """ML-KEM.Encaps_internal: (shared secret, ciphertext) for the 32 bytes `coins`."""
    secret, r = _g(coins + _h(public))
    return secret, _pke_encrypt(public, coins, r)


def decapsulate(private: bytes, ciphertext: bytes) -> bytes:
    """ML-KEM.Decaps_internal: the shared secret, or the implicit rejection's."""
    secret, public = private[: 384 * K], private[384 * K : 768 * K + 32]
    digest, z = private[768 * K + 32 : 768 * K + 64], private[768 * K + 64 :]
    message = _pke_decrypt(secret, ciphertext)
    shared, r = _g(message + digest)
    if _pke_encrypt(public, message, r) != ciphertext:
        return _j(z + ciphertext)
    return shared
