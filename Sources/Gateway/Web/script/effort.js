// The worker that works for a tip while the gateway is flooded (Effort.swift): tries nonces on all cores until one has the
// bits that are asked, or ten seconds are over, and answers with the best: root and nonce, in base64.
const {subtle} = crypto;

onmessage = async event => {
  const [{bits, root}, hash] = event.data;
  const rootBytes = Uint8Array.from(atob(root), letter => letter.charCodeAt(0));
  const end = Date.now() + 1e4;
  const label = new TextEncoder().encode('resguardo/1 effort');
  const text = Uint8Array.of(...label, 0, ...rootBytes, ...hash);
  const challenge = await subtle.digest('SHA-256', text);
  const key = await subtle.importKey('raw', challenge, 'PBKDF2', false, ['deriveBits']);
  let best = -1, nonce;
  const attempts = async () => {
    do {
      const salt = crypto.getRandomValues(new Uint8Array(8));
      const made = await subtle.deriveBits({name: 'PBKDF2', hash: 'SHA-256', iterations: 1024, salt}, key, 64);
      const words = new DataView(made);
      const high = words.getUint32(0);
      const found = high ? Math.clz32(high) : 32 + Math.clz32(words.getUint32(4));
      if (found > best) {
        best = found;
        nonce = salt;
      }
    } while (best < bits && Date.now() < end);
  };
  await Promise.all(Array.from({length: navigator.hardwareConcurrency || 1}, attempts));
  postMessage(btoa(String.fromCharCode(...rootBytes, ...nonce)));
  close();
};
