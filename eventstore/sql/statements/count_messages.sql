-- $1 prefix of the stream ids, see streams.sql
select count(*) from pairloom.message where stream_id >= $1 and stream_id < $1 || E'\x7f';
