-- The only place of personal data. Events and messages hold the person's id and nothing else about them.

create table pairloom.person (
    cohort    text collate "C" not null,
    person_id text collate "C" not null,
    profile   json not null,

    constraint person_cohort_person_id primary key (cohort, person_id)
);
