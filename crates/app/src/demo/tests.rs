//! What the demo shows of partners beyond a park (who agreed is found from both sides, nobody else is), and of the plants that
//! the neighbouring park shares.

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use jiff::civil::date;
use store::Store;
use tower::ServiceExt;

use crate::state::App;
use crate::{auth, catalogue, web};

async fn app() -> App {
    let catalogue = catalogue::catalogue().unwrap();
    let store = Store::in_memory().await.unwrap();
    super::fill(&store, catalogue).await.unwrap();
    super::open_neighbour(&store).await.unwrap();
    App::new(store, catalogue, true, Some(date(2025, 1, 31))).await.unwrap()
}

async fn page(app: &App, user: &str, path: &str) -> String {
    let enter = Request::post("/sign-in").header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    let enter = enter.body(Body::from(format!("user={user}"))).unwrap();
    let entered = web::router(app.clone()).oneshot(enter).await.unwrap();
    let cookie = entered.headers().get(header::SET_COOKIE).expect("a session").clone();
    let request = Request::get(path).header(header::COOKIE, cookie).body(Body::empty()).unwrap();
    let answer = web::router(app.clone()).oneshot(request).await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK, "{path}");
    String::from_utf8(to_bytes(answer.into_body(), usize::MAX).await.unwrap().to_vec()).unwrap()
}

#[tokio::test]
async fn enterprises_of_the_two_sample_parks_find_each_other() {
    let app = app().await;
    let found = app.store.findable(&auth::whole()).await.unwrap();
    let found: Vec<_> = found.iter().map(|one| (one.park.as_str(), one.enterprise.as_str())).collect();
    assert_eq!(found, [("khu-lan-can", "L03"), ("khu-lan-can", "L04"), ("khu-mau", "E01")]);
    let written = app.store.latest_audit(&auth::whole(), 3).await.unwrap();
    assert!(written.iter().all(|row| (row.action.as_str(), row.entity.as_str()) == ("share", "beyond")));

    // The ash that is too rich in carbon for the block makers of its own park; the cement works 30 km off takes it.
    let ash = page(&app, "demo-operator", "/parks/khu-mau/enterprises/E37/beyond?lang=en").await;
    assert!(ash.contains("1 of 2 streams"), "{ash}");
    assert!(ash.contains("other non-metallic mineral products") && !ash.contains("Neighbour Cement"));
    // The feed mill that would take the yeast has not agreed.
    let yeast = page(&app, "demo-operator", "/parks/khu-mau/enterprises/E15/beyond?lang=en").await;
    assert!(yeast.contains("0 of 2 streams"), "{yeast}");
    // And from the other side: the shells of E01.
    let shells = page(&app, "demo-neighbour", "/parks/khu-lan-can/enterprises/L02/beyond?lang=en").await;
    assert!(shells.contains("1 of 1 stream") && shells.contains("2,000–5,000 t"), "{shells}");
    assert!(!shells.contains("Sample Seafood") && !shells.contains("khu-mau"));
}

#[tokio::test]
async fn a_shared_plant_stands_between_its_givers_and_its_takers() {
    let app = app().await;
    // The network is chosen in a job, for which a page waits a moment only.
    let mut is_chosen = false;
    for _ in 0..40 {
        let text = page(&app, "demo-neighbour", "/parks/khu-lan-can/matching?lang=en").await;
        is_chosen = text.contains("id=\"network-data\"");
        if is_chosen {
            break;
        }
    }
    assert!(is_chosen, "no network after a minute");
    for path in ["/parks/khu-lan-can/matching", "/parks/khu-lan-can/matching/network"] {
        let text = page(&app, "demo-neighbour", &format!("{path}?lang=en&stopped=1")).await;
        let data = |id: &str| {
            let json = text.split(&format!("id=\"{id}\">")).nth(1).unwrap().split("</script>").next().unwrap();
            serde_json::from_str::<serde_json::Value>(json).unwrap()
        };
        let (network, sankey) = (data("network-data"), data("sankey-data"));
        let found = |drawing: &serde_json::Value, id: &str| {
            drawing["nodes"].as_array().unwrap().iter().find(|node| node["id"] == id).cloned()
        };
        for drawing in [&network, &sankey] {
            let plant = found(drawing, "plant/P02").unwrap();
            assert_eq!(
                (&plant["name"], &plant["kind"], &plant["href"]),
                (&"Water reuse plant".into(), &"plant".into(), &"#works".into())
            );
            // Their owner exchanges nothing else, and so is not drawn.
            assert!(found(drawing, "plant/P01").is_some() && found(drawing, "L08").is_none(), "{path}");
            let links = drawing["links"].as_array().unwrap();
            let is_between = |source: &str, target: &str| {
                links.iter().any(|link| link["source"] == source && link["target"] == target)
            };
            assert!(is_between("L06", "plant/P02") && is_between("plant/P02", "L05"), "{links:?}");
        }
        // It stands where its owner does.
        assert_eq!(found(&network, "plant/P01").unwrap()["lat"].as_f64(), Some(10.2999));
        assert!(text.contains("Water reuse plant <a class=\"mark\" href=\"#works\">shared plant</a>"));
        assert!(text.contains("in part through 2 shared plants") && text.contains("id=\"works\""), "{path}");
    }
}
