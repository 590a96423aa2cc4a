// fold.js: text as a search sees it, as lua/hookswitch/fold.lua does it, with its letters.
//
//   const found = finder("mueller");   found("Jürgen Müller")    true: it has all the words
import source from "../../../lua/hookswitch/letters.lua?raw";

const MARKS = /\p{Mn}/gu;
const linesOf = (name) => [...new RegExp(`${name} = \\[\\[([^\\]]*)`).exec(source)[1].matchAll(/(\S+) (\S+)/g)]
  .flatMap(([, base, letters]) => [...letters].map((letter) => [letter, base]));
const PLAIN = new Map(linesOf("plain"));
const SPELLED = new Map(linesOf("spelled"));
const SHORT = new Map([...SPELLED].map(([letter, base]) => [base, PLAIN.get(letter)]));
const each = (text, letters) => [...text.normalize("NFC")].map((letter) => letters.get(letter) ?? letter).join("");

const plain = (text) => each(each(text, PLAIN).toLowerCase(), PLAIN).replace(MARKS, "");

function forms(text) {
  const own = plain(text);
  return [own, plain(each(text, SPELLED)), own.replace(/[aou][ae]/g, (two) => SHORT.get(two) ?? two)];
}

export function finder(wanted) {
  const words = plain(wanted).split(/\s+/).filter(Boolean);
  return (text) => {
    const all = forms(text);
    return words.every((word) => all.some((form) => form.includes(word)));
  };
}
