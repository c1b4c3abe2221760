// What the mailbox alone needs: a receipt as somebody typed it, and what it opens (formats.md §3, §7).
const unhex = text => Uint8Array.from(text.match(/../g), byte => parseInt(byte, 16));

// The secret behind typed digits, whatever stands between them; undefined if they cannot be a receipt.
const fromDigits = text => {
  const digits = text.replace(/\D/g, '');
  if (digits.length !== 30) return;
  const number = BigInt(digits.slice(0, 27));
  if (number >> 88n || number % 997n !== BigInt(digits.slice(27))) return;
  return unhex(number.toString(16).padStart(22, 0));
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

// Mode psk, as replies are sealed; throws if the blob is for somebody else.
const openWithPsk = async ([secret, point], info, psk, pskId, blob) => {
  const enc = blob.slice(0, 32);
  const shared = await deriveSecret(await agree(secret, enc), join(enc, point));
  const [key, iv] = await schedule([0, 32], shared, info, psk, pskId);
  return octets(await subtle.decrypt({name: 'AES-GCM', iv}, await aes(key), blob.slice(32)));
};

// The text of a reply; undefined for a slot that is not for this receipt (formats.md §7).
const openReply = async (keys, blob) => {
  try {
    const text = await openWithPsk(keys.pair, join(utf8('resguardo/1 reply\0'), keys.id), keys.psk, keys.id, blob);
    return new TextDecoder().decode(text).replace(/\0+$/, '');
  } catch {}
};
