-- Readings of the key parameter of a measure at the device: rate before and after, hours that it ran. They come and go with the
-- sheets of the park.

create table key_reading (
    park_id text not null references park (id),
    position bigint not null,
    enterprise_id text not null,
    measure_id text not null,
    what text not null,
    period_start text not null,
    period_end text not null,
    -- In the canonical unit of the measure's resource per hour, or hours.
    value double precision not null,
    error_90 double precision not null,
    instrument text not null,
    evidence text not null,
    primary key (park_id, position)
);
