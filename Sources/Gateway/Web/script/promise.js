// The promise (formats.md §1, §6): the page believes the gateway's answer only after checking it against its own bytes.

// The record byte for byte: one with other members or with spaces is one that no office accepts.
const checkPromise = async ({promise, record, salt}, origin, log, hash, key) => {
  const {body, commit_s, size, tick} = JSON.parse(record);
  const salted = unbase64(salt);
  const text = ['resguardo/1 promise', origin,
    base64(sha256(join(utf8('resguardo/1 entry\0'), salted, utf8(record)))), tick, ''].join('\n');
  const start = text + '\n— ' + origin + ' ';
  const blob = unbase64(promise.slice(start.length).split('\n')[0]);
  // The key stands behind the log's name and eight digits. Some browsers have no Ed25519; the hashes are checked all the same.
  const point = unbase64(log.slice(origin.length + 10)).slice(1);
  const vkey = await subtle.importKey('raw', point, 'Ed25519', false, ['verify']).catch(() => '');
  return promise.startsWith(start) && salted.length === 32 && record === JSON.stringify({
    body, commit: base64(key.commit), commit_s, desk_key: base64(key.id), envelope: base64(hash), origin, size, tick,
    type: 'tip', v: 1,
  }) && (!vkey || subtle.verify('Ed25519', vkey, blob.slice(4), utf8(text)));
};
