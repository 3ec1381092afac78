-- The register of real parks: public knowledge with its source and licence.

create table registered_park (
    code text not null primary key,
    name_vi text not null,
    name_en text not null,
    -- Both names in lower case and base letters, for search.
    name_fold text not null,
    province_before text,
    province_after text,
    area_ha double precision,
    year_text text,
    developer text,
    latitude double precision,
    longitude double precision,
    status text,
    programme text,
    note text,
    source text not null,
    licence text not null,
    -- The park of this store that it is, once somebody said so.
    park_id text references park (id)
);
