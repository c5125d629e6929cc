-- $1 the last position that was looked at, $2 its seal, $3 how many positions to look at.
-- Each seal is made again from the stored seal before it, so a wrong event is named, and only it. The last row is
-- always among the answers, to go on from.
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
                when event_no <> (e).event_no or partition <> pairloom.partition_of(stream_id) then 'misplaced'
                when seal <> pairloom.next_seal(seal_before, ''::bytea, pairloom.content(e)) then 'changed'
           end as finding
      from looked
)
select position, seal, stream_id, version, finding
  from checked
 where finding is not null
    or position = (select max(position) from checked)
 order by position;
