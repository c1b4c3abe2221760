// What the form and the mailbox share: the page's words, and a line that may be bad.
const byId = id => document.getElementById(id);
const form = document.forms[0];
const state = byId('state');
const settings = form.dataset;
const make = (name, text) => {
  const made = document.createElement(name);
  made.append(text);
  return made;
};
const entry = key => document.querySelector('[data-w="' + key + '"]');
// A sentence may be in another language than the page: what it lacks is there in the one that its readers know.
const put = (place, key, more = '') => {
  place.textContent = '';
  place.append(entry(key)?.cloneNode(true) || '', more);
};
const say = key => put(state, key);
// Without invisible characters that no reader accepts (they can turn text around; some programs add them when text is
// copied), and without halves of characters, which are no text and would make the whole tip unreadable.
const clean = text => text.replace(/\r\n?/g, '\n').replace(/(?![\t\n])[\p{Cc}\p{Cs}\p{Bidi_C}]/gu, '').trim();

// X25519 is the least that a browser needs to encrypt here.
const capable = (async () => {
  try {
    await subtle.generateKey('X25519', false, ['deriveBits']);
    document.querySelectorAll('[data-plain]').forEach(note => note.remove());
    return true;
  } catch {}
})();

// What stops what is being sent. Each run has a signal of its own, so that one that was stopped can never go on.
let stop = new AbortController();
byId('exit').onclick = () => stop.abort();

// When a run gives up, and with it each that sends the same bytes again: in a day the gateway no longer knows what it has,
// and would keep them as a second tip. Of a form it knows that for ten minutes.
let until;

// Sends the same until there is an answer: a bad line costs time, never the tip and never a second tip. What is refused is
// thrown as the word that is said of it (a key, an upload or a file that is not there, or not any more, or whatever else),
// which has a `trim`, as no Error has. At `until` it gives up.
// Not by `fetch`: the oldest browsers must be able to stop it, and a page becomes a document here without being parsed as
// markup by the script, which the policy forbids. Whatever the answer is, a page is given with its status.
const insist = async (signal, path, body, kind = '', effort, method = body ? 'POST' : 'GET') => {
  const isPage = kind === 'document';
  for (let wait = 1;; wait = Math.min(2 * wait, 30)) {
    if (signal.aborted || Date.now() > until) throw 'failed';
    const request = new XMLHttpRequest();
    request.open(method, path);
    request.responseType = kind;
    // A request that takes three minutes has lost its line, whatever the browser thinks; but for files that go at once.
    if (!isPage) request.timeout = 18e4;
    effort && request.setRequestHeader('Resguardo-Effort', effort);
    signal.addEventListener('abort', () => request.abort());
    request.send(body);
    await new Promise(done => request.onloadend = done);
    const {status, response} = request;
    // Neither no answer, 0, nor one that means to come again.
    if (status % 429 && status < 500) {
      if (wait > 1) say('sending');
      if (isPage) return request;
      if (status < 300) return response;
      throw /ms.(key|unk|not)/.test(response) ? 'keys' : 'refused';
    }
    signal.aborted || say(status ? 'busy' : 'line');
    await new Promise(done => setTimeout(done, wait * 1000));
  }
};

// A form as it goes where nothing here encrypts.
const plainly = (sent, data) => {
  for (const [name, value] of new FormData(sent)) data.append(name, value.trim ? clean(value) : value);
  return data;
};

// What the page names by its hash. A line that is down is waited for; other bytes than those named are refused, and there is
// no other way to it and no way without it. (The browser's own check, `integrity`, does not tell the two apart.)
const fetchNamed = async (signal, folder, hash) => {
  const text = await insist(signal, folder + hex(unbase64(hash)));
  if (base64(sha256(utf8(text))) !== hash) throw 'keys';
  return text;
};
