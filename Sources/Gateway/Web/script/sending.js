// "name:hash name:hash" as an object.
const named = list => Object.fromEntries(list.split(' ').map(item => item.split(':')));

const deskKey = async place => {
  const desks = named(settings.keys);
  const [first, second] = (await fetchNamed('/v1/keys/', desks[place] || desks.region)).split('\n');
  return await canXWing() ? address(2, await parseKey(second)) : address(1, await parseKey(first));
};

// Up to 1 MiB goes in one request; more goes in parts, each of which may be sent again.
const deliver = async (key, json, files) => {
  const made = envelope(key, json, files);
  const hash = new Sha256();
  const parts = [];
  const whole = made.size <= 1 << 20;
  const upload = whole || (await (await insist('/v1/uploads', {method: 'POST'})).json()).upload;
  let count = 0;
  for await (const part of made.blocks) {
    hash.update(part);
    if (whole) {
      parts.push(part);
    } else {
      await insist('/v1/uploads/' + upload + '?chunk=' + count++, {
        method: 'PUT', headers: {'Content-Type': 'application/octet-stream'}, body: part,
      });
      say('sending', ' ' + Math.floor(100 * count * CHUNK / (made.size + CHUNK)) + ' %');
    }
  }
  const digest = hash.digest();
  const answer = await insist('/v1/tips', {
    method: 'POST',
    headers: {'Content-Type': whole ? 'application/vnd.resguardo.envelope' : 'application/json'},
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
    await deliver(key, utf8(JSON.stringify(tip)), files);
    showReceipt(secret && (list ? toWords(secret, list) : toDigits(secret)));
  } catch (error) {
    if (again || !/key/.test(error.message)) throw error;
    await refresh();
    await make(fields, tip, files, true);
  }
};

const send = async () => {
  const fields = new FormData(form);
  const tip = answers(fields);
  const files = fields.getAll('attachments').filter(file => file.name);
  const found = problems(tip, files);
  showProblems(found);
  say();
  if (found.length) return;
  if (!await capable) {
    byId('confirm').hidden = false;
    return byId('plain').focus();
  }
  form.inert = true;
  say('working');
  try {
    await make(fields, tip, files);
  } catch (error) {
    form.inert = false;
    say(error instanceof Refused ? word(error.message) ? error.message : 'refused' : 'failed');
    byId('send').focus();
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
