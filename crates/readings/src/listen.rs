//! Readings as an MQTT broker hands them on. A message is acknowledged when its readings outlive a power cut, or when it
//! was put aside with what is wrong with it; so a broker that keeps what is not acknowledged loses nothing, whatever
//! happens here or on the way.

use std::fmt;
use std::future::Future;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use engine::catalogue::Catalogue;
use engine::fault::{Fault, FaultKind};
use engine::ids::ParkId;
use rumqttc::tokio_rustls::rustls::{ClientConfig, RootCertStore};
use rumqttc::{
    AsyncClient, ConnectionError, Event, EventLoop, MqttOptions, Outgoing, Packet, Publish, QoS, SubscribeReasonCode,
    TlsConfiguration, Transport,
};
use serde::Serialize;
use store::{Actor, Scope};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, sleep_until};

use crate::ingest::{FaultList, IngestError, Ingested, Mapping, Message, usual_mapping, whole_file};
use crate::{AcceptError, FILES_UNFOLDED, Readings};

/// A broker and the topics of interest: `mqtt://[USER@]HOST[:PORT]/TOPIC`, or `mqtts://` with TLS. The topic may hold
/// `+` and `#`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broker {
    host: String,
    port: u16,
    user: Option<String>,
    is_secret: bool,
    topic: String,
}

#[derive(Debug, thiserror::Error)]
#[error("`{0}`: expected mqtt://[USER@]HOST[:PORT]/TOPIC or mqtts://…")]
pub struct BrokerError(String);

const PORT: u16 = 1_883;
const PORT_TLS: u16 = 8_883;

impl FromStr for Broker {
    type Err = BrokerError;

    fn from_str(text: &str) -> Result<Broker, BrokerError> {
        Broker::parse(text).ok_or_else(|| BrokerError(text.to_string()))
    }
}

impl Broker {
    fn parse(text: &str) -> Option<Broker> {
        let (scheme, rest) = text.split_once("://")?;
        let is_secret = match scheme {
            "mqtt" => false,
            "mqtts" => true,
            _ => return None,
        };
        let (authority, topic) = rest.split_once('/')?;
        let (user, address) = authority.rsplit_once('@').map_or((None, authority), |(user, at)| (Some(user), at));
        // A password does not belong on a command line.
        if user.is_some_and(|user| user.is_empty() || user.contains(':')) {
            return None;
        }
        let (host, port) = match address.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, port.parse().ok()?),
            _ => (address, if is_secret { PORT_TLS } else { PORT }),
        };
        let host = host.trim_start_matches('[').trim_end_matches(']');
        if host.is_empty() || topic.is_empty() {
            return None;
        }
        let (host, user, topic) = (host.to_string(), user.map(str::to_string), topic.to_string());
        Some(Broker { host, port, user, is_secret, topic })
    }
}

impl fmt::Display for Broker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.is_secret { "mqtts" } else { "mqtt" };
        write!(f, "{scheme}://{}:{}/{}", self.host, self.port, self.topic)
    }
}

/// Whose messages are listened to, and what becomes of them.
pub struct Listening<'a> {
    pub catalogue: &'a Catalogue,
    pub park: &'a ParkId,
    /// What the keys of an object mean; else `meter`, `at` and `value`.
    pub mapping: Option<Mapping>,
    /// Where messages are put aside, one JSON object a line, with what is wrong with them.
    pub refused: PathBuf,
    /// The name under which the broker keeps what was not acknowledged.
    pub client: String,
    pub password: Option<String>,
    /// Who is written down as the sender, at this moment.
    pub actor: &'a (dyn Fn() -> Actor + Sync),
}

/// What became of the messages so far.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Heard {
    pub messages: u64,
    pub readings: u64,
    pub batches: u64,
    pub refused: u64,
    /// How often the broker was lost and found again.
    pub reconnections: u64,
}

/// A batch is kept when nothing came for so long, when its first message waited for so long, or when it is so large.
const QUIET: Duration = Duration::from_millis(250);
const LONGEST_WAIT: Duration = Duration::from_secs(5);
const MOST_MESSAGES: usize = 5_000;
/// A message larger than this is not read at all; the broker is told so.
const LARGEST_MESSAGE: usize = 1 << 20;
const KEEP_ALIVE: Duration = Duration::from_secs(30);
/// How long we wait before the broker or the store is tried again, at first and at most.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// What the connection has to say.
enum Said {
    Message(Arrived),
    Lost(String),
    Refused(String),
}

/// A message, and the connection on which it may be acknowledged.
struct Arrived {
    publish: Publish,
    connection: u64,
}

impl Readings {
    /// Keeps what the broker hands on until `stop` is ready; `told` hears how far it is after each batch. Fails when the
    /// broker refuses us, or cannot be reached at the beginning; one that is lost later is looked for again.
    pub async fn listen(
        &self,
        broker: &Broker,
        of: &Listening<'_>,
        mut told: impl FnMut(&Heard, Option<&str>),
        stop: impl Future<Output = ()>,
    ) -> anyhow::Result<Heard> {
        let offsets = self.store().utc_offsets(&Scope::system()).await?;
        if !offsets.contains_key(of.park) {
            bail!(AcceptError::NoPark(of.park.clone()));
        }
        let (client, connection) = AsyncClient::new(options(broker, of)?, MOST_MESSAGES * 2);
        let (says, mut said) = mpsc::channel(MOST_MESSAGES * 2);
        let current = Arc::new(AtomicU64::new(NONE));
        let speaker = Speaker { client: client.clone(), topic: broker.topic.clone(), current: current.clone(), says };
        let speaker = tokio::spawn(speaker.converse(connection));
        let mut keeper = Keeper { readings: self, of, client, current, heard: Heard::default(), waiting: Vec::new() };

        tokio::pin!(stop);
        let (mut first_at, mut last_at) = (Instant::now(), Instant::now());
        let outcome = loop {
            let due = (last_at + QUIET).min(first_at + LONGEST_WAIT);
            tokio::select! {
                _ = &mut stop => break keeper.keep_waiting(&mut told).await,
                next = said.recv() => match next {
                    Some(Said::Message(arrived)) => {
                        last_at = Instant::now();
                        if keeper.waiting.is_empty() {
                            first_at = last_at;
                        }
                        keeper.waiting.push(arrived);
                        if keeper.waiting.len() >= MOST_MESSAGES {
                            keeper.keep_waiting(&mut told).await?;
                        }
                    }
                    Some(Said::Lost(why)) => {
                        keeper.heard.reconnections += 1;
                        told(&keeper.heard, Some(&why));
                    }
                    Some(Said::Refused(why)) => break Err(anyhow!(why)),
                    None => break Err(anyhow!("the connection to {broker} ended")),
                },
                _ = sleep_until(due), if !keeper.waiting.is_empty() => keeper.keep_waiting(&mut told).await?,
            }
        };
        // Takes leave after the acknowledgements that are on their way.
        let _ = keeper.client.disconnect().await;
        drop(said);
        let _ = tokio::time::timeout(LONGEST_WAIT, speaker).await;
        outcome.map(|()| keeper.heard)
    }
}

fn options(broker: &Broker, of: &Listening<'_>) -> anyhow::Result<MqttOptions> {
    let mut options = MqttOptions::new(&of.client, &broker.host, broker.port);
    // The broker keeps for us what we have not acknowledged, also while we are away.
    options.set_clean_session(false).set_manual_acks(true).set_keep_alive(KEEP_ALIVE);
    options.set_max_packet_size(LARGEST_MESSAGE, LARGEST_MESSAGE);
    match (&broker.user, &of.password) {
        (Some(user), password) => {
            options.set_credentials(user, password.clone().unwrap_or_default());
        }
        (None, Some(_)) => bail!("a password without a user: mqtt://USER@{}/…", broker.host),
        (None, None) => {}
    }
    if broker.is_secret {
        options.set_transport(Transport::tls_with_config(TlsConfiguration::Rustls(Arc::new(trusting()?))));
    }
    Ok(options)
}

/// Trusts whom this machine trusts.
fn trusting() -> anyhow::Result<ClientConfig> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    let (known, _) = roots.add_parsable_certificates(found.certs);
    if known == 0 {
        bail!("this machine trusts no certificate authority; SSL_CERT_FILE may name a file of them");
    }
    Ok(ClientConfig::builder().with_root_certificates(roots).with_no_client_auth())
}

/// The number of no connection.
const NONE: u64 = 0;

/// Talks to the broker.
struct Speaker {
    client: AsyncClient,
    topic: String,
    /// The number of the connection that stands.
    current: Arc<AtomicU64>,
    says: mpsc::Sender<Said>,
}

impl Speaker {
    /// Keeps the connection alive, and hands on what it brings, until we take leave.
    async fn converse(self, mut connection: EventLoop) {
        let (mut number, mut pause) = (NONE, FIRST_PAUSE);
        loop {
            let said = match connection.poll().await {
                Ok(Event::Incoming(Packet::ConnAck(_))) => {
                    (number, pause) = (number + 1, FIRST_PAUSE);
                    self.current.store(number, Ordering::SeqCst);
                    // The broker may have forgotten what we asked for.
                    let subscribed = self.client.try_subscribe(&self.topic, QoS::AtLeastOnce);
                    subscribed.err().map(|error| Said::Refused(error.to_string()))
                }
                Ok(Event::Incoming(Packet::SubAck(answer))) => {
                    let is_refused = answer.return_codes.contains(&SubscribeReasonCode::Failure);
                    is_refused.then(|| Said::Refused(format!("the broker refuses the topic `{}`", self.topic)))
                }
                Ok(Event::Incoming(Packet::Publish(publish))) => {
                    Some(Said::Message(Arrived { publish, connection: number }))
                }
                Ok(Event::Outgoing(Outgoing::Disconnect)) => return,
                Ok(_) => None,
                Err(error) => {
                    self.current.store(NONE, Ordering::SeqCst);
                    let is_refused = matches!(error, ConnectionError::ConnectionRefused(_));
                    let why = error.to_string();
                    Some(if number == NONE || is_refused { Said::Refused(why) } else { Said::Lost(why) })
                }
            };
            match said {
                None => {}
                Some(said @ Said::Refused(_)) => {
                    let _ = self.says.send(said).await;
                    return;
                }
                Some(said @ Said::Lost(_)) => {
                    // Where nobody listens any more there is nobody to take leave of either.
                    if self.says.send(said).await.is_err() {
                        return;
                    }
                    sleep(pause).await;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
                // While we take leave, what still comes is left to the broker.
                Some(said) => drop(self.says.send(said).await),
            }
        }
    }
}

/// Keeps batches and acknowledges them.
struct Keeper<'a> {
    readings: &'a Readings,
    of: &'a Listening<'a>,
    client: AsyncClient,
    current: Arc<AtomicU64>,
    heard: Heard,
    waiting: Vec<Arrived>,
}

impl Keeper<'_> {
    async fn keep_waiting(&mut self, told: &mut impl FnMut(&Heard, Option<&str>)) -> anyhow::Result<()> {
        let arrived = std::mem::take(&mut self.waiting);
        if arrived.is_empty() {
            return Ok(());
        }
        let message = |arrived: &Arrived| Message {
            topic: arrived.publish.topic.clone(),
            payload: arrived.publish.payload.to_vec(),
        };
        let messages: Vec<Message> = arrived.iter().map(message).collect();
        let mut pause = FIRST_PAUSE;
        // A store that cannot write now is tried again; until then the broker keeps the messages too.
        while let Err(error) = self.keep(&messages).await {
            told(&self.heard, Some(&format!("{error:#}")));
            sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
        self.heard.messages += arrived.len() as u64;
        // The number of a message means nothing on a later connection: there the broker sends it again.
        for arrived in &arrived {
            if arrived.connection == self.current.load(Ordering::SeqCst) {
                self.client.ack(&arrived.publish).await.context("acknowledge a message")?;
            }
        }
        let (actor, scope) = ((self.of.actor)(), Scope::system());
        let folded = self.readings.compact(&actor, &scope, Some(self.of.park), FILES_UNFOLDED, |_| {}).await;
        if let Err(error) = folded {
            told(&self.heard, Some(&format!("{error:#}")));
        }
        told(&self.heard, None);
        Ok(())
    }

    /// Keeps messages together. Where something is wrong with some, the halves are tried, down to the one at fault.
    async fn keep(&mut self, messages: &[Message]) -> anyhow::Result<()> {
        let mut parts = vec![messages];
        while let Some(part) = parts.pop() {
            match self.ingest(part).await {
                Ok(Some(ingested)) => {
                    self.heard.batches += u64::from(!ingested.receipt.is_repetition);
                    self.heard.readings += ingested.receipt.readings as u64;
                }
                Ok(None) => {}
                Err(IngestError::Failed(error)) => return Err(error),
                Err(IngestError::Accept(AcceptError::Failed(error))) => return Err(error),
                Err(error) if part.len() == 1 => self.put_aside(&part[0], faults(error))?,
                Err(_) => {
                    let (first, second) = part.split_at(part.len() / 2);
                    parts.extend([second, first]);
                }
            }
        }
        Ok(())
    }

    async fn ingest(&self, messages: &[Message]) -> Result<Option<Ingested>, IngestError> {
        let is_one = messages.iter().all(|message| message.topic == messages[0].topic);
        let name = if is_one { format!("mqtt {}", messages[0].topic) } else { "mqtt".to_string() };
        let mapping = self.of.mapping.clone().unwrap_or_else(usual_mapping);
        let (actor, park) = ((self.of.actor)(), self.of.park);
        self.readings.ingest_messages(&actor, self.of.catalogue, (park, &name), messages, &mapping).await
    }

    fn put_aside(&mut self, message: &Message, faults: FaultList) -> anyhow::Result<()> {
        #[derive(Serialize)]
        struct Aside<'a> {
            received_at: String,
            topic: &'a str,
            payload: String,
            faults: Vec<Fault>,
        }
        let aside = Aside {
            received_at: jiff::Timestamp::now().to_string(),
            topic: &message.topic,
            payload: String::from_utf8_lossy(&message.payload).into_owned(),
            faults: faults.faults,
        };
        append_durably(&self.of.refused, &serde_json::to_string(&aside)?)
            .with_context(|| format!("put a message aside in {}", self.of.refused.display()))?;
        self.heard.refused += 1;
        Ok(())
    }
}

fn faults(error: IngestError) -> FaultList {
    match error {
        IngestError::Faults(list) => list,
        other => FaultList::one(whole_file("mqtt", FaultKind::UnknownReference, &other.to_string(), "")),
    }
}

fn append_durably(path: &Path, line: &str) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut file = std::fs::OpenOptions::new().create(true).append(true).open(path)?;
    file.write_all(format!("{line}\n").as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broker_is_named_with_its_topic_and_without_a_password() {
        let broker: Broker = "mqtt://lan@broker.khu.vn/khu-mau/+/dien/#".parse().unwrap();
        assert_eq!(broker.topic, "khu-mau/+/dien/#");
        assert_eq!((broker.host.as_str(), broker.port, broker.user.as_deref()), ("broker.khu.vn", 1_883, Some("lan")));
        let broker: Broker = "mqtts://[::1]:8884/a".parse().unwrap();
        assert_eq!((broker.host.as_str(), broker.port, broker.is_secret), ("::1", 8_884, true));
        assert_eq!("mqtts://h/a".parse::<Broker>().unwrap().port, PORT_TLS);
        for refused in
            ["h/a", "http://h/a", "mqtt://h", "mqtt://h/", "mqtt:///a", "mqtt://u:secret@h/a", "mqtt://h:x/a"]
        {
            assert!(refused.parse::<Broker>().is_err(), "{refused}");
        }
    }
}
