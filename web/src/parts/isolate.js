// isolate.js: a name inside of a text, kept from turning around what is beside it
// when it is written from right to left. In elements, <bdi> does it.
const RIGHT_TO_LEFT = /[\p{sc=Arab}\p{sc=Hebr}\p{sc=Syrc}\p{sc=Thaa}\p{sc=Nkoo}\p{sc=Adlm}]/u;

export const isolate = (text) => (RIGHT_TO_LEFT.test(text ?? "") ? `\u2068${text}\u2069` : text);
