insert into meeting (cohort, pairing, number, participant, starts_at, minutes, held)
select * from unnest($1::text[], $2::text[], $3::integer[], $4::text[], $5::timestamptz[], $6::integer[], $7::boolean[])
on conflict (cohort, pairing, number, participant) do update
   set starts_at = excluded.starts_at, minutes = excluded.minutes, held = excluded.held;
