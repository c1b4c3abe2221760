// The form and the mailbox. Nothing leaves the phone before "Send"; nothing is stored on it.
const byId = id => document.getElementById(id);
const form = byId('tip');
const box = byId('box');
const state = byId('state');
const settings = form.dataset;
const entry = key => document.querySelector('[data-w="' + key + '"]') || document.createElement('p');
const word = key => entry(key).textContent;
// A sentence may be in another language than the page: what it lacks is there in the one that its readers know.
const put = (place, key, more = '') => {
  place.textContent = word(key) + more;
  place.lang = entry(key).lang || document.documentElement.lang;
};
const say = (key, more) => put(state, key, more);
const pause = seconds => new Promise(done => setTimeout(done, seconds * 1000));

// X25519 is the least that a browser needs to encrypt here.
const capable = (async () => {
  try {
    await subtle.generateKey('X25519', false, ['deriveBits']);
    document.querySelectorAll('[data-plain]').forEach(note => note.remove());
    return true;
  } catch {
    return false;
  }
})();

const ask = (path, options) => fetch(path,
  {credentials: 'omit', cache: 'no-store', referrerPolicy: 'no-referrer', redirect: 'error', ...options});

class Refused extends Error {}

// Sends the same bytes until there is an answer: a bad line costs time, never the tip and never a second tip.
const insist = async (path, options) => {
  for (let wait = 1;; wait = Math.min(2 * wait, 30)) {
    try {
      const answer = await ask(path, options);
      if (answer.ok) return answer;
      if (answer.status < 500 && answer.status !== 429) throw new Refused((await answer.json().catch(() => answer)).type);
      say('busy');
    } catch (error) {
      if (error instanceof Refused) throw error;
      say('line');
    }
    await pause(wait);
  }
};

// The desk's keys, by the hash that the page carries. There is no other way to a key, and no way without one.
const deskKey = async place => {
  const desks = Object.fromEntries(settings.keys.split(' ').map(item => item.split(':')));
  const hash = desks[place] || desks.region;
  for (let tries = 1;; tries++) {
    try {
      const answer = await ask('/v1/keys/' + hex(unbase64(hash)), {integrity: 'sha256-' + hash});
      if (!answer.ok) throw Error();
      const [first, second] = (await answer.text()).split('\n');
      return await canXWing() ? await address(2, await parseKey(second)) : await address(1, await parseKey(first));
    } catch {
      if (tries === 3) throw new Refused('keys');
      await pause(tries);
    }
  }
};

// Invisible characters that no reader accepts (they can turn text around); some programs add them when text is copied.
const clean = text => (text.toWellFormed ? text.toWellFormed() : text)
  .replace(/\r\n?/g, '\n').replace(/[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g, '').trim();

const answers = fields => {
  const one = name => clean(fields.get(name) || '') || undefined;
  const many = values => values.length ? values : undefined;
  const tip = {v: 1, channel: 'web', language: form.getAttribute('action').slice(1)};
  for (const name of ['danger_now', 'who_am_i', 'what_happened', 'where_country', 'where_text', 'when', 'child_age_band',
    'exploiter_known', 'still_happening']) tip[name] = one(name);
  tip.category = many(fields.getAll('category'));
  tip.consent_share = many(fields.getAll('consent_share'));
  tip.online = many((one('online') || '').split('\n').map(line => line.trim()).filter(line => line));
  return tip;
};

const takesFiles = () => (settings.files || '').split(' ').includes(form.elements.where_country.value || 'region');

const problems = (tip, files) => {
  const found = [];
  const long = (text, most) => [...text || ''].length > most;
  if (!tip.danger_now) found.push(['danger_now', 'missing']);
  if (!tip.what_happened) found.push(['what_happened', 'missing']);
  if (long(tip.what_happened, 4000)) found.push(['what_happened', 'too_long']);
  if (long(tip.where_text, 500)) found.push(['where_text', 'too_long']);
  if ((tip.online || []).length > 10) found.push(['online', 'too_many']);
  if ((tip.online || []).some(line => long(line, 500))) found.push(['online', 'too_long']);
  if (tip.who_am_i === 'child_affected' && !tip.consent_share) found.push(['consent_share', 'missing']);
  if (files.length && !takesFiles()) found.push(['attachments', 'files_not_here']);
  if (files.length > 16) found.push(['attachments', 'too_many']);
  if (files.reduce((sum, file) => sum + file.size, 0) > settings.most) found.push(['attachments', 'files_too_large']);
  return found;
};

const showProblems = found => {
  document.querySelectorAll('.e').forEach(place => place.textContent = '');
  form.querySelectorAll('[aria-invalid]').forEach(field => field.removeAttribute('aria-invalid'));
  for (const [name, reason] of found) {
    put(byId('e-' + name), name + '.' + reason);
    if (!/^[rc]/.test(byId(name).type)) byId(name).setAttribute('aria-invalid', true);
  }
  if (!found.length) return;
  const first = byId(found[0][0]);
  const folded = first.closest('details');
  if (folded) folded.open = true;
  first.focus();
};

const describe = async files => {
  const list = [];
  for (const file of files) {
    const hash = new Sha256();
    for await (const piece of slices(file)) hash.update(piece);
    list.push({
      // The last 60 characters, so that the ending stays; a name must not be able to do anything but name.
      name: [...clean(file.name).replace(/[/\\]/g, '_')].slice(-60).join('') || '-',
      type: /^[!-~]{1,99}$/.test(file.type) ? file.type : 'application/octet-stream',
      size: file.size, sha256: base64(hash.digest()),
    });
  }
  return list;
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

// What a reply says: a JSON object with a text; anything else is shown as it is.
const replyText = reply => {
  try {
    return JSON.parse(reply).text || reply;
  } catch {
    return reply;
  }
};

const showReceipt = secret => {
  const done = byId('done').content;
  const receipt = done.querySelector('[data-receipt]');
  if (secret) {
    for (const group of toDigits(secret)) {
      const span = document.createElement('span');
      span.textContent = group + ' ';
      receipt.querySelector('.digits').append(span);
    }
  } else {
    receipt.remove();
  }
  form.reset();
  byId('top').remove();
  byId('main').replaceChildren(done);
  byId('done-heading').focus();
};

// A page that was left open may name keys that are no longer current: what it names now comes from where it came from.
const refresh = async () => {
  const page = await (await insist(form.action)).text();
  settings.keys = /data-keys="([^"]+)/.exec(page)[1];
};

const make = async (fields, tip, files, again) => {
  try {
    const key = await deskKey(tip.where_country);
    let secret;
    if (fields.get('mailbox')) {
      secret = random(11);
      const keys = await receiptKeys(secret, settings.origin);
      tip.mailbox = {
        id: base64(keys.id), reply_key: base64(keys.pair.point), psk: base64(keys.psk), answer: base64(keys.answer),
      };
    }
    if (files.length) tip.attachments = await describe(files);
    say('sending');
    await deliver(key, utf8(JSON.stringify(tip)), files);
    showReceipt(secret);
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

const files = byId('files');
if (files) (form.elements.where_country.onchange = () => {
  files.hidden = !takesFiles() && !form.elements.attachments.files.length;
})();

// All replies for a receipt. Unused slots are random bytes, so "no replies" and "no such receipt" are one answer.
const readReplies = async keys => {
  const found = [];
  for (let cursor = 0, turns = 0; turns < 64; turns++) {
    const answer = await insist('/v1/mailbox', {
      method: 'POST', headers: {'Content-Type': 'application/octet-stream'}, body: join(keys.id, u32(cursor)),
    });
    const bytes = new Uint8Array(await answer.arrayBuffer());
    const next = new DataView(bytes.buffer).getUint32(0);
    for (let slot = 4; slot < bytes.length; slot += 4144) {
      const text = await openReply(keys, bytes.slice(slot, slot + 4144));
      if (text !== undefined) found.push(replyText(text));
    }
    if (next === cursor) break;
    cursor = next;
  }
  return found;
};

box.onsubmit = async event => {
  event.preventDefault();
  const secret = fromDigits(byId('receipt').value);
  put(byId('e-receipt'), secret ? '' : 'digits');
  if (!secret) return byId('receipt').focus();
  // The note beside the button has said what happens then.
  if (!await capable) return box.submit();
  const place = byId('replies');
  const show = (count, write) => place.replaceChildren(...Array.from({length: count}, (_, index) => {
    const item = document.createElement('p');
    write(item, index);
    return item;
  }));
  const tell = key => show(1, item => put(item, key));
  tell('opening');
  try {
    const found = await readReplies(await receiptKeys(secret, settings.origin));
    if (found.length) show(found.length, (item, index) => item.textContent = found[index]);
    else tell('no_replies');
  } catch {
    tell('failed');
  }
};
