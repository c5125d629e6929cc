-- $1 streams, $2 for each the version before which its events are wanted
select e.stream_id, e.version, e.schema_version, e.type, e.data::text as data
  from unnest($1::text[], $2::integer[]) as wanted (stream, before)
  join pairloom.event e on e.stream_id = wanted.stream and e.version < wanted.before
 order by e.stream_id, e.version;
