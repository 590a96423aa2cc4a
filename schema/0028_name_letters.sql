-- Accents and small letters of every script are searched (lua/hookswitch/fold.lua): names are entered anew.
UPDATE contacts SET folded = NULL WHERE folded IS NOT NULL;
