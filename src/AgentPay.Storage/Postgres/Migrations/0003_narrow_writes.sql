-- Fewer rows and random index entries for a decision. Engines of the program before this script cannot write beside it: stop them first.

-- An object's newest number is that of its newest event; the unique key (object, object_sequence) keeps two from taking the same.
ALTER TABLE event_objects DROP COLUMN last_sequence;
ALTER TABLE event_objects RESET (fillfactor);

-- The entries of one account: for each 32 pages of the ledger a filter of the accounts in it, made when they are full and not row by row.
-- A ledger is folded by account when it is checked, not when a decision is made.
DROP INDEX transfers_by_debit;
DROP INDEX transfers_by_credit;
CREATE INDEX transfers_by_account ON transfers USING brin (
    debit int8_bloom_ops (n_distinct_per_range = -0.25), credit int8_bloom_ops (n_distinct_per_range = -0.25)
) WITH (pages_per_range = 32, autosummarize = on);

-- A row by its number, for writers that know it: no texts to compare, and none to send.
CREATE UNIQUE INDEX grains_by_id ON grains (id);
