-- How every pairing and cohort stands. Typed columns are for people who write SQL; `status` is the whole.

create table pairing (
    cohort        text collate "C" not null,
    id            text collate "C" not null,
    version       integer not null,
    stage         text not null,
    outcome       text not null,
    held          integer not null,
    planned       integer not null,
    open_items    integer not null,
    next_deadline timestamptz,
    status        json not null,

    primary key (cohort, id)
);

create index pairing_open on pairing (cohort) where open_items > 0;

-- For the gauge of overdue clocks; pairings that have ended have none.
create index pairing_next_deadline on pairing (next_deadline) where next_deadline is not null;

create table cohort (
    id      text collate "C" not null primary key,
    version integer not null,
    stage   text not null,
    status  json not null
);

-- Booked and held meetings, a row for each of the two people.
create table meeting (
    cohort      text collate "C" not null,
    pairing     text collate "C" not null,
    number      integer not null,
    participant text collate "C" not null,
    starts_at   timestamptz not null,
    minutes     integer not null,
    held        boolean not null,

    primary key (cohort, pairing, number, participant)
);

create index meeting_cohort_starts_at on meeting (cohort, starts_at);
