// "name:hash name:hash" as an object.
const named = list => Object.fromEntries(list.split(' ').map(item => item.split(':')));

const deskKey = async place => {
  const desks = named(settings.keys);
  const [first, second] = (await fetchNamed('/v1/keys/', desks[place] || desks.region)).split('\n');
  return await canXWing() ? address(2, await parseKey(second)) : address(1, await parseKey(first));
};

// While it is flooded, the gateway asks for work, done by a worker; without its answer the tip goes as it is.
const asked = () => ask('/v1/effort', {signal: AbortSignal.timeout(1e4)}).then(answer => answer.json()).catch(() => '');
self.trustedTypes?.createPolicy('default', {createScriptURL: () => '/effort.js'});

// Two blocks go in one request; more goes block by block, each of which may be sent again, until somebody stops it.
const deliver = async (key, json, files, early) => {
  const made = envelope(key, json, files);
  const hash = new Sha256();
  const parts = [];
  const whole = made.size <= 2 * CHUNK;
  const upload = whole || (await (await insist('/v1/uploads', {method: 'POST'})).json()).upload;
  const began = Date.now();
  let count = 0;
  byId('going').hidden = whole;
  for await (const part of made.blocks) {
    hash.update(part);
    if (whole) {
      parts.push(part);
    } else {
      await insist('/v1/uploads/' + upload + '?chunk=' + count++, {
        method: 'PUT', headers: {'Content-Type': 'application/octet-stream'}, body: part,
      });
      const share = byId('bar').value = Math.min(1, count * CHUNK / made.size);
      const minutes = Math.ceil((Date.now() - began) / 6e4 * (1 / share - 1));
      byId('left').textContent = Math.floor(100 * share) + ' % · ' + minutes + ' min';
      // A reader aloud hears of a change, not of every block.
      if (state.textContent !== word('sending')) say('sending');
    }
  }
  const digest = hash.digest();
  const headers = {'Content-Type': whole ? 'application/vnd.resguardo.envelope' : 'application/json'};
  const wanted = await (whole ? early : asked());
  if (wanted.bits) await new Promise(done => {
    const worker = new Worker('/effort.js');
    worker.onmessage = event => done(headers['Resguardo-Effort'] = event.data);
    worker.onerror = done;
    worker.postMessage([wanted, digest]);
    stop.signal.onabort = () => worker.terminate();
    pause(15).then(done);
  }).catch(() => '');
  byId('going').hidden = true;
  const answer = await insist('/v1/tips', {
    method: 'POST',
    headers,
    body: whole ? new Blob(parts) : JSON.stringify({upload, sha256: base64(digest)}),
  });
  const holds = async () => checkPromise(await answer.json(), {origin: settings.origin, log: settings.log, hash: digest, key});
  if (!await holds().catch(() => false)) throw new Refused('check');
};

// A page that was left open may name keys that are no longer current: what it names now comes from where it came from.
const refresh = async () => {
  const page = await (await insist(form.action)).text();
  settings.keys = /data-keys="([^"]+)/.exec(page)[1];
};

const make = async (fields, tip, files, again) => {
  try {
    const early = asked();
    const key = await deskKey(tip.where_country);
    let secret, list;
    if (fields.get('mailbox')) {
      secret = random(11);
      list = settings.words && await fetchNamed('/words/', settings.words);
      const keys = await receiptKeys(secret, settings.origin);
      tip.mailbox = {
        id: base64(keys.id), reply_key: base64(keys.pair.point), psk: base64(keys.psk), answer: base64(keys.answer),
      };
    }
    if (files.length) tip.attachments = await describe(files);
    say('sending');
    await deliver(key, utf8(JSON.stringify(tip)), files, early);
    showReceipt(secret && (list ? toWords(secret, list) : toDigits(secret)));
  } catch (error) {
    // A key that is no longer current, or an upload that was kept for a day: a new envelope, since nothing was stored.
    if (again || !/key|upload/.test(error.message)) throw error;
    await refresh();
    await make(fields, tip, files, true);
  }
};

const send = async () => {
  const fields = new FormData(form);
  const tip = answers(fields);
  const files = fields.getAll('attachments').filter(file => file.name);
  const copies = await copying;
  const found = problems(tip, files, copies);
  showProblems(found);
  say();
  if (found.length) return;
  if (!await capable) {
    byId('confirm').hidden = false;
    return byId('plain').focus();
  }
  form.inert = true;
  say('working');
  const {signal} = stop = new AbortController();
  const end = key => {
    form.inert = false;
    byId('going').hidden = true;
    say(key);
    byId('send').focus();
  };
  byId('stop').onclick = () => {
    stop.abort();
    end('stopped');
  };
  try {
    await make(fields, tip, [...files, ...copies]);
  } catch (error) {
    if (!signal.aborted) end(error instanceof Refused ? word(error.message) ? error.message : 'refused' : 'failed');
  }
};

form.onsubmit = event => {
  event.preventDefault();
  send();
};
byId('plain').onclick = () => form.submit();
byId('back').onclick = () => {
  byId('confirm').hidden = true;
};
