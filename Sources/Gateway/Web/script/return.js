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

const addParagraph = text => {
  const item = document.createElement('p');
  item.textContent = text;
  byId('replies').append(item);
  return item;
};

// A status word is said in the reader's language; its text is the word, for pages that do not know it.
const showReply = ({text, status}) => {
  const key = 'status.' + status;
  const isKnown = /^[\w-]+$/.test(status) && word(key);
  if (isKnown) put(addParagraph(), key);
  if (!isKnown || text !== status) addParagraph(text);
};

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
      if (text !== undefined) found.push(parseReply(text));
    }
    if (next === cursor) break;
    cursor = next;
  }
  return found;
};

// Every receipt that the text can be: words may fit the lists of several languages, and each is another receipt.
const secretsOf = async text => {
  const digits = fromDigits(text);
  const typed = typedWords(text);
  if (digits || typed.length !== 8) return digits ? [digits] : [];
  const lists = await Promise.all(settings.words.split(' ').map(hash => fetchNamed('/words/', hash)));
  return lists.map(list => fromWords(typed, list)).filter(secret => secret);
};

form.onsubmit = async event => {
  event.preventDefault();
  // The note beside the button has said what happens then.
  if (!await capable) return form.submit();
  byId('replies').replaceChildren();
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
    for (const secret of secrets) found.push(...await readReplies(await receiptKeys(secret, settings.origin)));
    say(!found.length && 'no_replies');
    found.forEach(showReply);
  } catch {
    say('failed');
  }
};
