//! Names for the log: its rows hold codes, and the names are looked up when they are printed.

use std::collections::BTreeMap;

use crate::error::AppError;
use crate::page::Page;
use crate::state::App;

pub struct People(BTreeMap<String, String>);

impl People {
    pub async fn of(app: &App) -> Result<People, AppError> {
        let users = app.store.users().await?;
        Ok(People(users.into_iter().map(|user| (user.id.as_str().to_string(), user.name)).collect()))
    }

    /// The name; the code of somebody who was erased.
    pub fn name(&self, page: &Page, actor: &str) -> String {
        match actor {
            "system" => page.t("audit-system"),
            other => self.0.get(other).filter(|name| !name.is_empty()).cloned().unwrap_or_else(|| other.to_string()),
        }
    }
}
