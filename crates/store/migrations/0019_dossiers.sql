-- Dossiers that pass through a procedure, and what happened to each. Entries are only added: a mistaken one is withdrawn by
-- another. They refer to the park only: an import replaces its enterprises.

create table dossier (
    id text not null primary key,
    park_id text not null references park (id),
    -- Null for the park's own.
    enterprise_id text,
    -- A procedure of the catalogue.
    procedure_id text not null,
    -- The year that a yearly follow-up is about.
    year bigint,
    started_at_us bigint not null,
    started_by text not null
);
create index dossier_by_place on dossier (park_id, enterprise_id);

create table dossier_entry (
    id text not null primary key,
    dossier_id text not null references dossier (id),
    park_id text not null references park (id),
    enterprise_id text,
    -- `event` or `withdrawal`.
    kind text not null,
    -- Of an event: what happened and on which day, as JSON.
    event text,
    -- Of a withdrawal: the entry that was mistaken.
    withdraws text references dossier_entry (id),
    -- Copies that were handed in.
    sets bigint,
    -- Number of the letter or decision; empty where there is none.
    number text not null,
    -- What is said with it; of a withdrawal the reason.
    note text not null,
    written_at_us bigint not null,
    written_by text not null,
    written_as text not null
);
create index dossier_entry_by_dossier on dossier_entry (dossier_id, written_at_us);

-- A mail that reminds somebody of a deadline is sent once; the row is there before the mail leaves.
create table reminder (
    dossier_id text not null references dossier (id),
    step text not null,
    due_on text not null,
    days_before bigint not null,
    user_id text not null references users (id),
    sent_at_us bigint not null,
    primary key (dossier_id, step, due_on, days_before, user_id)
);

-- Who wants no reminders. Without a row they are sent.
create table reminder_choice (
    user_id text not null primary key references users (id),
    is_off bigint not null,
    chosen_at_us bigint not null
);
