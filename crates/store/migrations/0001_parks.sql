-- A park and everything handed in for it. One text for SQLite and PostgreSQL: text, bigint, double precision.
-- Dates are yyyy-MM-dd, times are microseconds since 1970 (UTC), yes and no are 1 and 0.
-- `position` keeps the order of the sheet, so that what is loaded equals what was saved.

create table park (
    id text not null primary key,
    revision bigint not null,
    -- Digest of what the rows below hold; null after a change of a single record, until the next save.
    digest text,
    saved_at_us bigint not null,
    name_vi text not null,
    name_en text not null,
    province text not null,
    area_ha double precision,
    latitude double precision,
    longitude double precision,
    developer text,
    utc_offset_h double precision not null,
    synthetic bigint not null,
    note text
);

create table enterprise (
    park_id text not null references park (id),
    id text not null,
    position bigint not null,
    name_vi text not null,
    name_en text not null,
    tax_code text,
    isic4 text not null,
    role text not null,
    employees bigint,
    latitude double precision,
    longitude double precision,
    primary key (park_id, id)
);

-- A record is never edited: a correction adds a row and marks the old one superseded. It refers to the park
-- only, because its history stays when a later import no longer names the enterprise.
create table record (
    id text not null primary key,
    park_id text not null references park (id),
    position bigint not null,
    enterprise_id text not null,
    resource_id text not null,
    period_start text not null,
    period_end text not null,
    amount double precision not null,
    unit text not null,
    basis text not null,
    source text not null,
    cost_vnd double precision,
    line bigint not null,
    recorded_at_us bigint not null,
    recorded_by text not null,
    superseded_at_us bigint,
    superseded_by text
);
create index record_by_place on record (park_id, enterprise_id, resource_id, period_start);

create table driver (
    park_id text not null references park (id),
    position bigint not null,
    enterprise_id text not null,
    driver text not null,
    period_start text not null,
    period_end text not null,
    value double precision not null,
    unit text,
    primary key (park_id, position),
    foreign key (park_id, enterprise_id) references enterprise (park_id, id)
);

create table meter (
    park_id text not null references park (id),
    id text not null,
    position bigint not null,
    enterprise_id text not null,
    resource_id text not null,
    unit text not null,
    name_vi text not null,
    name_en text not null,
    is_main bigint not null,
    -- How many readings it has; null where none were handed in, which is not the same as an empty series.
    readings bigint,
    primary key (park_id, id),
    foreign key (park_id, enterprise_id) references enterprise (park_id, id)
);

create table reading (
    park_id text not null,
    meter_id text not null,
    position bigint not null,
    at_us bigint not null,
    value double precision,
    primary key (park_id, meter_id, position),
    foreign key (park_id, meter_id) references meter (park_id, id)
);

create table stream (
    park_id text not null references park (id),
    id text not null,
    position bigint not null,
    enterprise_id text not null,
    direction text not null,
    kind text not null,
    name_vi text not null,
    name_en text not null,
    ewc text,
    quantity double precision not null,
    unit text not null,
    hazardous bigint not null,
    licensed bigint not null,
    price_vnd double precision,
    treatment_vnd double precision,
    temperature_c double precision,
    basis text not null,
    source text not null,
    primary key (park_id, id),
    foreign key (park_id, enterprise_id) references enterprise (park_id, id)
);

create table composition (
    park_id text not null,
    stream_id text not null,
    substance text not null,
    content double precision not null,
    unit text not null,
    primary key (park_id, stream_id, substance),
    foreign key (park_id, stream_id) references stream (park_id, id)
);

create table exchange (
    park_id text not null references park (id),
    id text not null,
    position bigint not null,
    giver_id text not null,
    taker_id text not null,
    name_vi text not null,
    name_en text not null,
    quantity double precision,
    unit text,
    since text,
    ended_on text,
    evidence text,
    primary key (park_id, id),
    foreign key (park_id, giver_id) references enterprise (park_id, id),
    foreign key (park_id, taker_id) references enterprise (park_id, id)
);

create table survey_answer (
    park_id text not null references park (id),
    position bigint not null,
    enterprise_id text not null,
    question text not null,
    yes bigint not null,
    answered_on text not null,
    evidence text,
    primary key (park_id, position),
    foreign key (park_id, enterprise_id) references enterprise (park_id, id)
);

create table fact (
    park_id text not null references park (id),
    position bigint not null,
    fact text not null,
    value double precision,
    stated_on text not null,
    evidence text,
    not_applicable text,
    primary key (park_id, position)
);

create table measure (
    park_id text not null references park (id),
    id text not null,
    position bigint not null,
    enterprise_id text not null,
    option_id text,
    name_vi text not null,
    name_en text not null,
    resource_id text not null,
    meter_id text,
    status text not null,
    status_on text not null,
    installed_start text,
    installed_end text,
    expected_saving double precision,
    expected_saving_unit text,
    investment_vnd double precision,
    share double precision not null,
    owner text,
    evidence text,
    signer text,
    primary key (park_id, id),
    foreign key (park_id, enterprise_id) references enterprise (park_id, id),
    foreign key (park_id, meter_id) references meter (park_id, id)
);
