// The envelope (formats.md §4), made as a stream: a file is read, sealed and sent 64 KiB at a time.
const CHUNK = 65536;

// A tip without attachments is 17,640 bytes on the wire in both suites. Others are padded by Padmé: at most 12 % more, and
// few lengths that a watcher can tell apart.
const paddedLength = (fixed, length) => {
  const exponent = number => 31 - Math.clz32(number);
  const step = 2 ** (exponent(length) - exponent(exponent(length)) - 1);
  return length > fixed ? Math.ceil(length / step) * step : fixed;
};

// Header and payload key for one desk key, which its line names.
const address = async (suite, line) => {
  const id = sha256(utf8(line));
  const secret = random(32);
  const commit = await hkdf(secret, utf8('resguardo/1 commit'));
  const outline = join(utf8('RSGE'), [1, suite, 0, 0], id, commit);
  const inner = await (suite === 1 ? encapsulateX25519 : encapsulateXWing)(unbase64(line.split(' ')[6]));
  return {
    id, commit,
    header: join(outline, await seal(inner, join(utf8('resguardo/1 envelope\0'), outline), secret)),
    payload: await aes(await hkdf(secret, join(utf8('resguardo/1 payload\0'), outline))),
  };
};

// What a browser reads only when it is asked for it, 64 KiB from a place on. A file that is gone meanwhile says nothing of
// what the browser can: it is to be chosen again.
const piece = async (blob, at) => octets(await blob.slice(at, at + CHUNK).arrayBuffer().catch(() => { throw 'failed'; }));

// What is missing of the text up to `total` is zeros.
async function* sealed(addressed, text, total) {
  let wire = addressed.header;
  for (let at = 0; at < total; at += CHUNK) {
    const block = octets(Math.min(CHUNK, total - at));
    block.set(await piece(text, at));
    const iv = join(octets(7), u32(at / CHUNK), [at + CHUNK >= total]);
    wire = join(wire, await encrypt(addressed.payload, iv, block));
    for (; wire.length > CHUNK; wire = wire.slice(CHUNK)) yield wire.slice(0, CHUNK);
  }
  yield wire;
}

// An envelope's length, and its bytes in blocks of 65,536, the last one shorter.
const envelope = (addressed, json, files) => {
  // The frames around the files, which are not read for that.
  const frames = [];
  const frame = (kind, length, bytes) => frames.push(octets([kind]), u32(length), bytes);
  frame(1, json.length, json);
  for (const file of files) {
    for (let at = 0; at < file.size; at += CHUNK) {
      const part = file.slice(at, at + CHUNK);
      frame(2, part.size, part);
    }
    frame(3, 0, none);
  }
  const text = new Blob(frames);
  const total = paddedLength(17624 - addressed.header.length, text.size);
  return [addressed.header.length + total + 16 * Math.ceil(total / CHUNK), sealed(addressed, text, total)];
};
