-- Outdoor temperatures of a park: its stations and what they measured, by the hour (at_us) or by the day (day).

create table station (
    park_id text not null references park (id),
    id text not null,
    position bigint not null,
    name_vi text not null,
    name_en text not null,
    latitude double precision,
    longitude double precision,
    source text not null,
    primary key (park_id, id)
);

create table temperature (
    park_id text not null,
    station_id text not null,
    position bigint not null,
    at_us bigint,
    day text,
    -- Null where the station gave none.
    celsius double precision,
    primary key (park_id, station_id, position),
    foreign key (park_id, station_id) references station (park_id, id)
);
