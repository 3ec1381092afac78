-- Who works for whom, and what an enterprise shares beyond what the law opens. Both are kept after they ended, so
-- that it can be told later who could see what. They refer to the park only: an import replaces its enterprises.

create table assignment (
    id text not null primary key,
    user_id text not null references users (id),
    park_id text not null references park (id),
    -- Null for the whole park.
    enterprise_id text,
    starts_on text not null,
    -- The last day on which it holds.
    ends_on text not null,
    given_by text not null,
    given_at_us bigint not null,
    ended_at_us bigint
);
create index assignment_by_user on assignment (user_id);
create index assignment_by_park on assignment (park_id);

create table share (
    id text not null primary key,
    park_id text not null references park (id),
    enterprise_id text not null,
    subject text not null,
    -- The consultant it is for; null for the operator of the park.
    user_id text references users (id),
    -- The last day on which it holds.
    ends_on text not null,
    given_by text not null,
    given_at_us bigint not null,
    withdrawn_at_us bigint
);
create index share_by_park on share (park_id, enterprise_id);
create index share_by_user on share (user_id);

-- Who looked at an enterprise is asked by the enterprise itself.
create index audit_by_action on audit (park_id, action, seq);
