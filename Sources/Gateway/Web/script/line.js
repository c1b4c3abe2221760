// What the form and the mailbox share: the page's words, and a line that may be bad.
const byId = id => document.getElementById(id);
const form = document.forms[0];
const state = byId('state');
const settings = form.dataset;
const make = (name, text) => Object.assign(document.createElement(name), {textContent: text});
const entry = key => document.querySelector('[data-w="' + key + '"]');
// A sentence may be in another language than the page: what it lacks is there in the one that its readers know.
const put = (place, key, more = '') => {
  place.replaceChildren(entry(key)?.cloneNode(true) || '', more);
};
const say = key => put(state, key);
// Without invisible characters that no reader accepts (they can turn text around; some programs add them when text is
// copied), and without halves of characters, which are no text and would make the whole tip unreadable.
const clean = text => text.replace(/\r\n?/g, '\n').replace(/[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\p{Cs}]/gu, '').trim();
const pause = seconds => new Promise(done => setTimeout(done, seconds * 1000));

// X25519 is the least that a browser needs to encrypt here, and a way to stop.
const capable = (async () => {
  try {
    AbortSignal.any([]);
    await subtle.generateKey('X25519', false, ['deriveBits']);
    document.querySelectorAll('[data-plain]').forEach(note => note.remove());
    return true;
  } catch {}
})();

// What stops what is being sent. Each run has a signal of its own, so that one that was stopped can never go on.
let stop = new AbortController();
byId('exit').onclick = () => stop.abort();

// Sends the same bytes until there is an answer: a bad line costs time, never the tip and never a second tip. What is
// refused is thrown as the word that says why, and everything else as an Error, which has no `trim`. After 20 hours it gives
// up: in a day the gateway no longer knows what it has, and would keep the same bytes as a second tip.
const insist = async (signal, path, options) => {
  const patience = AbortSignal.timeout(72e6);
  for (let wait = 1;; wait = Math.min(2 * wait, 30)) {
    signal.throwIfAborted();
    patience.throwIfAborted();
    try {
      const answer = await fetch(path, {
        credentials: 'omit', cache: 'no-store', redirect: 'error',
        // A request that takes three minutes has lost its line, whatever the browser thinks.
        signal: AbortSignal.any([signal, AbortSignal.timeout(18e4)]), ...options,
      });
      // The body belongs to it: the line may be cut in its middle.
      const whole = new Response(await answer.blob());
      if (answer.ok) {
        if (wait > 1) say('sending');
        return whole;
      }
      if (answer.status < 500 && answer.status !== 429) throw '' + (await whole.json().catch(() => answer)).type;
      say('busy');
    } catch (error) {
      if (error.trim) throw error;
      signal.throwIfAborted();
      say('line');
    }
    await pause(wait);
  }
};

// What the page names by its hash. A line that is down is waited for; other bytes than those named are refused, and there is
// no other way to it and no way without it. (The browser's own check, `integrity`, does not tell the two apart.)
const fetchNamed = async (signal, folder, hash) => {
  const answer = await insist(signal, folder + hex(unbase64(hash))).catch(error => {
    throw error.trim ? 'keys' : error;
  });
  const text = await answer.text();
  if (base64(sha256(utf8(text))) !== hash) throw 'keys';
  return text;
};
