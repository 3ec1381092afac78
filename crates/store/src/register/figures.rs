//! Figures of the nation that somebody added to those of the catalogue.

use engine::catalogue::series::NationalFigure;
use serde_json::json;

use crate::audit::Change;
use crate::sql::{Columns, Rows, maybe_whole, query, text, whole};
use crate::{Actor, Store};

impl Store {
    /// Those that were not withdrawn, in the order in which they were added.
    pub async fn national_figures(&self) -> anyhow::Result<Vec<NationalFigure>> {
        let sql = "select figure from national_figure where withdrawn_at_us is null order by added_at_us, id";
        let rows = query(sql).rows(&mut *self.read().await?).await?;
        rows.iter().map(|row| Ok(serde_json::from_str(&Columns::of(row).text()?)?)).collect()
    }

    /// False where there is one of this name already.
    pub async fn add_national_figure(&self, actor: &Actor, figure: &NationalFigure) -> anyhow::Result<bool> {
        let mut write = self.write(actor, Change::new("add", "national_figure", &figure.id)).await?;
        let known = query("select id from national_figure where id = $1").bind(text(&figure.id));
        if known.row(write.connection()).await?.is_some() {
            return Ok(false);
        }
        let mut rows = Rows::of("national_figure", &[], ["id", "figure", "added_by", "added_at_us", "withdrawn_at_us"]);
        rows.push([
            text(&figure.id),
            text(serde_json::to_string(figure)?),
            text(&actor.id),
            whole(actor.at_us),
            maybe_whole(None),
        ]);
        rows.insert(write.connection()).await?;
        write.after(Some(json!(figure)));
        write.commit().await?;
        Ok(true)
    }

    /// False where there is none of this name.
    pub async fn withdraw_national_figure(&self, actor: &Actor, id: &str) -> anyhow::Result<bool> {
        let mut write = self.write(actor, Change::new("withdraw", "national_figure", id)).await?;
        let sql = "update national_figure set withdrawn_at_us = $2 where id = $1 and withdrawn_at_us is null";
        if query(sql).bind(text(id)).bind(whole(actor.at_us)).execute(write.connection()).await? == 0 {
            return Ok(false);
        }
        write.commit().await?;
        Ok(true)
    }
}
