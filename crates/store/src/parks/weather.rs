//! The weather of a park into its rows and from them. It belongs to the park: whoever may see the park sees it whole.

use anyhow::{Context, bail};
use engine::ids::{ParkId, StationId};
use engine::park::weather::{DayReading, Station, TemperatureSeries, Weather};
use engine::park::{Park, Reading};
use jiff::Timestamp;
use sqlx::AnyConnection;

use super::save::microseconds;
use crate::sql::{Columns, Rows, date, maybe_number, maybe_text, maybe_whole, query, text, whole};

pub(super) async fn save(connection: &mut AnyConnection, park: &Park) -> anyhow::Result<()> {
    let columns = ["id", "position", "name_vi", "name_en", "latitude", "longitude", "source"];
    let mut rows = Rows::of("station", &[("park_id", text(park.id.as_str()))], columns);
    for (position, station) in (0..).zip(&park.weather.stations) {
        rows.push([
            text(station.id.as_str()),
            whole(position),
            text(&station.name.vi),
            text(&station.name.en),
            maybe_number(station.place.map(|place| place.latitude)),
            maybe_number(station.place.map(|place| place.longitude)),
            text(&station.source),
        ]);
    }
    rows.insert(connection).await?;
    for (station, series) in &park.weather.series {
        if park.weather.station(station).is_none() {
            bail!("there are temperatures of station {station}, which park {} does not have", park.id);
        }
        let shared = [("park_id", text(park.id.as_str())), ("station_id", text(station.as_str()))];
        let mut rows = Rows::of("temperature", &shared, ["position", "at_us", "day", "celsius"]);
        match series {
            TemperatureSeries::Hourly(readings) => {
                for (position, reading) in (0..).zip(readings) {
                    let at_us = microseconds(reading.at).with_context(|| format!("station {station}"))?;
                    rows.push([whole(position), whole(at_us), maybe_text(None::<String>), maybe_number(reading.value)]);
                }
            }
            TemperatureSeries::Daily(days) => {
                for (position, reading) in (0..).zip(days) {
                    rows.push([whole(position), maybe_whole(None), date(reading.day), maybe_number(reading.value)]);
                }
            }
        }
        rows.insert(connection).await?;
    }
    Ok(())
}

pub(super) async fn load(connection: &mut AnyConnection, park: &ParkId) -> anyhow::Result<Weather> {
    let sql =
        "select id, name_vi, name_en, latitude, longitude, source from station where park_id = $1 order by position";
    let mut weather = Weather::default();
    for row in query(sql).bind(text(park.as_str())).rows(connection).await? {
        let mut columns = Columns::of(&row);
        weather.stations.push(Station {
            id: StationId::new(columns.text()?),
            name: columns.label()?,
            place: columns.place()?,
            source: columns.text()?,
        });
    }
    let sql =
        "select station_id, at_us, day, celsius from temperature where park_id = $1 order by station_id, position";
    for row in query(sql).bind(text(park.as_str())).rows(connection).await? {
        let mut columns = Columns::of(&row);
        let (station, at_us, day) = (StationId::new(columns.text()?), columns.maybe_whole()?, columns.maybe_date()?);
        let value = columns.maybe_number()?;
        match (at_us, day) {
            (Some(at_us), None) => {
                let at = Timestamp::from_microsecond(at_us)?;
                let series = weather.series.entry(station).or_insert(TemperatureSeries::Hourly(Vec::new()));
                let TemperatureSeries::Hourly(readings) = series else { bail!("park {park} mixes hours and days") };
                readings.push(Reading { at, value });
            }
            (None, Some(day)) => {
                let series = weather.series.entry(station).or_insert(TemperatureSeries::Daily(Vec::new()));
                let TemperatureSeries::Daily(days) = series else { bail!("park {park} mixes hours and days") };
                days.push(DayReading { day, value });
            }
            _ => bail!("a temperature of station {station} in park {park} has no moment and no day, or both"),
        }
    }
    Ok(weather)
}
