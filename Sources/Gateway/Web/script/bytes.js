'use strict';
// Bytes and their encodings. Integers are big-endian (formats.md).
const subtle = crypto.subtle;
const utf8 = text => new TextEncoder().encode(text);
const octets = source => new Uint8Array(source);
const none = octets();

const join = (...parts) => {
  const all = octets(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
};

const u32 = number => Uint8Array.of(number >>> 24, number >>> 16, number >>> 8, number);
const random = count => crypto.getRandomValues(octets(count));
const base64 = bytes => btoa(String.fromCharCode(...bytes));
const unbase64 = text => Uint8Array.from(atob(text), c => c.charCodeAt());
const hex = bytes => Array.from(bytes, byte => (byte + 256).toString(16).slice(1)).join('');
