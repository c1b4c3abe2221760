// Receipts (formats.md §3): 88 bits as 27 digits and a check group, and what is derived from them.

const toDigits = secret => {
  const number = BigInt('0x' + hex(secret));
  return (String(number).padStart(27, 0) + String(number % 997n).padStart(3, 0)).match(/.../g);
};

// The secret behind typed digits; undefined if they cannot be a receipt.
const fromDigits = text => {
  const digits = text.replace(/[\s.-]/g, '');
  if (!/^\d{30}$/.test(digits)) return;
  const number = BigInt(digits.slice(0, 27));
  if (number >> 88n || number % 997n !== BigInt(digits.slice(27))) return;
  return Uint8Array.from(number.toString(16).padStart(22, 0).match(/../g), byte => parseInt(byte, 16));
};

const receiptKeys = async (secret, origin) => {
  const key = await subtle.importKey('raw', secret, 'PBKDF2', false, ['deriveBits']);
  const salt = utf8('resguardo/1 receipt\0' + origin);
  const prk = new Uint8Array(await subtle.deriveBits({name: 'PBKDF2', hash: 'SHA-256', salt, iterations: 262144}, key, 256));
  const part = name => expand(prk, utf8('resguardo/1 ' + name));
  return {
    id: await part('mailbox'),
    pair: await derivePair(await part('reply ikm')),
    psk: await part('reply psk'),
    answer: await part('answer'),
  };
};

// The text of a reply; undefined for a slot that is not for this receipt (formats.md §7).
const openReply = async (keys, blob) => {
  try {
    const text = await openWithPsk(keys.pair, join(utf8('resguardo/1 reply\0'), keys.id), keys.psk, keys.id, blob);
    return new TextDecoder().decode(text).replace(/\0+$/, '');
  } catch {}
};
