// The promise (formats.md §1, §6): the page believes the gateway's answer only after checking it against its own bytes.

const checkSignature = async (vkey, text, signature) => {
  const point = unbase64(vkey.replace(/.*?\+.*?\+/, '')).slice(1);
  // Some browsers have no Ed25519; the hashes are checked all the same.
  const key = await subtle.importKey('raw', point, 'Ed25519', false, ['verify']).catch(() => '');
  return !key || subtle.verify('Ed25519', key, signature, utf8(text));
};

const checkPromise = async (promised, origin, log, hash, key) => {
  const entry = JSON.parse(promised.record);
  const commitment = sha256(join(utf8('resguardo/1 entry\0'), unbase64(promised.salt), utf8(promised.record)));
  const text = ['resguardo/1 promise', origin, base64(commitment), entry.tick, ''].join('\n');
  const start = text + '\n\u2014 ' + origin + ' ';
  const blob = unbase64(promised.promise.slice(start.length).split('\n')[0]);
  const said = [entry.type, entry.origin, entry.envelope, entry.desk_key, entry.commit];
  return promised.promise.startsWith(start)
    && said.join() === ['tip', origin, base64(hash), base64(key.id), base64(key.commit)].join()
    && checkSignature(log, text, blob.slice(4));
};
