-- hookswitch.letters: what a search takes a small letter for, where Unicode's accents don't say it:
-- a plain one (`plain`), and how some write it with two letters (`spelled`).
-- The console reads this file, too: web/src/text/fold.js.
return {
  plain = [[
ae æ
b ƀɓ
d ðđɖɗ
e ə
f ƒ
g ǥ
h ħ
i ıɨ
ij ĳ
k ĸƙ
l ŀł
n ŉŋ
o ø
oe œ
s ſ
ss ß
t ŧ
th þ
z ƶ
σ ς
]],
  spelled = [[
ae ä
oe öø
ue ü
aa å
]],
}
