-- The reports of a page can overtake each other. The number of the newest one is kept, after a goodbye too, so that
-- an older one changes nothing. After a goodbye `seen_at` is too old for calls, and `left_at` tells when it came.
ALTER TABLE presence ADD COLUMN sequence INTEGER; -- of clients that don't count: NULL
ALTER TABLE presence ADD COLUMN left_at INTEGER;
