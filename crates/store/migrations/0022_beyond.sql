-- Enterprises that let their streams be found from other parks, coded and in bands. Kept after it was withdrawn. It refers
-- to the park only: an import replaces its enterprises.

create table beyond (
    id text not null primary key,
    park_id text not null references park (id),
    enterprise_id text not null,
    given_by text not null,
    given_at_us bigint not null,
    withdrawn_at_us bigint
);
-- One at a time.
create unique index beyond_in_force on beyond (park_id, enterprise_id) where withdrawn_at_us is null;
