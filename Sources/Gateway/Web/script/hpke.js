// HPKE (RFC 9180) with HKDF-SHA256 and AES-256-GCM; KEMs DHKEM(X25519) 0x0020 and X-Wing 0x647a.

// An empty salt is a key of zeros; WebCrypto refuses keys of no length.
const zeros = octets(32);
const hmac = async (key, data) => octets(await subtle.sign('HMAC',
  await subtle.importKey('raw', key, {name: 'HMAC', hash: 'SHA-256'}, false, ['sign']), data));

// HKDF-Expand for at most one block, which is all that is ever asked here.
const expand = async (prk, info, length = 32) => (await hmac(prk, join(info, [1]))).slice(0, length);
const hkdf = async (key, info) => expand(await hmac(zeros, key), info);

const labeled = (suite, label) => join(utf8('HPKE-v1'), suite, utf8(label));
const labeledExtract = (suite, salt, label, key) => hmac(salt, join(labeled(suite, label), key));
const labeledExpand = (suite, prk, label, info, length) => expand(prk, join([0, length], labeled(suite, label), info), length);
const dhkem = join(utf8('KEM'), [0, 32]);
const deriveSecret = async (shared, context) =>
  labeledExpand(dhkem, await labeledExtract(dhkem, zeros, 'eae_prk', shared), 'shared_secret', context, 32);

const aes = key => subtle.importKey('raw', key, 'AES-GCM', false, ['encrypt', 'decrypt']);
const encrypt = async (key, iv, bytes) => octets(await subtle.encrypt({name: 'AES-GCM', iv}, key, bytes));

// The key schedule: the only message of a context is opened or sealed with its base nonce.
const schedule = async (kem, shared, info, psk = none, pskId = none) => {
  const suite = join(utf8('HPKE'), kem, [0, 1, 0, 2]);
  const context = join([psk.length > 0],
    await labeledExtract(suite, zeros, 'psk_id_hash', pskId), await labeledExtract(suite, zeros, 'info_hash', info));
  const secret = await labeledExtract(suite, shared, 'secret', psk);
  return [
    await labeledExpand(suite, secret, 'key', context, 32), await labeledExpand(suite, secret, 'base_nonce', context, 12),
  ];
};

const agree = async (mine, theirs) => octets(await subtle.deriveBits(
  {name: 'X25519', public: await subtle.importKey('raw', theirs, 'X25519', false, [])}, mine, 256));

const exchange = async theirs => {
  const [secret, point] = await importPair(random(32));
  return [point, await agree(secret, theirs)];
};

const encapsulateX25519 = async theirs => {
  const [enc, shared] = await exchange(theirs);
  return [[0, 32], enc, await deriveSecret(shared, join(enc, theirs))];
};

const encapsulateXWing = async theirs => {
  const mlkem = await subtle.importKey('raw-public', theirs.slice(0, 1184), 'ML-KEM-768', false, ['encapsulateBits']);
  const first = await subtle.encapsulateBits('ML-KEM-768', mlkem);
  const point = theirs.slice(1184);
  const [enc, shared] = await exchange(point);
  return [
    [100, 122], join(octets(first.ciphertext), enc),
    sha3(join(octets(first.sharedKey), shared, enc, point, utf8('\\.//^\\'))),
  ];
};

const seal = async (encapsulated, info, plaintext) => {
  const [kem, enc, shared] = encapsulated;
  const [key, iv] = await schedule(kem, shared, info);
  return join(enc, await encrypt(await aes(key), iv, plaintext));
};

// An X25519 key pair from 32 secret bytes: WebCrypto takes a private key only in PKCS #8. Its public half is what it agrees on
// with the base point, 9 (RFC 7748 §6.1).
const importPair = async bytes => {
  const pkcs8 = join([48, 46, 2, 1, 0, 48, 5, 6, 3, 43, 101, 110, 4, 34, 4, 32], bytes);
  const secret = await subtle.importKey('pkcs8', pkcs8, 'X25519', false, ['deriveBits']);
  return [secret, await agree(secret, join([9], octets(31)))];
};

// DeriveKeyPair for DHKEM(X25519).
const derivePair = async material => importPair(
  await labeledExpand(dhkem, await labeledExtract(dhkem, zeros, 'dkp_prk', material), 'sk', none, 32));
