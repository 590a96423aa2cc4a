-- Names are searched in all ways to write them (lua/hookswitch/fold.lua): they are entered anew.
UPDATE contacts SET folded = NULL WHERE folded IS NOT NULL;
