-- What each statement of a batch costs the server, and what it would with fewer indexes: microseconds a row, clock around the statement, without COMMIT.
-- psql -v n=400 -v b=400 -f postgres-statements.sql   (n rows a batch, b batches; it makes and drops a schema s)
\set QUIET on
DROP SCHEMA IF EXISTS s CASCADE; CREATE SCHEMA s; SET search_path=s;
\ir ../../../src/AgentPay.Storage/Postgres/Migrations/0001_initial.sql
INSERT INTO grains(type,key,version,updated_at,status,state) SELECT 'wallet','wal_'||lpad(to_hex(i),8,'0'),1,1,'open',decode(repeat('78',170),'hex') FROM generate_series(0,9999) i;
CREATE UNIQUE INDEX grains_id ON grains(id);
INSERT INTO event_objects(object,last_sequence) SELECT 'wal_'||lpad(to_hex(i),8,'0'),1 FROM generate_series(0,9999) i;
INSERT INTO event_logs(account,last_sequence) SELECT 'acct_'||i,0 FROM generate_series(0,99) i;
CREATE TABLE t_none (LIKE transfers INCLUDING ALL); ALTER TABLE t_none DROP CONSTRAINT t_none_pkey; DROP INDEX t_none_debit_asset_idx, t_none_credit_asset_idx;
CREATE TABLE t_pk (LIKE transfers INCLUDING ALL); DROP INDEX t_pk_debit_asset_idx, t_pk_credit_asset_idx;
CREATE TABLE t_bloom (LIKE t_none INCLUDING ALL); CREATE INDEX ON t_bloom USING brin (debit int8_bloom_ops, credit int8_bloom_ops) WITH (pages_per_range=32);
CREATE TABLE t_pkbloom (LIKE t_pk INCLUDING ALL); CREATE INDEX ON t_pkbloom USING brin (debit int8_bloom_ops, credit int8_bloom_ops) WITH (pages_per_range=32);
CREATE TABLE e_none (LIKE events INCLUDING ALL); ALTER TABLE e_none DROP CONSTRAINT e_none_pkey; ALTER TABLE e_none DROP CONSTRAINT e_none_object_object_sequence_key;
CREATE TABLE e_log (LIKE e_none INCLUDING ALL, PRIMARY KEY (log,sequence));
CREATE TABLE res(what text, us float);
CREATE OR REPLACE PROCEDURE bench(n int, batches int) LANGUAGE plpgsql AS $$
DECLARE b int; t0 timestamptz; lo int; ty text[]; ke text[]; ids bigint[]; ver bigint[]; ats bigint[]; st text[]; bo bytea[]; body bytea := decode(repeat('78',170),'hex');
 ones bigint[]; pl int[]; deb bigint[]; cre bigint[]; ass bigint[]; ato numeric[]; rea text[]; eid uuid[]; acc text[]; cnt bigint[]; lg bigint[]; sq bigint[]; c int; tab text; v bigint; grp int;
BEGIN
 SELECT array_agg('wallet'::text), array_agg('open'::text), array_agg(body), array_agg(1::bigint), array_agg(0), array_agg(1000::numeric), array_agg('charge'::text), array_agg('wallet.charged'::text)
  INTO ty, st, bo, ones, pl, ato, rea, acc FROM generate_series(1,n);
 FOR b IN 0..batches-1 LOOP
  lo := (b*n) % (10000 - n); v := 2 + b;
  SELECT array_agg('wal_'||lpad(to_hex(i),8,'0') ORDER BY i), array_agg(i::bigint+1 ORDER BY i), array_agg(v) , array_agg(i%100::bigint), array_agg(b::bigint*n+i-lo ORDER BY i), array_agg(gen_random_uuid()) INTO ke, ids, ver, lg, sq, eid FROM generate_series(lo,lo+n-1) i;
  t0 := clock_timestamp();
  PERFORM 1 FROM unnest(ty,ke,ver,ones,st,bo) AS x(a,b,c,d,e,f);
  INSERT INTO res VALUES ('unnest of 6', extract(epoch from clock_timestamp()-t0)*1e6/n);
  t0 := clock_timestamp();
  UPDATE grains AS g SET version = g.version+1, updated_at = x.at, status = x.status, state = x.state FROM unnest(ty,ke,ver,ones,st,bo) WITH ORDINALITY AS x (type, key, version, at, status, state, place) WHERE g.type = x.type AND g.key = x.key AND x.place % 1 = 0;
  GET DIAGNOSTICS c = ROW_COUNT; ASSERT c = n;
  INSERT INTO res VALUES ('grains update by text', extract(epoch from clock_timestamp()-t0)*1e6/n);
  COMMIT;
  t0 := clock_timestamp();
  UPDATE grains AS g SET version = g.version+1, updated_at = x.at, status = x.status, state = x.state FROM unnest(ids,ver,ones,st,bo) WITH ORDINALITY AS x (id, version, at, status, state, place) WHERE g.id = x.id AND x.place % 1 = 0;
  GET DIAGNOSTICS c = ROW_COUNT; ASSERT c = n;
  INSERT INTO res VALUES ('grains update by id', extract(epoch from clock_timestamp()-t0)*1e6/n);
  COMMIT;
  t0 := clock_timestamp();
  INSERT INTO event_objects AS o (object, last_sequence) SELECT * FROM unnest(ke, ones) ON CONFLICT (object) DO UPDATE SET last_sequence = o.last_sequence + excluded.last_sequence;
  INSERT INTO res VALUES ('objects upsert', extract(epoch from clock_timestamp()-t0)*1e6/n);
  COMMIT;
  FOREACH tab IN ARRAY ARRAY['transfers','t_none','t_pk','t_bloom','t_pkbloom'] LOOP
   t0 := clock_timestamp();
   EXECUTE format('INSERT INTO %I SELECT * FROM unnest($1,$2,$3,$4,$5,$6,$7,$8,$9)', tab) USING ids, ver, pl, ids, ones, ones, ato, rea, ones;
   INSERT INTO res VALUES ('insert '||tab, extract(epoch from clock_timestamp()-t0)*1e6/n);
   COMMIT;
  END LOOP;
  FOREACH tab IN ARRAY ARRAY['events','e_none','e_log'] LOOP
   t0 := clock_timestamp();
   EXECUTE format('INSERT INTO %I SELECT * FROM unnest($1,$2,$3,$4,$5,$6,$7,$8)', tab) USING lg, sq, ids, ver, eid, acc, ones, bo;
   INSERT INTO res VALUES ('insert '||tab, extract(epoch from clock_timestamp()-t0)*1e6/n);
   COMMIT;
  END LOOP;
  t0 := clock_timestamp();
  INSERT INTO event_logs AS l (account, last_sequence) SELECT 'acct_'||i, n/100 FROM generate_series(0,least(n,100)-1) i ORDER BY 1 ON CONFLICT (account) DO UPDATE SET last_sequence = l.last_sequence + excluded.last_sequence;
  INSERT INTO res VALUES ('logs upsert', extract(epoch from clock_timestamp()-t0)*1e6/n);
  COMMIT;
 END LOOP;
END $$;
SET jit=off; SET plan_cache_mode=force_generic_plan; SET enable_hashjoin=off; SET enable_mergejoin=off; SET enable_seqscan=off;
CALL bench(:n, :b);
SELECT what, round(percentile_cont(0.25) within group (order by us)::numeric,2) q25, round(percentile_cont(0.5) within group (order by us)::numeric,2) median, round(avg(us)::numeric,2) mean FROM res GROUP BY 1 ORDER BY 1;
