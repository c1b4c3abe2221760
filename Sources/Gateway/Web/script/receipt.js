// Receipts (formats.md §3): 88 bits as eight words, or as 27 digits and a check group, and what is derived from them.

const toDigits = secret => {
  const number = BigInt('0x' + hex(secret));
  return (String(number).padStart(27, 0) + String(number % 997n).padStart(3, 0)).match(/.../g);
};

const unhex = text => Uint8Array.from(text.match(/../g), byte => parseInt(byte, 16));

// The secret behind typed digits; undefined if they cannot be a receipt.
const fromDigits = text => {
  const digits = text.replace(/[\s.-]/g, '');
  if (!/^\d{30}$/.test(digits)) return;
  const number = BigInt(digits.slice(0, 27));
  if (number >> 88n || number % 997n !== BigInt(digits.slice(27))) return;
  return unhex(number.toString(16).padStart(22, 0));
};

const toWords = (secret, list) => {
  const words = list.split('\n');
  const number = BigInt('0x' + hex(secret));
  return Array.from({length: 8}, (_, place) => words[Number(number >> BigInt(77 - 11 * place) & 2047n)]);
};

// What was typed as words: without accents, in lower case, all that is no letter between them.
const typedWords = text => text.normalize('NFD').replace(/[\u0300-\u036f]/g, '').toLowerCase().match(/[a-z]+/g) || [];

// The secret behind eight words of a list, of which four letters suffice; undefined if they are not of it.
const fromWords = (typed, list) => {
  const places = new Map(typedWords(list).map((word, place) => [word.slice(0, 4), BigInt(place)]));
  let number = 0n;
  for (const word of typed) {
    const place = places.get(word.slice(0, 4));
    if (place === undefined) return;
    number = number << 11n | place;
  }
  return unhex(number.toString(16).padStart(22, 0));
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
