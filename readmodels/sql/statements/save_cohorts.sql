insert into cohort (id, version, stage, status)
select * from unnest($1::text[], $2::integer[], $3::text[], $4::text[]::json[])
on conflict (id) do update set version = excluded.version, stage = excluded.stage, status = excluded.status;
