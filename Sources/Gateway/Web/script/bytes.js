'use strict';
// Bytes and their encodings. Integers are big-endian (formats.md).
const subtle = crypto.subtle;
const utf8 = text => new TextEncoder().encode(text);
const octets = source => new Uint8Array(source);
const none = octets();

const join = (...parts) => octets(parts.flatMap(part => [...part]));
const u32 = number => octets([number >>> 24, number >>> 16, number >>> 8, number]);
const random = count => crypto.getRandomValues(octets(count));
const base64 = bytes => btoa(String.fromCharCode(...bytes));
const unbase64 = text => Uint8Array.from(atob(text), c => c.charCodeAt());
const hex = (bytes, base = 16) => [...bytes].map(byte => (byte + 256).toString(base).slice(1)).join('');
