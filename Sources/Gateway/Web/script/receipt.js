// What is derived from the 88 bits of a receipt (formats.md §3).
const receiptKeys = async (secret, origin) => {
  const key = await subtle.importKey('raw', secret, 'PBKDF2', false, ['deriveBits']);
  const salt = utf8('resguardo/1 receipt\0' + origin);
  const prk = octets(await subtle.deriveBits({name: 'PBKDF2', hash: 'SHA-256', salt, iterations: 262144}, key, 256));
  const part = name => expand(prk, utf8('resguardo/1 ' + name));
  return {
    id: await part('mailbox'),
    pair: await derivePair(await part('reply ikm')),
    psk: await part('reply psk'),
    answer: await part('answer'),
  };
};
