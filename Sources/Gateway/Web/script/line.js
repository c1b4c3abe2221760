// What the form and the mailbox share: the page's words, and a line that may be bad.
const byId = id => document.getElementById(id);
const form = document.forms[0];
const state = byId('state');
const settings = form.dataset;
const make = (name, text) => Object.assign(document.createElement(name), {textContent: text});
const entry = key => document.querySelector('[data-w="' + key + '"]');
const word = key => entry(key).textContent;
// A sentence may be in another language than the page: what it lacks is there in the one that its readers know.
const put = (place, key, more = '') => {
  place.replaceChildren(...key ? [entry(key).cloneNode(true)] : [], more);
};
const say = (key, more) => put(state, key, more);
const pause = seconds => new Promise(done => setTimeout(done, seconds * 1000));

// X25519 is the least that a browser needs to encrypt here, and a way to stop.
const capable = (async () => {
  try {
    AbortSignal.any([]);
    await subtle.generateKey('X25519', false, ['deriveBits']);
    document.querySelectorAll('[data-plain]').forEach(note => note.remove());
    return true;
  } catch {
    return false;
  }
})();

// What a person can stop; a request that takes three minutes has lost its line, whatever the browser thinks.
let stop = new AbortController();
const ask = (path, options) => fetch(path,
  {credentials: 'omit', cache: 'no-store', redirect: 'error',
    signal: AbortSignal.any([stop.signal, AbortSignal.timeout(18e4)]), ...options});

class Refused extends Error {}

// What the page names by its hash. There is no other way to it, and no way without it.
const fetchNamed = async (folder, hash) => {
  for (let tries = 1;; tries++) {
    try {
      const answer = await ask(folder + hex(unbase64(hash)), {integrity: 'sha256-' + hash});
      if (!answer.ok) throw Error();
      return await answer.text();
    } catch {
      if (tries === 3) throw new Refused('keys');
      await pause(tries);
    }
  }
};

// Sends the same bytes until there is an answer: a bad line costs time, never the tip and never a second tip.
const insist = async (path, options) => {
  const mine = stop.signal;
  for (let wait = 1;; wait = Math.min(2 * wait, 30)) {
    mine.throwIfAborted();
    try {
      const answer = await ask(path, options);
      if (answer.ok) return answer;
      if (answer.status < 500 && answer.status !== 429) throw new Refused((await answer.json().catch(() => answer)).type);
      say('busy');
    } catch (error) {
      if (error instanceof Refused) throw error;
      mine.throwIfAborted();
      say('line');
    }
    await pause(wait);
  }
};
