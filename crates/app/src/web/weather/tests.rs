//! The page of a park's weather: what each role sees of stations and degree days.

use axum::http::StatusCode;
use engine::ids::{ParkId, StationId};
use engine::language::Label;
use engine::park::Place;
use engine::park::weather::{DayReading, Station, TemperatureSeries};
use engine::period::Period;

use crate::auth;
use crate::web::enterprise::tests::Person;
use crate::web::observe::tests::Site;

const PAGE: &str = "/parks/khu-mau/weather?period=2024";

#[tokio::test]
async fn stations_are_told_from_the_nearest_with_their_degree_days() {
    let site = Site::new().await;
    let ministry = Person::at(&site, "demo-ministry", "/").await;
    let before = site.get(&ministry.cookie, PAGE).await.text;
    assert!(before.contains("Chưa trạm nào có số liệu nhiệt độ") && before.contains("vn-48910"), "{before}");

    let id = ParkId::new("khu-mau");
    let mut park = site.app.store.load_park_view(&auth::whole(), &id).await.unwrap().unwrap();
    let station = StationId::new("T1");
    park.weather.stations.push(Station {
        id: station.clone(),
        name: Label::new("Trạm của khu", "The park's station"),
        place: Some(Place { latitude: 10.0745, longitude: 105.6376 }),
        source: "Ban quản lý khu".to_string(),
    });
    let january = Period::month(2024, 1).unwrap();
    let days =
        (1..=31).map(|day| DayReading { day: jiff::civil::date(2024, 1, day), value: (day != 5).then_some(28.0) });
    park.weather.series.insert(station, TemperatureSeries::Daily(days.collect()));
    site.app.store.save_park(&store::Actor::system(1), &park, "weather").await.unwrap();

    let told = ministry.api(&site, "/api/parks/khu-mau/weather?period=2024&base=20").await;
    let nearest = &told["stations"][0];
    assert_eq!((&nearest["station"], &nearest["distance_km"]), (&"T1".into(), &0.0.into()));
    // 30 days of 8 K, raised to the whole month.
    let month = &nearest["months"][0];
    assert_eq!((&month["month"], &month["days"]), (&january.to_string().into(), &30.into()));
    assert!((month["cooling"].as_f64().unwrap() - 248.0).abs() < 1e-9 && month["heating"] == 0.0);

    let page = site.get(&ministry.cookie, &format!("{PAGE}&base=20")).await.text;
    for word in ["Trạm của khu", "30/31 ngày", "248,0", "từ 05/01/2024"] {
        assert!(page.contains(word), "{word}");
    }
    assert!(!page.contains("[weather-"), "raw keys");
    let english = site.get(&ministry.cookie, &format!("{PAGE}&lang=en")).await.text;
    assert!(english.contains("Cooling degree days") && !english.contains("[weather-"));
    assert_eq!(site.get("", PAGE).await.status, StatusCode::UNAUTHORIZED);
}
