// A receipt as it is shown: eight words of a list, or 27 digits and a check group (formats.md §3).
const toDigits = secret => {
  const number = BigInt('0x' + hex(secret));
  return (String(number).padStart(27, 0) + String(number % 997n).padStart(3, 0)).match(/.../g);
};

const toWords = (secret, list) => {
  const words = list.split('\n');
  const number = BigInt('0x' + hex(secret));
  return Array.from({length: 8}, (_, place) => words[Number(number >> BigInt(77 - 11 * place) & 2047n)]);
};
