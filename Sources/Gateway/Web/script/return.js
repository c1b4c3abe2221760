// Coming back with a receipt. What offices have said is opened here, on the phone.
// What a reply says: a JSON object with a text; anything else is shown as it is.
const parseReply = reply => {
  try {
    const said = JSON.parse(reply);
    return said.text ? said : {text: reply};
  } catch {
    return {text: reply};
  }
};

// A status word is said in the reader's language; its text is the word, for pages that do not know it.
const showReply = ({text, status}) => {
  const key = 'status.' + status;
  const isKnown = /^[\w-]+$/.test(status) && entry(key);
  const add = said => byId('replies').appendChild(make('p', said));
  if (isKnown) put(add(''), key);
  if (!isKnown || text !== status) add(text);
};

// All replies for a receipt. Unused slots are random bytes, so "no replies" and "no such receipt" are one answer; and it is
// asked for four times at least, as where there are twelve, so that a watcher of the line cannot count them.
const readReplies = async keys => {
  const found = [];
  for (let cursor = 0, turns = 0; turns < 64; turns++) {
    const asked = typed('octet-stream', join(keys.id, u32(cursor)));
    const bytes = octets(await insist(signal, '/v1/mailbox', asked, 'arraybuffer'));
    const next = new DataView(bytes.buffer).getUint32(0);
    for (let slot = 4; slot < bytes.length; slot += 4144) {
      const text = await openReply(keys, bytes.slice(slot, slot + 4144));
      if (text !== undefined) found.push(parseReply(text));
    }
    if (turns > 2 && next === cursor) break;
    cursor = next;
  }
  return found;
};

// Every receipt that the text can be: words may fit the lists of several languages, and each is another receipt.
const secretsOf = async text => {
  const digits = fromDigits(text);
  const typed = typedWords(text);
  if (digits || typed.length !== 8) return digits ? [digits] : [];
  const lists = await Promise.all(settings.words.split(' ').map(hash => fetchNamed(signal, '/words/', hash)));
  return lists.map(list => fromWords(typed, list)).filter(secret => secret);
};

// Whose replies were opened, the State whose desk was the last to say that it wrote one, and the last request of the answer
// that was made last: until it is changed the same bytes are sent again, so none is kept twice; and when they are too old.
let owner, place, kept, end;
const {signal} = stop;

form.onsubmit = async event => {
  if (!await capable) return;
  until = Date.now() + 72e6;
  form.append(state);
  byId('opened').hidden = true;
  put(byId('e-receipt'));
  say('opening');
  try {
    const secrets = await secretsOf(byId('receipt').value);
    if (!secrets.length) {
      say();
      put(byId('e-receipt'), 'digits');
      return byId('receipt').focus();
    }
    const found = [];
    let whose, where = 'region';
    for (const secret of secrets) {
      const keys = await receiptKeys(secret, settings.origin);
      for (const reply of await readReplies(keys)) {
        found.push(reply);
        whose = keys;
        where = reply.state || where;
      }
    }
    // Whoever asks twice at once is shown one mailbox, and answers in that one.
    owner = whose;
    place = where;
    kept = 0;
    byId('replies').replaceChildren();
    byId('opened').hidden = !found.length;
    say(!found.length && 'no_replies');
    found.forEach(showReply);
    if (!found.length) return;
    byId('opened-heading').focus();
    // What is said from now on is said of the answer, and not within what is hidden.
    byId('write').after(state);
  } catch {
    say('failed');
  }
};

// Where nothing here decrypts, this page's form and those of the pages that come after it go as they are, as the note beside the
// button has said, and each answer takes the place of what is shown: no page of theirs is one to come back to. What
// cannot be a receipt stands there to be mended.
document.onsubmit = async event => {
  event.preventDefault();
  const sent = event.target;
  if (await capable || sent.hidden) return;
  sent.hidden = true;
  sent.after(state);
  say(sent.answer ? 'sending' : 'opening');
  const data = plainly(sent, new URLSearchParams());
  until = Date.now() + 5e5;
  try {
    const page = (await insist(signal, sent.action, data, 'document')).response;
    say();
    const main = page.getElementById('main');
    const box = page.getElementById('receipt');
    if (!box) return state.append(main.querySelector('.lead'));
    if (page.getElementById('e-receipt').firstChild) box.value = data.get('receipt');
    page.getElementById('state').replaceWith(state);
    // The sentences stay.
    main.append(document.querySelector('[data-w]').parentNode);
    byId('main').replaceWith(main);
    main.focus();
  } catch {
    say('failed');
  } finally {
    sent.hidden = false;
  }
};

// An answer is a tip that names the mailbox, with a tag that only the receipt's holder can make (formats.md §7).
const makeAnswer = async text => {
  const key = await deskKey(signal, place);
  const tag = await hmac(owner.answer, sha256(key.header.slice(72)));
  const parts = [];
  const [, blocks] = envelope(key, utf8(JSON.stringify({
    v: 1, channel: 'web', language: form.action.split('/')[3], what_happened: text,
    answer_to: base64(owner.id), answer_tag: base64(tag), mailbox: mailboxOf(owner),
  })), []);
  for await (const part of blocks) parts.push(part);
  return {key, digest: sha256(join(...parts)), body: typed('vnd.resguardo.envelope', ...parts)};
};

const sendAnswer = async text => {
  if (Date.now() > end) kept = 0;
  if (!kept) end = Date.now() + 72e6;
  until = end;
  kept ||= await makeAnswer(text);
  await hand(signal, kept);
};

const write = byId('write');
const field = byId('answer');
write.oninput = () => kept = 0;
write.onsubmit = async () => {
  // Of two taps one sends.
  if (write.hidden) return;
  const text = clean(field.value);
  const problem = !text ? 'missing' : [...text].length > 4000 && 'too_long';
  put(byId('e-answer'), problem);
  field.removeAttribute('aria-invalid');
  if (problem) {
    field.setAttribute('aria-invalid', true);
    return field.focus();
  }
  form.parentNode.hidden = write.hidden = true;
  say('sending');
  let end = 'answer_kept';
  try {
    await sendAnswer(text).catch(async error => {
      // A key that is no longer current: a new envelope, since nothing was stored.
      if (error !== 'keys') throw error;
      kept = 0;
      await refresh(signal);
      await sendAnswer(text);
    });
    kept = 0;
    write.reset();
  } catch (error) {
    end = error.trim ? error : 'failed';
  }
  form.parentNode.hidden = write.hidden = false;
  say(end);
  field.focus();
};
