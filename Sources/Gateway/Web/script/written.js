// A receipt as it is shown: eight words of a list, or 27 digits and a check group (formats.md §3).
const toDigits = secret => {
  const number = BigInt('0x' + hex(secret));
  return String(number * 1000n + number % 997n).padStart(30, 0).match(/.../g);
};

const toWords = (secret, list) => {
  const words = list.split('\n');
  return hex(secret, 2).match(/.{11}/g).map(place => words[parseInt(place, 2)]);
};
