-- Links between the sites of a park that cost something by the year, and plants that make one stream of another. Null
-- is what nobody stated.

create table site_link (
    park_id text not null references park (id),
    id text not null,
    position bigint not null,
    name_vi text not null,
    name_en text not null,
    means text not null,
    -- Null: anybody.
    giver_id text,
    taker_id text,
    -- Null: every kind.
    kind text,
    charged text not null,
    running_vnd double precision,
    investment_vnd double precision,
    life_years bigint,
    discount_rate double precision,
    capacity double precision,
    unit text,
    basis text not null,
    source text not null,
    primary key (park_id, id),
    foreign key (park_id, giver_id) references enterprise (park_id, id),
    foreign key (park_id, taker_id) references enterprise (park_id, id)
);

create table shared_plant (
    park_id text not null,
    id text not null,
    position bigint not null,
    name_vi text not null,
    name_en text not null,
    enterprise_id text not null,
    input_id text not null,
    output_id text not null,
    output_share double precision not null,
    treatment_vnd double precision,
    running_vnd double precision,
    investment_vnd double precision,
    life_years bigint,
    discount_rate double precision,
    status text not null,
    basis text not null,
    source text not null,
    primary key (park_id, id),
    foreign key (park_id, enterprise_id) references enterprise (park_id, id),
    foreign key (park_id, input_id) references stream (park_id, id),
    foreign key (park_id, output_id) references stream (park_id, id)
);
