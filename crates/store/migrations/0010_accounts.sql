-- What an account needs beside its name and role: mail and organisation, the second factor, known devices, sign-in
-- through providers, invitations, lost passwords and tokens for programs. Of every secret only the SHA-256 is kept,
-- but for the key of the second factor, from which codes must be computed.

create table organisation (
    id text not null primary key,
    kind text not null,
    name_vi text not null,
    name_en text not null,
    park_id text,
    enterprise_id text,
    province text
);

alter table users add column mail text;
alter table users add column mail_fold text;
alter table users add column organisation_id text references organisation (id);
alter table users add column is_active bigint not null default 1;
alter table users add column totp_secret text;
alter table users add column totp_last_step bigint;
alter table users add column erased_at_us bigint;
create unique index users_by_mail on users (mail_fold);

alter table session add column last_seen_us bigint not null default 0;
alter table session add column address text not null default '';
alter table session add column device text not null default '';
create index session_by_user on session (user_id);

-- Browsers from which somebody signed in before: they have tries of their own.
create table device (
    token_hash text not null,
    user_id text not null references users (id),
    seen_at_us bigint not null,
    primary key (token_hash, user_id)
);

create table recovery_code (
    user_id text not null references users (id),
    code_hash text not null,
    used_at_us bigint,
    primary key (user_id, code_hash)
);

create table password_reset (
    token_hash text not null primary key,
    user_id text not null references users (id),
    created_at_us bigint not null,
    expires_at_us bigint not null,
    used_at_us bigint
);

create table invitation (
    id text not null primary key,
    token_hash text not null unique,
    mail text not null,
    mail_fold text not null,
    role text not null,
    organisation_id text references organisation (id),
    park_id text,
    enterprise_id text,
    province text,
    language text not null,
    invited_by text not null references users (id),
    created_at_us bigint not null,
    expires_at_us bigint not null,
    accepted_at_us bigint,
    revoked_at_us bigint
);
create index invitation_by_mail on invitation (mail_fold);

create table api_token (
    id text not null primary key,
    token_hash text not null unique,
    user_id text not null references users (id),
    name text not null,
    scope text not null,
    park_id text,
    created_at_us bigint not null,
    expires_at_us bigint not null,
    last_used_us bigint,
    revoked_at_us bigint
);

-- Whom a provider of single sign-on means: its issuer and its name for the person.
create table identity (
    issuer text not null,
    subject text not null,
    user_id text not null references users (id),
    created_at_us bigint not null,
    primary key (issuer, subject)
);
