//! Questions on several machines: the roles of a Ballista cluster, and the session that sends a question there. The
//! cluster holds no data of its own. A question goes there with the list of files of one state of the manifest; the
//! executors read them in the object store and in no other place.
//!
//! Nothing here asks who somebody is. The ports belong on a network that only the machines of the cluster reach.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

use anyhow::{Context, anyhow, bail};
use ballista::prelude::SessionConfigExt;
use ballista_core::config::TaskSchedulingPolicy;
use ballista_core::extension::SessionStateExt;
use ballista_core::{ConfigProducer, RuntimeProducer};
use ballista_executor::executor_process::{ExecutorProcessConfig, start_executor_process};
use ballista_scheduler::cluster::BallistaCluster;
use ballista_scheduler::config::SchedulerConfig;
use ballista_scheduler::scheduler_process::start_server;
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::execution::{SessionState, SessionStateBuilder};
use datafusion::prelude::{SessionConfig, SessionContext};

use crate::place::{Files, Place};

mod codec;
mod engine;

use codec::TableCodec;
use engine::Uncounted;

/// A scheduler: `df://HOST:PORT`, or the host and port alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cluster {
    host: String,
    port: u16,
}

#[derive(Debug, thiserror::Error)]
#[error("`{0}`: expected df://HOST:PORT")]
pub struct ClusterError(String);

/// A cluster was asked to read files that only one machine has.
#[derive(Debug, thiserror::Error)]
#[error("a cluster reads from an object store that all its machines reach (s3://BUCKET/FOLDER), not from {0}")]
pub struct NeedsBucket(pub Place);

impl FromStr for Cluster {
    type Err = ClusterError;

    fn from_str(text: &str) -> Result<Cluster, ClusterError> {
        let address = text.strip_prefix("df://").unwrap_or(text).trim_end_matches('/');
        let parts = address.rsplit_once(':').and_then(|(host, port)| Some((host, port.parse().ok()?)));
        match parts {
            Some((host, port)) if !host.is_empty() && !host.contains('/') => {
                Ok(Cluster { host: host.to_string(), port })
            }
            _ => Err(ClusterError(text.to_string())),
        }
    }
}

impl fmt::Display for Cluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "df://{}:{}", self.host, self.port)
    }
}

/// The machine that plans questions and hands out their parts.
#[derive(Clone, Debug)]
pub struct Scheduler {
    pub listen: SocketAddr,
    /// Under which the executors reach this machine.
    pub name: Option<String>,
}

/// A machine that answers parts of questions.
#[derive(Clone, Debug)]
pub struct Executor {
    pub scheduler: Cluster,
    pub listen: SocketAddr,
    /// Under which the other machines reach this one.
    pub name: Option<String>,
    /// How many parts at a time; 0: as many as there are cores.
    pub cores: usize,
    /// How much memory they may take together.
    pub memory_bytes: u64,
    /// Where parts of answers lie until they are fetched.
    pub work: PathBuf,
}

/// An executor says so often that it lives.
const HEARTBEAT_S: u64 = 5;
/// So long an executor looks for its scheduler.
const CONNECT_S: u16 = 20;
/// Ballista 55 counts parts twice when it repeats what a lost executor was doing. So nothing is ever repeated: a part that
/// cannot be fetched fails the question, and an executor is never given up, so that its parts are not handed out again.
/// An executor that is gone asks for no work; a question that waits for it ends with its time.
const NEVER_S: u64 = 10 * 365 * 86_400;
const FAILURES: usize = 1;
/// Parts of answers that nobody will fetch any more are removed.
const CLEAN_UP_S: u64 = 600;
const KEPT_S: u64 = 3_600;
/// Into how many parts a question is cut at most.
const PARTS: usize = 16;
/// Lists of files and parts of answers may be so large on their way.
const MESSAGE_BYTES: u32 = 64 << 20;

/// Runs a scheduler until it is stopped.
pub async fn run_scheduler(scheduler: &Scheduler, place: &Place) -> anyhow::Result<()> {
    let runtime = runtime_of(place)?;
    let session = move |config: SessionConfig| {
        Ok(SessionStateBuilder::new()
            .with_config(config)
            .with_runtime_env(Arc::clone(&runtime))
            .with_default_features()
            .build())
    };
    let config = SchedulerConfig {
        bind_host: scheduler.listen.ip().to_string(),
        external_host: reached_as(&scheduler.name, &scheduler.listen)?,
        bind_port: scheduler.listen.port(),
        scheduling_policy: TaskSchedulingPolicy::PullStaged,
        executor_timeout_seconds: NEVER_S,
        no_executors_grace_period_seconds: 0,
        stage_max_failures: FAILURES,
        task_max_failures: FAILURES,
        finished_job_data_clean_up_interval_seconds: CLEAN_UP_S,
        grpc_server_max_decoding_message_size: MESSAGE_BYTES,
        grpc_server_max_encoding_message_size: MESSAGE_BYTES,
        override_session_builder: Some(Arc::new(session)),
        override_config_producer: Some(config_producer()),
        override_logical_codec: Some(Arc::new(TableCodec::default())),
        ..SchedulerConfig::default()
    };
    let cluster = BallistaCluster::new_from_config(&config).await.map_err(|error| anyhow!("{error}"))?;
    let served = start_server(cluster, scheduler.listen, Arc::new(config)).await;
    served.map_err(|error| anyhow!("{error}")).with_context(|| format!("listen on {}", scheduler.listen))
}

/// Runs an executor until it is stopped.
pub async fn run_executor(executor: &Executor, place: &Place) -> anyhow::Result<()> {
    let runtime = runtime_of(place)?;
    std::fs::create_dir_all(&executor.work).with_context(|| format!("make the folder {}", executor.work.display()))?;
    let work = executor.work.to_str().ok_or_else(|| anyhow!("{} is not UTF-8", executor.work.display()))?;
    let producer: RuntimeProducer = Arc::new(move |_| Ok(Arc::clone(&runtime)));
    let Some(grpc_port) = executor.listen.port().checked_add(1) else { bail!("there is no port above 65535") };
    let config = ExecutorProcessConfig {
        bind_host: executor.listen.ip().to_string(),
        external_host: Some(reached_as(&executor.name, &executor.listen)?),
        port: executor.listen.port(),
        grpc_port,
        scheduler_host: executor.scheduler.host.clone(),
        scheduler_port: executor.scheduler.port,
        scheduler_connect_timeout_seconds: CONNECT_S,
        task_scheduling_policy: TaskSchedulingPolicy::PullStaged,
        vcores: executor.cores,
        work_dir: Some(work.to_string()),
        job_data_ttl_seconds: KEPT_S,
        job_data_clean_up_interval_seconds: CLEAN_UP_S,
        executor_heartbeat_interval_seconds: HEARTBEAT_S,
        grpc_max_decoding_message_size: MESSAGE_BYTES,
        grpc_max_encoding_message_size: MESSAGE_BYTES,
        memory_pool_size: Some(executor.memory_bytes),
        override_execution_engine: Some(Arc::new(Uncounted::default())),
        override_runtime_producer: Some(producer),
        override_config_producer: Some(config_producer()),
        override_logical_codec: Some(Arc::new(TableCodec::default())),
        ..ExecutorProcessConfig::default()
    };
    start_executor_process(Arc::new(config)).await.map_err(|error| anyhow!("{error}"))
}

/// The name that others use, else the address; which must not be that of every address.
fn reached_as(name: &Option<String>, listen: &SocketAddr) -> anyhow::Result<String> {
    match name {
        Some(name) => Ok(name.clone()),
        None if listen.ip().is_unspecified() => bail!("who listens on {listen} needs a name by which others reach it"),
        None => Ok(listen.ip().to_string()),
    }
}

impl Cluster {
    /// A session whose questions are answered there.
    pub(crate) fn session(&self, runtime: &Arc<RuntimeEnv>) -> anyhow::Result<SessionContext> {
        let state = SessionStateBuilder::new()
            .with_config(config())
            .with_runtime_env(Arc::clone(runtime))
            .with_default_features()
            .build();
        let state: SessionState = state.upgrade_for_ballista(format!("http://{}:{}", self.host, self.port))?;
        Ok(SessionContext::new_with_state(state))
    }
}

fn config() -> SessionConfig {
    SessionConfig::new_with_ballista()
        .with_information_schema(false)
        .with_target_partitions(PARTS)
        .with_ballista_adaptive_query_planner(false)
        .with_ballista_grpc_client_max_message_size(MESSAGE_BYTES as usize)
        .with_ballista_logical_extension_codec(Arc::new(TableCodec::default()))
}

fn config_producer() -> ConfigProducer {
    Arc::new(config)
}

/// Reaches the files of the place, and no file of the machine itself.
fn runtime_of(place: &Place) -> anyhow::Result<Arc<RuntimeEnv>> {
    if !matches!(place, Place::Bucket { .. }) {
        bail!(NeedsBucket(place.clone()));
    }
    let files = Files::open(place)?;
    let runtime = RuntimeEnvBuilder::new().build_arc()?;
    let own = datafusion::execution::object_store::ObjectStoreUrl::local_filesystem();
    runtime.deregister_object_store(own.as_ref())?;
    runtime.register_object_store(files.url.as_ref(), Arc::clone(&files.store));
    Ok(runtime)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scheduler_is_a_host_with_a_port() {
        for text in ["df://10.0.0.7:50050", "10.0.0.7:50050", "df://10.0.0.7:50050/"] {
            assert_eq!(text.parse::<Cluster>().unwrap().to_string(), "df://10.0.0.7:50050");
        }
        for refused in ["", "df://", "df://host", "host:port", "http://host:1", ":1"] {
            assert!(refused.parse::<Cluster>().is_err(), "{refused}");
        }
    }

    #[test]
    fn a_machine_of_the_cluster_reads_in_the_bucket_alone() {
        assert!(runtime_of(&Place::Folder("readings".into())).unwrap_err().is::<NeedsBucket>());
        let runtime = runtime_of(&Place::Bucket { bucket: "khu".into(), prefix: "a".into() }).unwrap();
        let store = |url: &str| {
            let url = datafusion::execution::object_store::ObjectStoreUrl::parse(url).unwrap();
            runtime.object_store(url).is_ok()
        };
        assert!(store("s3://khu"));
        assert!(!store("file://"));
        assert!(!store("s3://another"));
    }
}
