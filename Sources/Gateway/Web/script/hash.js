// The two hashes that WebCrypto does not offer in the form needed here.

// SHA3-256 (FIPS 202) of less than 136 bytes, one block: all that X-Wing's combiner needs, and WebCrypto has none.
const sha3 = message => {
  const mask = (1n << 64n) - 1n;
  const rotate = (x, by) => ((x << BigInt(by % 64)) | (x >> BigInt(64 - by % 64))) & mask;
  const block = new Uint8Array(200);
  block.set(message);
  block[message.length] = 6;
  block[135] |= 128;
  const view = new DataView(block.buffer);
  let lanes = Array.from({length: 25}, (_, i) => view.getBigUint64(8 * i, true));
  let lfsr = 1;
  for (let round = 0; round < 24; round++) {
    const column = [0, 1, 2, 3, 4].map(x => lanes[x] ^ lanes[x + 5] ^ lanes[x + 10] ^ lanes[x + 15] ^ lanes[x + 20]);
    lanes = lanes.map((lane, i) => lane ^ column[(i + 4) % 5] ^ rotate(column[(i + 1) % 5], 1));
    let x = 1, y = 0, moved = lanes[1];
    for (let step = 1; step < 25; step++) {
      [x, y] = [y, (2 * x + 3 * y) % 5];
      const next = lanes[x + 5 * y];
      lanes[x + 5 * y] = rotate(moved, step * (step + 1) / 2);
      moved = next;
    }
    const row = i => i - i % 5;
    lanes = lanes.map((lane, i) => lane ^ ~lanes[row(i) + (i + 1) % 5] & lanes[row(i) + (i + 2) % 5]);
    for (let j = 0; j < 7; j++) {
      if (lfsr & 1) lanes[0] ^= 1n << BigInt((1 << j) - 1);
      lfsr = lfsr & 128 ? lfsr << 1 ^ 0x171 : lfsr << 1;
    }
  }
  lanes.forEach((lane, i) => view.setBigUint64(8 * i, lane, true));
  return block.slice(0, 32);
};

// SHA-256 in pieces. WebCrypto hashes only what is wholly in memory; a cheap phone must send 64 MiB of video without
// holding it. Constants are the fractions of the roots of the first primes (FIPS 180-4), so that they need no table.
const fraction = x => (x - Math.floor(x)) * 2 ** 32 | 0;
const primes = [];
for (let n = 2; primes.length < 64; n++) if (primes.every(prime => n % prime)) primes.push(n);
const rounds = primes.map(prime => fraction(Math.cbrt(prime)));

class Sha256 {
  constructor() {
    this.state = primes.slice(0, 8).map(prime => fraction(Math.sqrt(prime)));
    this.block = new Uint8Array(64);
    this.words = new Int32Array(64);
    this.length = 0;
  }

  update(bytes) {
    for (let at = 0; at < bytes.length;) {
      const start = this.length % 64;
      const part = bytes.subarray(at, at + 64 - start);
      this.block.set(part, start);
      at += part.length;
      this.length += part.length;
      if (this.length % 64 === 0) this.compress();
    }
    return this;
  }

  compress() {
    const w = this.words;
    const view = new DataView(this.block.buffer);
    for (let i = 0; i < 16; i++) w[i] = view.getInt32(4 * i);
    for (let i = 16; i < 64; i++) {
      const p = w[i - 15], q = w[i - 2];
      w[i] = w[i - 16] + w[i - 7]
        + ((p >>> 7 | p << 25) ^ (p >>> 18 | p << 14) ^ p >>> 3)
        + ((q >>> 17 | q << 15) ^ (q >>> 19 | q << 13) ^ q >>> 10);
    }
    let [a, b, c, d, e, f, g, h] = this.state;
    for (let i = 0; i < 64; i++) {
      const t = h + ((e >>> 6 | e << 26) ^ (e >>> 11 | e << 21) ^ (e >>> 25 | e << 7)) + (e & f ^ ~e & g) + rounds[i] + w[i];
      const u = ((a >>> 2 | a << 30) ^ (a >>> 13 | a << 19) ^ (a >>> 22 | a << 10)) + (a & b ^ a & c ^ b & c);
      h = g;
      g = f;
      f = e;
      e = d + t | 0;
      d = c;
      c = b;
      b = a;
      a = t + u | 0;
    }
    this.state = [a, b, c, d, e, f, g, h].map((value, i) => value + this.state[i] | 0);
  }

  digest() {
    const bits = this.length * 8;
    const zeros = new Uint8Array((119 - this.length % 64) % 64);
    this.update(join([128], zeros, u32(bits / 2 ** 32), u32(bits)));
    return join(...this.state.map(u32));
  }
}

const sha256 = bytes => new Sha256().update(bytes).digest();
