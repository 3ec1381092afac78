-- Everything that changes, as a chain: each row holds the hash of the one before. Nothing in it is a person's: the
-- actor is the code of a user, and names stand in it as commitments only. The triggers that refuse
-- update and delete differ between databases and stand in `audit.rs`.

create table audit (
    seq bigint not null primary key,
    at_us bigint not null,
    actor text not null,
    actor_role text not null,
    action text not null,
    entity text not null,
    entity_id text not null,
    park_id text,
    enterprise_id text,
    before_json text,
    after_json text,
    prev_hash text not null,
    hash text not null
);
create index audit_by_entity on audit (entity, entity_id, seq);
create index audit_by_park on audit (park_id, seq);
