-- Credits less debits of an account. The planner judges the filters of a ledger by the order of its rows, which says nothing of them, and would read
-- the whole of it: so not here.
CREATE FUNCTION ledger_balance(bigint, bigint) RETURNS numeric LANGUAGE sql STABLE SET enable_seqscan = off AS $$
    SELECT coalesce((SELECT sum(atoms) FROM transfers WHERE credit = $1 AND asset = $2), 0)
        - coalesce((SELECT sum(atoms) FROM transfers WHERE debit = $1 AND asset = $2), 0)
$$;
