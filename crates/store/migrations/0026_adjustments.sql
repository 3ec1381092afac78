-- Non-routine adjustments of the savings of measures: what else changed, why, by what evidence. They come and go with the
-- sheets of the park.

create table adjustment (
    park_id text not null references park (id),
    position bigint not null,
    enterprise_id text not null,
    measure_id text not null,
    name text not null,
    period_start text not null,
    period_end text not null,
    -- In the canonical unit of the measure's resource; null where a column is to find it.
    use_added double precision,
    uncertainty_90 double precision,
    as_column bigint not null,
    reason text not null,
    evidence text not null,
    stated_by text not null,
    primary key (park_id, position)
);
