//! All meters by one model as a job, one meter by its model, and that page and command give the same numbers.

use std::sync::Arc;

use axum::http::StatusCode;
use engine::language::Language;
use engine::verify::park_meter::ParkModel;

use crate::screening::{self, Around, Source, Watch};
use crate::web::observe::tests::{Site, csrf};
use crate::{catalogue, demo};

const PAGE: &str = "/parks/khu-mau/screening";

/// What the command prints for the park's folder.
fn by_command(model: &str, around: Around) -> String {
    let catalogue = catalogue::catalogue().unwrap();
    let park = demo::example("khu-mau", catalogue).unwrap();
    let tasks = screening::tasks(&Arc::new(Source { park: Arc::new(park), batches: None }), catalogue, |_| true);
    let model = ParkModel::parse(model).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let read = |task: &screening::Task, window| {
        runtime.block_on(screening::load(&task.source, catalogue, &task.meter, model, window))
    };
    let watch = Watch { is_stopped: &|| false, tell: &|_| {} };
    let lines = screening::all(&tasks, (model, around), 1, read, &watch);
    screening::csv(lines.iter(), Language::En).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_screening_runs_beside_the_page_and_gives_the_numbers_of_the_command() {
    let site = Site::new().await;
    let operator = site.enter("demo-operator").await;
    let page = site.get(&operator, &format!("{PAGE}?lang=en")).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    let token = csrf(&page.text).to_string();

    let wrong = format!("csrf={token}&model=guess&around=day&day=never");
    let refused = site.post_cells(&operator, &format!("{PAGE}?lang=en"), &wrong).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text.contains("guess") && refused.text.contains("never"), "all faults at once");

    let order = format!("csrf={token}&model=regression&around=day&day=2024-01-01");
    let started = site.post_cells(&operator, &format!("{PAGE}?lang=en"), &order).await;
    assert_eq!(started.status, StatusCode::SEE_OTHER, "{}", started.text);
    let place = started.location;
    let mut text = String::new();
    for _ in 0..600 {
        text = site.get(&operator, &place).await.text;
        if text.contains("id=\"result\"") {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    assert!(text.contains("Results: 3 meters"), "{text}");
    assert!(
        text.contains("/parks/khu-mau/meters/M1/model?model=regression&#38;around=day&#38;day=2024-01-01"),
        "{text}"
    );

    let job = place.split("job=").nth(1).and_then(|rest| rest.split('&').next()).unwrap();
    let table = site.get(&operator, &format!("{PAGE}/{job}/meters.csv?lang=en")).await.text;
    let command = tokio::task::spawn_blocking(|| by_command("regression", Around::Day(jiff::civil::date(2024, 1, 1))));
    assert_eq!(table, command.await.unwrap());
    let filtered = site.get(&operator, &format!("{PAGE}/{job}/meters.csv?lang=en&q=m2")).await.text;
    assert_eq!(filtered.lines().count(), 2, "{filtered}");
    let book = site.raw(&operator, &format!("{PAGE}/{job}/meters.xlsx")).await;
    assert_eq!(book.status(), StatusCode::OK);

    let read = async |cookie: &str, rest: &str| {
        let answer = site.get(cookie, &format!("/api/parks/khu-mau/screening{rest}")).await;
        (answer.status, serde_json::from_str::<serde_json::Value>(&answer.text).unwrap_or_default())
    };
    let (status, answer) = read(&operator, &format!("?job={job}&sort=saving&lang=en")).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    let meters = answer["data"]["meters"].as_array().unwrap();
    assert_eq!((&answer["data"]["model"], &answer["data"]["around"]), (&"regression".into(), &"2024-01-01".into()));
    let in_table = |meter: &serde_json::Value| {
        let begin = format!("khu-mau,{},", meter["meter"].as_str().unwrap());
        let line = table.lines().find(|line| line.starts_with(&begin)).unwrap();
        line.contains(&format!(",{},", meter["savings"].as_f64().map_or_else(String::new, |saving| saving.to_string())))
    };
    assert!(meters.len() == 3 && meters.iter().all(in_table), "{answer}");
    assert!(meters[0]["savings"].as_f64() >= meters[1]["savings"].as_f64() && meters[0]["basis"] == "calculated");
    let (status, faults) = read(&operator, "?lang=en").await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(faults["faults"][0].as_str().unwrap().contains("POST /parks/khu-mau/screening"), "{faults}");

    // The job is its starter's.
    let consultant = site.enter("demo-consultant").await;
    assert_eq!(site.get(&consultant, &format!("{PAGE}/{job}/meters.csv")).await.status, StatusCode::NOT_FOUND);
    assert!(!site.get(&consultant, &place).await.text.contains("id=\"result\""));
    assert_eq!(read(&consultant, &format!("?job={job}")).await.0, StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_meter_has_its_model_and_says_which_day_was_left_out() {
    let site = Site::new().await;
    let operator = site.enter("demo-operator").await;
    let of = async |query: &str| {
        let answer = site.get(&operator, &format!("/parks/khu-mau/meters/M1/model?lang=en{query}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        answer.text
    };
    // A measure was installed at it, and without temperatures the regression is the usual model.
    let text = of("").await;
    assert!(text.contains("value=\"installed\" selected") && text.contains("value=\"regression\" selected"), "{text}");
    for id in ["fit-data", "residual-data", "cumulative-data", "cumulative-months", "left-out"] {
        assert!(text.contains(&format!("id=\"{id}\"")), "{id}");
    }
    assert!(text.contains("of 24 readings") && text.contains("counted"), "{text}");
    // What the model needs and the site has not is said.
    assert!(of("&model=towt").await.contains("the model needs temperatures"));
    let wrong = of("&model=guess&day=never").await;
    assert!(wrong.contains("no model “guess”") && wrong.contains("“never” is no day"), "{wrong}");
    let vietnamese = site.get(&operator, "/parks/khu-mau/meters/M1/model?lang=vi").await.text;
    assert!(vietnamese.contains("Mô hình của công tơ") && vietnamese.contains("trên 24 số đọc"));
}
