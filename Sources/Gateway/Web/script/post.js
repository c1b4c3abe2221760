// How tips and answers are addressed, and when the gateway is believed that it has them.
// The key of a place's desk, by the list of desks that the page names: lines of "name:hash".
const deskKey = async (signal, place) => {
  const desks = await fetchNamed(signal, '/v1/desks/', settings.keys);
  const named = name => desks.match(name + ':(.+)')?.[1];
  const lines = await fetchNamed(signal, '/v1/keys/', named(place) || named('region'));
  // Where there is X-Wing, it is used.
  const suite = SubtleCrypto.supports?.('encapsulateBits', 'ML-KEM-768') ? 2 : 1;
  return address(suite, lines.split('\n')[suite - 1]);
};

const typed = (type, ...parts) => new Blob(parts, {type: 'application/' + type});

// What an office needs for replying.
const mailboxOf = keys => ({
  id: base64(keys.id), reply_key: base64(keys.pair[1]), psk: base64(keys.psk), answer: base64(keys.answer),
});

// While it is flooded, the gateway asks for work, done by a worker, which ends by itself; without either the tip goes as it is.
self.trustedTypes?.createPolicy('default', {createScriptURL: () => '/effort.js'});

// The request that ends an envelope's way; gives what the gateway promises, if it holds for these bytes and this key.
const hand = async (signal, {key, digest, body}) => {
  const effort = await insist(signal, '/v1/effort').then(JSON.parse).then(wanted => wanted.bits && new Promise(done => {
    const worker = new Worker('/effort.js');
    worker.onmessage = worker.onerror = event => done(event.data);
    worker.postMessage([wanted, digest]);
    setTimeout(done, 15e3);
  })).catch(() => '');
  const answer = await insist(signal, '/v1/tips', body, '', effort);
  try {
    const promised = JSON.parse(answer);
    if (await checkPromise(promised, settings.origin, settings.log, digest, key)) return promised;
  } catch {}
  throw 'check';
};

// A page that was left open may name keys that are no longer current: what it names now comes from where it came from.
const refresh = async signal => {
  settings.keys = (await insist(signal, form.action)).match(/data-keys="(.+?)"/)[1];
};
