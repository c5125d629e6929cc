insert into pairing (cohort, id, version, stage, outcome, held, planned, open_items, next_deadline, status)
select * from unnest($1::text[], $2::text[], $3::integer[], $4::text[], $5::text[], $6::integer[], $7::integer[],
                     $8::integer[], $9::timestamptz[], $10::text[]::json[])
on conflict (cohort, id) do update
   set version = excluded.version, stage = excluded.stage, outcome = excluded.outcome, held = excluded.held,
       planned = excluded.planned, open_items = excluded.open_items, next_deadline = excluded.next_deadline,
       status = excluded.status;
