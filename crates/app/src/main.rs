//! Converses: web pages, JSON API and command line, in one binary.

mod auth;
mod beyond;
mod catalogue;
mod cli;
mod decision;
mod demo;
mod digest;
mod document;
mod dossiers;
mod editions;
mod error;
mod files;
mod forms;
mod greenhouse;
mod intake;
mod jobs;
mod mail;
mod metering;
mod obligations;
mod oidc;
mod page;
mod password;
mod people;
mod policy;
mod profile;
mod publish;
mod ranking;
mod reasons;
mod register;
mod screening;
mod search;
mod solving;
mod state;
mod template;
mod weather;
mod web;
mod wording;
mod words;
mod workbook;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main()
}
