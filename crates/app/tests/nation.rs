//! A nation of four hundred parks and twenty thousand enterprises, imported, registered and read as its ministry reads
//! it. What was planted comes out again, in either division into provinces.

mod binary;

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use binary::{code, congsinh, congsinh_with, folder, stderr, stdout};
use sample::nation::{NationTruth, WHOLE};
use serde_json::Value;

const PASSWORD: &str = "mưa rào tháng bảy trên sông Hậu";

struct Server {
    child: Child,
    address: String,
    client: reqwest::Client,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    fn start(data: &Path) -> Server {
        let mut child = Command::new(env!("CARGO_BIN_EXE_congsinh"))
            .args(["serve", "--listen", "127.0.0.1:0", "--as-of", "2025-01-31", "--language", "en", "--data"])
            .arg(data)
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut lines = BufReader::new(child.stderr.take().expect("a pipe")).lines();
        let address = lines.find_map(|line| {
            let line = line.expect("messages are UTF-8");
            let at = line.find("http://127.0.0.1:")?;
            Some(line[at..].split_whitespace().next().unwrap_or_default().to_string())
        });
        // Whoever writes into a pipe that nobody reads would stop.
        std::thread::spawn(move || lines.for_each(drop));
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Server { child, address: address.expect("the address"), client }
    }

    /// The cookie of a session.
    async fn enter(&self, user: &str) -> String {
        let form = format!("user={user}&password={}", escaped(PASSWORD));
        let request = self.client.post(format!("{}/sign-in", self.address)).body(form);
        let answer = request.header("content-type", "application/x-www-form-urlencoded").send().await.unwrap();
        let cookies = answer.headers().get_all("set-cookie").iter();
        let cookie = cookies.filter_map(|cookie| cookie.to_str().ok()).find(|cookie| cookie.contains("session"));
        cookie.expect("a session").split(';').next().unwrap_or_default().to_string()
    }

    async fn get(&self, cookie: &str, path: &str) -> (u16, String, Duration) {
        let began = Instant::now();
        let request = self.client.get(format!("{}{path}", self.address)).header("cookie", cookie);
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        (status, answer.text().await.unwrap(), began.elapsed())
    }
}

fn escaped(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

fn run(data: &Path, words: &[&str]) -> String {
    let data = data.to_str().unwrap();
    let words: Vec<&str> = words.iter().copied().chain(["--data", data, "--language", "en"]).collect();
    let output = congsinh(&words);
    assert_eq!(code(&output), 0, "{words:?}: {}", stderr(&output));
    stdout(&output)
}

/// Writes the nation into a store, and says where it lies and what was planted.
fn imported() -> (PathBuf, NationTruth) {
    let home = folder("nation");
    let (out, data) = (home.join("files"), home.join("data"));
    let truth = WHOLE.write(&out).unwrap();
    let parks: Vec<String> =
        (0..WHOLE.parks).map(|at| out.join("parks").join(sample::nation::park_id(at)).display().to_string()).collect();
    let began = Instant::now();
    let words: Vec<&str> = std::iter::once("import").chain(parks.iter().map(String::as_str)).collect();
    let told = run(&data, &words);
    assert_eq!(told.lines().count(), WHOLE.parks);
    println!("{} records of {} parks in {:.1} s", truth.records, truth.parks, began.elapsed().as_secs_f64());
    let register = |kind: &str, file: &str, new: usize| {
        let began = Instant::now();
        let file = out.join("register").join(file).display().to_string();
        let words =
            ["register", "import", &file, "--kind", kind, "--source", "generated", "--on", "2024-12-31", "--json"];
        let answer: Value = serde_json::from_str(&run(&data, &words)).unwrap();
        assert_eq!(answer["new"], new, "{kind}: {answer}");
        println!("{new} of kind {kind} in {:.1} s", began.elapsed().as_secs_f64());
        let again: Value = serde_json::from_str(&run(&data, &words)).unwrap();
        assert_eq!((&again["import"], &again["unchanged"]), (&Value::Null, &Value::from(new)), "twice changes nothing");
    };
    register("park", "parks.csv", truth.parks);
    register("enterprise", "enterprises.csv", truth.enterprises);
    let linked = run(&data, &["register", "link-same"]);
    assert!(linked.starts_with(&truth.parks.to_string()), "{linked}");
    let user = ["user", "add", "ministry", "--name", "M", "--role", "ministry", "--data", data.to_str().unwrap()];
    let output = congsinh_with(&user, PASSWORD);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    (data, truth)
}

#[test]
fn a_nation_is_imported_searched_and_added_up_in_both_editions() {
    let (data, truth) = imported();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let server = Server::start(&data);
        let cookie = server.enter("ministry").await;

        // Every park is computed once; the page says how many are still to come.
        let began = Instant::now();
        loop {
            let (status, text, _) = server.get(&cookie, "/api/provinces?provinces=2024&period=2024").await;
            assert_eq!(status, 200, "{text}");
            let answer: Value = serde_json::from_str(&text).unwrap();
            if answer["waiting"] == 0 {
                break;
            }
            assert!(began.elapsed() < Duration::from_secs(600), "{} parks are still missing", answer["waiting"]);
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        println!("{} parks computed in {:.1} s", truth.parks, began.elapsed().as_secs_f64());

        for (edition, planted) in [("2024", &truth.before), ("2025", &truth.after)] {
            let (_, text, _) = server.get(&cookie, &format!("/api/provinces?provinces={edition}&period=2024")).await;
            let answer: Value = serde_json::from_str(&text).unwrap();
            let rows = answer["provinces"].as_array().unwrap();
            for (province, resources) in planted {
                let row = rows.iter().find(|row| row["province"] == province.as_str()).unwrap();
                for (resource, amount) in resources {
                    let found = row["sums"][resource].as_f64().unwrap_or_default();
                    assert!(
                        (found - amount).abs() < 1e-6 * amount,
                        "{edition} {province} {resource}: {found} {amount}"
                    );
                }
            }
            for (resource, amount) in &truth.totals {
                let found = answer["totals"][resource].as_f64().unwrap();
                assert!((found - amount).abs() < 1e-6 * amount, "{edition} {resource}: {found}, planted {amount}");
            }
            assert_eq!(answer["totals"]["sites"], truth.enterprises as f64);
        }

        let planted = WHOLE.park(271);
        let (name, tax_code, _) = &planted.enterprises[33];
        let serial = name.split(' ').next_back().unwrap();
        for (query, expected) in [
            (escaped(name), tax_code.as_str()),
            (escaped(&engine::language::fold(name)), tax_code),
            (serial.to_string(), tax_code),
            (escaped(&planted.name), "/registry/th-272"),
        ] {
            let (status, text, took) = server.get(&cookie, &format!("/api/search?q={query}")).await;
            assert_eq!(status, 200);
            let answer: Value = serde_json::from_str(&text).unwrap();
            let first = answer["results"][0]["href"].as_str().unwrap_or_default();
            assert!(first.contains(expected), "{query}: {text}");
            println!("search {:.1} ms", took.as_secs_f64() * 1e3);
        }
        for path in [
            "/",
            "/parks",
            "/provinces?provinces=2024",
            "/provinces?provinces=2025",
            "/enterprises?page=7",
            "/enterprises?q=thep",
            "/registry/th-272",
            "/provinces/79?provinces=2025",
            "/parks/th-272",
            "/parks/th-272/observe",
            "/parks/th-272/assess",
            "/parks/th-272/report",
            "/series",
            "/parks.csv",
        ] {
            let (status, text, took) = server.get(&cookie, path).await;
            assert_eq!(status, 200, "{path}: {text}");
            println!("{path} {:.1} ms, {} bytes", took.as_secs_f64() * 1e3, text.len());
        }
    });
}
