// fold.js: text as a search sees it, as lua/hookswitch/fold.lua does it, with its letters.
//
//   const found = finder("mueller");   found("Jürgen Müller")    true: it has all the words
import source from "../../../lua/hookswitch/letters.lua?raw";

const ACCENTS = /[\u0300-\u036f]/g;
const linesOf = (name) => new Map([...new RegExp(`${name} = \\[\\[([^\\]]*)`).exec(source)[1].matchAll(/(\S+) (\S+)/g)]
  .flatMap(([, base, letters]) => [...letters].map((letter) => [letter, base])));
const PLAIN = linesOf("plain");
const SPELLED = linesOf("spelled");
const each = (text, letters) => [...text].map((letter) => letters.get(letter) ?? letter).join("");

const lower = (text) => text.toLowerCase().normalize("NFC");
const plain = (text) => each(lower(text).normalize("NFD").replace(ACCENTS, "").normalize("NFC"), PLAIN);
const SHORT = new Map([...SPELLED].map(([letter, base]) => [base, plain(letter)]));

function forms(text) {
  const own = plain(text);
  return [own, plain(each(lower(text), SPELLED)), own.replace(/[aou][ae]/g, (two) => SHORT.get(two) ?? two)];
}

export function finder(wanted) {
  const words = plain(wanted).split(/\s+/).filter(Boolean);
  return (text) => {
    const all = forms(text);
    return words.every((word) => all.some((form) => form.includes(word)));
  };
}
