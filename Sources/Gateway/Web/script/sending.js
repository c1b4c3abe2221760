// Makes the envelope and gives the request that ends its way. Two blocks go whole in that request; more goes before it, block
// by block, each of which may be sent again, until somebody stops it.
const pack = async (signal, key, json, files) => {
  const [size, blocks] = envelope(key, json, files);
  const hash = hasher();
  const parts = [];
  const whole = size <= 2 * CHUNK;
  const upload = whole || JSON.parse(await insist(signal, '/v1/uploads', none)).upload;
  const began = Date.now();
  let count = 0;
  byId('rate').hidden = whole;
  for await (const part of blocks) {
    hash(part);
    if (whole) parts.push(part);
    else {
      await insist(signal, '/v1/uploads/' + upload + '?chunk=' + count++, typed('octet-stream', part), '', '', 'PUT');
      const share = byId('bar').value = Math.min(1, count * CHUNK / size);
      const minutes = Math.ceil((Date.now() - began) / 6e4 * (1 / share - 1));
      byId('left').textContent = (100 * share | 0) + ' % · ' + minutes + ' min';
    }
  }
  const digest = hash();
  return {
    key, digest,
    body: whole ? typed('vnd.resguardo.envelope', ...parts) : typed('json', JSON.stringify({upload, sha256: base64(digest)})),
  };
};

const prepare = async (signal, tip, files) => {
  until = Date.now() + 72e6;
  const key = await deskKey(signal, tip.where_country);
  let secret, groups;
  if (tip.mailbox) {
    secret = random(11);
    groups = settings.words ? toWords(secret, await fetchNamed(signal, '/words/', settings.words)) : toDigits(secret);
    tip.mailbox = mailboxOf(await receiptKeys(secret, settings.origin));
  }
  if (files.length) tip.attachments = await describe(signal, files);
  signal.throwIfAborted();
  say('sending');
  return {groups, ...await pack(signal, key, utf8(JSON.stringify({v: 1, ...tip})), files)};
};

// The last request of the tip that was made last. Until an answer is changed the same bytes are sent again, whatever came
// between: no tip is stored twice; once they are too old, whoever presses sends new ones. Of an upload this is its end; one
// that was stopped before it has stored nothing, and begins anew.
let kept;
form.oninput = () => kept = 0;

const attempt = async (signal, tip, files) => {
  if (Date.now() > until) kept = 0;
  const mine = kept || await prepare(signal, tip, files);
  // Whoever stopped meanwhile may be changing an answer, or sending what was changed.
  signal.throwIfAborted();
  kept = mine;
  showReceipt(mine.groups, await hand(signal, mine));
};

// By this the gateway knows a form that goes as it is when it comes again.
const once = random(16);

// Looks for what is missing and leads to it, or to the end; whoever is there sends. One run at a time: nothing can be
// changed or sent again while it works, and only that run is stopped. Where this script fails, the form is not lost: what
// remains is to send it as it is, and where that fails too, as a page without scripts sends it.
const send = async plain => {
  if (form.hidden) return;
  form.hidden = true;
  const {signal} = stop = new AbortController();
  const end = key => {
    form.hidden = false;
    stop.abort();
    say(key);
    byId(at < last ? 'end' : 'send').focus();
  };
  try {
    byId('stop').onclick = () => end('stopped');
    byId('going').focus();
    say(plain ? 'sending' : 'working');
    const tip = answers(new FormData(form));
    const chosen = input ? [...input.files] : [];
    const files = [...chosen, ...await copying];
    const able = await capable;
    if (signal.aborted) return;
    const found = problems(tip, chosen, files);
    if (found.length || at < last) {
      end();
      return lead(found);
    }
    if (plain) {
      const data = plainly(form, new FormData());
      data.append('once', once);
      until = Date.now() + 5e5;
      const {status, response} = await insist(signal, form.action, data, 'document');
      if (status < 300) return showKept(response.getElementById('main'));
      // Everything is left as it was: what is missing or too much was found before.
      end();
      return state.append(response.querySelector('.sum, .lead'));
    }
    if (!able) throw 0;
    await attempt(signal, tip, files).catch(async error => {
      // A key that is no longer current, or an upload that was kept for a day: a new envelope, since nothing was stored.
      if (error !== 'keys') throw error;
      kept = 0;
      await refresh(signal);
      await attempt(signal, tip, files);
    });
  } catch (error) {
    if (signal.aborted) return;
    end(error.trim ? error : error && 'failed');
    if (error.trim) return;
    if (plain) return form.submit();
    go(last);
    byId('confirm').hidden = false;
    byId('plain').focus();
  }
};

form.onsubmit = event => {
  event.preventDefault();
  // Enter in a field goes on; only the end sends.
  at < last ? move(1) : send();
};
byId('end').onclick = () => send();
byId('plain').onclick = () => send(true);
byId('back').onclick = () => byId('confirm').hidden = true;
