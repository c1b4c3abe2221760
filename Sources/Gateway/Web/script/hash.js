// The two hashes that WebCrypto does not offer in the form needed here.

// SHA3-256 (FIPS 202) of less than 136 bytes, one block: all that X-Wing's combiner needs, and WebCrypto has none.
const sha3 = message => {
  const block = octets(200);
  block.set(message);
  block[message.length] = 6;
  block[135] |= 128;
  // Keccak's lanes are little-endian, as every processor with a browser is; the array keeps them at 64 bits.
  let lanes = new BigUint64Array(block.buffer);
  const rotate = (lane, by) => lane << by | lane >> 64n - by;
  let lfsr = 1;
  for (let round = 0; round < 24; round++) {
    const column = new BigUint64Array(5);
    lanes.forEach((lane, i) => column[i % 5] ^= lane);
    lanes = lanes.map((lane, i) => lane ^ column[(i + 4) % 5] ^ rotate(column[(i + 1) % 5], 1n));
    let x = 1;
    let y = 0;
    let moved = lanes[1];
    for (let step = 1; step < 25; step++) {
      [x, y] = [y, (2 * x + 3 * y) % 5];
      [moved, lanes[x + 5 * y]] = [lanes[x + 5 * y], rotate(moved, BigInt(step * (step + 1) / 2 % 64))];
    }
    lanes = lanes.map((lane, i) => lane ^ ~lanes[i - i % 5 + (i + 1) % 5] & lanes[i - i % 5 + (i + 2) % 5]);
    for (let j = 0; j < 7; j++) {
      if (lfsr & 1) lanes[0] ^= 1n << BigInt((1 << j) - 1);
      lfsr = lfsr << 1 ^ (lfsr >> 7) * 369;
    }
  }
  return octets(lanes.buffer).slice(0, 32);
};

// SHA-256 in pieces. WebCrypto hashes only what is wholly in memory; a cheap phone must send 64 MiB of video without
// holding it. Constants are the fractions of the roots of the first primes (FIPS 180-4), so that they need no table.
const fraction = x => x % 1 * 2 ** 32 | 0;
const primes = [];
for (let n = 2; primes.length < 64; n++) if (primes.every(prime => n % prime)) primes.push(n);
const rounds = primes.map(prime => fraction(Math.cbrt(prime)));

const turned = (x, by) => x >>> by | x << 32 - by;

// A function that takes bytes, and without any gives the hash of all that it took.
const hasher = () => {
  const block = octets(64);
  const view = new DataView(block.buffer);
  const w = new Int32Array(64);
  // Each round adds one word to either half of the state: `a` after those at 0 to 3, `e` after those at 68 to 71.
  const s = new Int32Array(136);
  const order = [3, 2, 1, 0, 71, 70, 69, 68];
  order.forEach((place, i) => s[place] = fraction(Math.sqrt(primes[i])));
  let size = 0;

  const update = bytes => {
    for (let at = 0; at < bytes.length;) {
      const start = size % 64;
      const part = bytes.subarray(at, at + 64 - start);
      block.set(part, start);
      at += part.length;
      size += part.length;
      if (size % 64 < 1) {
        for (let i = 0; i < 64; i++) {
          const p = w[i - 15];
          const q = w[i - 2];
          const a = s[i + 3];
          const e = s[i + 71];
          w[i] = i < 16 ? view.getInt32(4 * i) : w[i - 16] + w[i - 7]
            + (turned(p, 7) ^ turned(p, 18) ^ p >>> 3) + (turned(q, 17) ^ turned(q, 19) ^ q >>> 10);
          const t = s[i + 68] + (turned(e, 6) ^ turned(e, 11) ^ turned(e, 25)) + (e & s[i + 70] ^ ~e & s[i + 69])
            + rounds[i] + w[i];
          s[i + 72] = s[i] + t;
          s[i + 4] = t + (turned(a, 2) ^ turned(a, 13) ^ turned(a, 22)) + (a & s[i + 2] ^ a & s[i + 1] ^ s[i + 2] & s[i + 1]);
        }
        order.forEach(place => s[place] += s[place + 64]);
      }
    }
  };

  return bytes => {
    if (bytes) return update(bytes);
    const bits = size * 8;
    update(join([128], octets((119 - size % 64) % 64), u32(bits / 2 ** 32), u32(bits)));
    return join(...order.map(place => u32(s[place])));
  };
};

const sha256 = bytes => {
  const hash = hasher();
  hash(bytes);
  return hash();
};
