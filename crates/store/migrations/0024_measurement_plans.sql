-- Measurement plans: how the saving of a measure is going to be shown, agreed before it is built. A later plan of a measure
-- supersedes; none is edited. They refer to the park only: an import replaces its enterprises and measures.

create table measurement_plan (
    id text not null primary key,
    park_id text not null references park (id),
    enterprise_id text not null,
    measure_id text not null,
    -- What is planned, JSON.
    content text not null,
    planned_at_us bigint not null,
    planned_by text not null,
    planned_as text not null,
    superseded_at_us bigint,
    superseded_by text
);
create index measurement_plan_by_measure on measurement_plan (park_id, measure_id, planned_at_us);
