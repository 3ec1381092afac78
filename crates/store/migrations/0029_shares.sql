-- Whether somebody stated a measure's share, and how wide its expected saving is (half the 90 % interval, in its unit).

alter table measure add column is_share_stated bigint not null default 1;
alter table measure add column expected_uncertainty_90 double precision;
