-- Who may sign in, and who is signed in. Passwords are kept as hashes; of a session's token only the SHA-256.

create table users (
    id text not null primary key,
    name text not null,
    role text not null,
    park_id text,
    enterprise_id text,
    province text,
    language text not null,
    password_hash text,
    -- 32 random bytes in hexadecimal, under which the audit log commits to what is this person's. Once it is
    -- deleted, nobody can tell from the log what it said.
    log_key text,
    is_demo bigint not null
);

create table session (
    token_hash text not null primary key,
    user_id text not null references users (id),
    created_at_us bigint not null,
    expires_at_us bigint not null,
    csrf text not null
);
create index session_by_expiry on session (expires_at_us);
