-- $1 the last position that was looked at, $2 its seal, $3 how many positions to look at.
-- Each seal is made again from the stored seal before it, so a wrong event is named, and only it. The last row is
-- always among the answers, to go on from.
-- Partition and seal are spelled out as 0006 and 0007 define them, and the caller looks for names in pg_catalog alone:
-- whoever could change an event could as well have changed the functions.
with looked as (
    select f.position, f.seal, f.stream_id, f.version, f.event_no, f.partition, e,
           lag(f.position, 1, $1) over in_order as position_before,
           lag(f.seal, 1, $2) over in_order as seal_before
      from (select * from pairloom.feed where position > $1 order by position limit $3) as f
      left join pairloom.event e on e.stream_id = f.stream_id and e.version = f.version
    window in_order as (order by f.position)
), checked as (
    select position, seal, stream_id, version,
           case when e is not distinct from null then 'missing'
                when position <> position_before + 1 then 'gap'
                when event_no <> (e).event_no
                  or partition <> get_byte(sha256(convert_to(stream_id, 'UTF8')), 0) % 64 then 'misplaced'
                when seal <> sha256(seal_before || record_send(row(
                         (e).stream_id, (e).version, (e).event_id, (e).type, (e).schema_version,
                         (e).command_id, (e).command_seq, (e).command_size, (e).correlation_id, (e).causation_id,
                         (e).actor_role, (e).actor_id, (e).source, (e).idempotency_key, (e).program_version,
                         (e).occurred_at, (e).recorded_at, convert_to((e).data::text, 'UTF8')))) then 'changed'
           end as finding
      from looked
)
select position, seal, stream_id, version, finding
  from checked
 where finding is not null
    or position = (select max(position) from checked)
 order by position;
