// isolate.js: keeps a right-to-left name from reordering the text around it. In
// elements, <bdi> does that.
const RIGHT_TO_LEFT = /[\p{sc=Arab}\p{sc=Hebr}\p{sc=Syrc}\p{sc=Thaa}\p{sc=Nkoo}\p{sc=Adlm}]/u;

export const isolate = (text) => (RIGHT_TO_LEFT.test(text ?? "") ? `\u2068${text}\u2069` : text);
