// The envelope (formats.md §4), made as a stream: a file is read, sealed and sent 64 KiB at a time.
const CHUNK = 65536;

// Padmé: at most 12 % more, and few lengths that a watcher can tell apart.
const padme = length => {
  const exponent = number => Math.floor(Math.log2(number));
  const step = 2 ** (exponent(length) - exponent(exponent(length)) - 1);
  return Math.ceil(length / step) * step;
};
// A tip without attachments is 17,640 bytes on the wire in both suites.
const paddedLength = (suite, length) => {
  const fixed = suite === 1 ? 17472 : 16384;
  return length > fixed ? padme(length) : fixed;
};

const parseKey = line => {
  const fields = line.split(' ');
  return {id: sha256(utf8(line)), key: unbase64(fields[6])};
};

const canXWing = () => SubtleCrypto.supports?.('encapsulateBits', 'ML-KEM-768');

// Header and payload key for one desk key.
const address = async (suite, {id, key}) => {
  const secret = random(32);
  const commit = await hkdf(secret, utf8('resguardo/1 commit'));
  const outline = join(utf8('RSGE'), [1, suite, 0, 0], id, commit);
  const inner = await (suite === 1 ? encapsulateX25519 : encapsulateXWing)(key);
  return {
    suite, id, commit,
    header: join(outline, await seal(inner, join(utf8('resguardo/1 envelope\0'), outline), secret)),
    payload: await aes(await hkdf(secret, join(utf8('resguardo/1 payload\0'), outline)), 'encrypt'),
  };
};

async function* slices(file) {
  for (let at = 0; at < file.size; at += CHUNK) yield octets(await file.slice(at, at + CHUNK).arrayBuffer());
}

const frame = (kind, bytes) => join([kind], u32(bytes.length), bytes);
const framesLength = (json, files) =>
  files.reduce((sum, file) => sum + file.size + 5 * Math.ceil(file.size / CHUNK) + 5, 5 + json.length);

async function* frames(json, files) {
  yield frame(1, json);
  for (const file of files) {
    for await (const piece of slices(file)) yield frame(2, piece);
    yield frame(3, none);
  }
}

// Pieces of any size as blocks of 65,536 bytes, the last one shorter; what is missing up to `total` is zeros.
async function* blocks(pieces, total) {
  let rest = none;
  for (let left = total; left > 0; left -= CHUNK) {
    const block = octets(Math.min(CHUNK, left));
    for (let used = 0; used < block.length;) {
      if (!rest.length) {
        const {done, value} = await pieces.next();
        if (done) break;
        rest = value;
      }
      const part = rest.subarray(0, block.length - used);
      block.set(part, used);
      used += part.length;
      rest = rest.subarray(part.length);
    }
    yield block;
  }
  if (rest.length || !(await pieces.next()).done) throw Error('length');
}

async function* sealed({header, payload}, plaintext, total) {
  yield header;
  const last = Math.ceil(total / CHUNK) - 1;
  let count = 0;
  for await (const block of blocks(plaintext, total)) {
    const iv = join(octets(7), u32(count), [count === last ? 1 : 0]);
    yield octets(await subtle.encrypt({name: 'AES-GCM', iv}, payload, block));
    count++;
  }
}

// An envelope's length and its bytes in blocks of 65,536.
const envelope = (addressed, json, files) => {
  const total = paddedLength(addressed.suite, framesLength(json, files));
  const size = addressed.header.length + total + 16 * Math.ceil(total / CHUNK);
  return {size, blocks: blocks(sealed(addressed, frames(json, files), total), size)};
};
