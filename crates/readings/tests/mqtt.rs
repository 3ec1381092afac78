//! A broker hands on readings; `./run test` starts one. What it hands on is kept once, what is wrong is put aside, and a
//! listener that is killed at any moment loses nothing.

#[allow(dead_code, reason = "other tests use the rest of it")]
mod home;

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use engine::catalogue::Catalogue;
use engine::ids::{MeterId, ParkId};
use home::{Home, lan};
use readings::generate::Plan;
use readings::ingest::Mapping;
use readings::{Broker, Heard, Listening, Place, Readings};
use rumqttc::{AsyncClient, Event, MqttOptions, Packet, QoS};
use store::{Scope, Store};

/// Where `./run test` says that its broker is, such as mqtt://127.0.0.1:18830.
const BROKER: &str = "CONGSINH_TEST_MQTT";
/// Where the child finds its store, and what it listens to.
const CHILD: &str = "CONGSINH_MQTT_FOLDER";
const CHILD_URL: &str = "CONGSINH_MQTT_URL";

const PLAN: Plan = Plan { seed: 1, meters: 4, readings: 1, step_us: 60_000_000, start_us: 1_706_200_000_000_000 };

fn broker() -> Option<String> {
    let url = std::env::var(BROKER).ok();
    if url.is_none() {
        assert!(std::env::var("CI").is_err(), "{BROKER} is not set: in CI nothing is left out");
        println!("skipped: {BROKER} is not set; ./run test sets it");
    }
    url
}

/// Publishes and waits until the broker has taken all of it.
async fn publish(url: &str, messages: &[(String, String)]) {
    let address = url.strip_prefix("mqtt://").unwrap();
    let (host, port) = address.rsplit_once(':').unwrap();
    let options = MqttOptions::new(format!("device-{}", uuid::Uuid::now_v7()), host, port.parse().unwrap());
    let (client, mut connection) = AsyncClient::new(options, messages.len() + 1);
    for (topic, payload) in messages {
        client.publish(topic, QoS::AtLeastOnce, false, payload.clone()).await.unwrap();
    }
    let mut taken = 0;
    while taken < messages.len() {
        if let Event::Incoming(Packet::PubAck(_)) = connection.poll().await.unwrap() {
            taken += 1;
        }
    }
}

fn of_catalogue() -> &'static Catalogue {
    static CATALOGUE: std::sync::OnceLock<Catalogue> = std::sync::OnceLock::new();
    CATALOGUE.get_or_init(home::catalogue)
}

/// Makes the broker keep from now on what comes for this topic.
async fn subscribe(readings: &Readings, of: (&ParkId, &str), refused: &Path, mapping: Option<Mapping>) {
    let heard = listen_for(Duration::from_millis(700), readings, of, refused, mapping, |_| true).await;
    assert_eq!(heard, Heard::default());
}

/// Listens until `enough` is true of what was heard, or nothing more comes.
async fn listen(
    readings: &Readings,
    of: (&ParkId, &str),
    refused: &Path,
    mapping: Option<Mapping>,
    enough: impl Fn(&Heard) -> bool,
) -> Heard {
    listen_for(Duration::from_secs(60), readings, of, refused, mapping, enough).await
}

async fn listen_for(
    longest: Duration,
    readings: &Readings,
    (park, topic): (&ParkId, &str),
    refused: &Path,
    mapping: Option<Mapping>,
    enough: impl Fn(&Heard) -> bool,
) -> Heard {
    let broker: Broker = format!("{}/{topic}", std::env::var(BROKER).unwrap()).parse().unwrap();
    let listening = Listening {
        catalogue: of_catalogue(),
        park,
        mapping,
        refused: refused.to_path_buf(),
        client: format!("test-{}", topic.replace(['/', '#', '+'], "-")),
        password: None,
        actor: &lan,
    };
    let (done, stop) = tokio::sync::oneshot::channel();
    let mut done = Some(done);
    let told = |heard: &Heard, _: Option<&str>| {
        if enough(heard) {
            let _ = done.take().map(|done| done.send(()));
        }
    };
    let stop = async {
        let _ = tokio::time::timeout(longest, stop).await;
    };
    readings.listen(&broker, &listening, told, stop).await.unwrap()
}

fn own_topic() -> String {
    format!("khu-{}", uuid::Uuid::now_v7())
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_are_kept_once_and_those_with_faults_are_put_aside() {
    let Some(url) = broker() else { return };
    let home = Home::with(&PLAN).await;
    let refused = home.folder().join("refused.jsonl");
    let topic = own_topic();
    let filter = format!("{topic}/#");
    // The broker keeps for whoever subscribed once.
    subscribe(&home.readings, (&home.park, &filter), &refused, None).await;

    let meter = PLAN.meter(0);
    let say = |topic: &str, payload: &str| (topic.to_string(), payload.to_string());
    let mut messages: Vec<(String, String)> = (0..300)
        .map(|minute| {
            let at = format!("2024-03-01T{:02}:{:02}+07:00", minute / 60, minute % 60);
            say(&format!("{topic}/{meter}"), &format!(r#"{{"at": "{at}", "value": 2, "quality": "good"}}"#))
        })
        .collect();
    messages.insert(100, say(&format!("{topic}/{meter}"), "hỏng"));
    messages.insert(200, say(&format!("{topic}/no-meter"), r#"{"at": "2024-03-01T00:00+07:00", "value": 2}"#));
    // Nothing is known, which is no fault; a later word on a moment corrects it.
    messages.push(say(&format!("{topic}/{meter}"), r#"{"at": "2024-03-01T00:00+07:00", "value": null}"#));
    messages.push(say(
        &format!("{topic}/x"),
        &format!(r#"{{"meter": "{meter}", "at": "2024-03-01T00:00+07:00", "value": 7}}"#),
    ));
    publish(&url, &messages).await;

    let all = messages.len() as u64;
    let heard = listen(&home.readings, (&home.park, &filter), &refused, None, |heard| heard.messages >= all).await;
    assert_eq!((heard.messages, heard.refused), (304, 2));
    assert_eq!(home.count_and_sum("readings", "value").await, (300, 605.0));
    let aside = std::fs::read_to_string(&refused).unwrap();
    let aside: Vec<serde_json::Value> = aside.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(aside.len(), 2);
    assert_eq!(aside[0]["payload"], "hỏng");
    assert_eq!(aside[1]["topic"], format!("{topic}/no-meter"));
    assert!(aside.iter().all(|message| !message["faults"].as_array().unwrap().is_empty()));

    // What was acknowledged does not come again.
    publish(&url, &[say(&format!("{topic}/{meter}"), r#"{"at": "2024-03-02T00:00+07:00", "value": 1}"#)]).await;
    let heard = listen(&home.readings, (&home.park, &filter), &refused, None, |heard| heard.messages >= 1).await;
    assert_eq!(heard.messages, 1);
    assert_eq!(home.count_and_sum("readings", "value").await, (301, 606.0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_counter_counts_on_from_message_to_message() {
    let Some(url) = broker() else { return };
    let home = Home::with(&PLAN).await;
    let refused = home.folder().join("refused.jsonl");
    let (topic, meter) = (own_topic(), PLAN.meter(1));
    let mapping =
        Mapping::parse("time = \"ts\"\ntime_format = \"unix-seconds\"\nvalue = \"total\"\nkind = \"counter\"").unwrap();
    let once = |heard: &Heard| heard.messages >= 1;
    let filter = format!("{topic}/+");
    subscribe(&home.readings, (&home.park, &filter), &refused, Some(mapping.clone())).await;
    // Each alone, so that every batch knows only what was remembered; the last is after the counter was changed.
    for (minute, total) in [(0, 100), (1, 110), (2, 120), (3, 130), (4, 8)] {
        let payload = format!(r#"{{"ts": {}, "total": {total}}}"#, 1_709_251_200 + minute * 60);
        publish(&url, &[(format!("{topic}/{meter}"), payload)]).await;
        let heard = listen(&home.readings, (&home.park, &filter), &refused, Some(mapping.clone()), once).await;
        assert_eq!((heard.messages, heard.refused), (1, 0), "{total}");
    }
    assert_eq!(home.count_and_sum("readings", "value").await, (4, 38.0));
}

/// The child: listens until it is killed.
#[test]
fn child() {
    let (Ok(folder), Ok(topic)) = (std::env::var(CHILD), std::env::var(CHILD_URL)) else { return };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let readings = open(Path::new(&folder)).await;
        let refused = PathBuf::from(&folder).join("refused.jsonl");
        listen(&readings, (&ParkId::new("khu-do"), &topic), &refused, None, |_| false).await;
    });
}

async fn open(folder: &Path) -> Readings {
    let store = Store::open(&folder.join("store.sqlite")).await.expect("a store");
    Readings::open(store, &Place::Folder(folder.join("readings"))).expect("a folder")
}

fn start_child(folder: &Path, topic: &str) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["child", "--exact", "--nocapture"])
        .env(CHILD, folder)
        .env(CHILD_URL, topic)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listener_that_is_killed_loses_nothing() {
    let Some(url) = broker() else { return };
    const ROUNDS: usize = 6;
    const PER_ROUND: usize = 400;
    let folder = std::env::temp_dir().join(format!("congsinh-mqtt-{}", uuid::Uuid::now_v7()));
    let _gone = Gone(folder.clone());
    let readings = open(&folder).await;
    readings.store().save_park(&lan(), &PLAN.park("khu-do"), "").await.unwrap();
    let (park, topic) = (ParkId::new("khu-do"), own_topic());
    let filter = format!("{topic}/#");
    let refused = folder.join("refused.jsonl");
    subscribe(&readings, (&park, &filter), &refused, None).await;

    for round in 0..ROUNDS {
        let mut child = start_child(&folder, &filter);
        let messages: Vec<(String, String)> = (0..PER_ROUND)
            .map(|number| {
                let number = round * PER_ROUND + number;
                let meter: MeterId = PLAN.meter(number % PLAN.meters);
                let at = jiff::Timestamp::from_microsecond(PLAN.start_us + number as i64 * PLAN.step_us).unwrap();
                (format!("{topic}/{meter}"), format!(r#"{{"at": "{at}", "value": 0.25}}"#))
            })
            .collect();
        publish(&url, &messages).await;
        // Each round a little later in what it does.
        tokio::time::sleep(Duration::from_millis(150 + 120 * round as u64)).await;
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let sent = (ROUNDS * PER_ROUND) as u64;
    let mut kept = count(&readings).await;
    assert!(kept > 0, "the listeners were killed before they kept anything");
    while kept < sent {
        let heard = listen(&readings, (&park, &filter), &refused, None, |heard| heard.messages > 0).await;
        assert!(heard.messages > 0, "the broker has nothing left, and {kept} of {sent} readings are there");
        kept = count(&readings).await;
    }
    let all = "select count(*) as n, count(distinct concat(meter, cast(at as varchar))) as different, sum(value) as total from readings";
    let answer = readings.query(&Scope::system(), all, readings::Bounds::default()).await.unwrap().json().unwrap();
    let row = &answer["rows"][0];
    assert_eq!((row["n"].as_u64(), row["different"].as_u64()), (Some(sent), Some(sent)));
    assert_eq!(row["total"].as_f64(), Some(sent as f64 * 0.25));
    assert!(!refused.exists(), "nothing was put aside");
}

async fn count(readings: &Readings) -> u64 {
    let sql = "select count(*) as n from readings";
    let answer = readings.query(&Scope::system(), sql, readings::Bounds::default()).await.unwrap();
    answer.json().unwrap()["rows"][0]["n"].as_u64().unwrap()
}

/// Removes the folder also when an assertion fails.
struct Gone(PathBuf);

impl Drop for Gone {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[tokio::test]
async fn a_broker_that_is_not_there_is_said_at_once() {
    let home = Home::with(&PLAN).await;
    let listening = Listening {
        catalogue: of_catalogue(),
        park: &home.park,
        mapping: None,
        refused: home.folder().join("refused.jsonl"),
        client: "test".to_string(),
        password: None,
        actor: &lan,
    };
    let nowhere: Broker = "mqtt://127.0.0.1:1/a".parse().unwrap();
    let outcome = home.readings.listen(&nowhere, &listening, |_, _| {}, std::future::pending()).await;
    assert!(outcome.is_err());
}
