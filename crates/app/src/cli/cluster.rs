//! `cluster`: this machine as a scheduler or an executor of questions about readings. A machine of the cluster opens no
//! store: it reads the files that a question names, in the object store.

use std::net::SocketAddr;
use std::path::PathBuf;

use readings::Place;

use super::readings::place;
use super::{Answer, Global};

#[derive(clap::Args)]
pub struct Arguments {
    /// Where readings lie: s3://BUCKET/FOLDER (default: CONGSINH_READINGS)
    #[arg(long, global = true, value_name = "PLACE", value_parser = place)]
    readings: Option<Place>,
    #[command(subcommand)]
    role: Role,
}

#[derive(clap::Subcommand)]
enum Role {
    /// Plan questions and hand out their parts
    Scheduler {
        /// On a network that only the machines of the cluster reach: nobody is asked who they are
        #[arg(long, default_value = "127.0.0.1:50050", value_name = "ADDR")]
        listen: SocketAddr,
        /// Name or address under which the other machines reach this one (default: that of --listen)
        #[arg(long, value_name = "HOST")]
        name: Option<String>,
    },
    /// Answer parts of questions; uses the port of --listen and the one after it
    Executor {
        #[arg(long, value_name = "df://HOST:PORT")]
        scheduler: String,
        #[arg(long, default_value = "127.0.0.1:50060", value_name = "ADDR")]
        listen: SocketAddr,
        /// Name or address under which the other machines reach this one (default: that of --listen)
        #[arg(long, value_name = "HOST")]
        name: Option<String>,
        /// How many parts at a time (default: as many as there are cores)
        #[arg(long, default_value_t = 0)]
        cores: usize,
        /// How much memory they may take together; what needs more goes to the disk
        #[arg(long, default_value_t = 4096, value_name = "MIB")]
        memory: u64,
        /// Where parts of answers lie until they are fetched (default: a folder for temporary files)
        #[arg(long, value_name = "DIR")]
        work: Option<PathBuf>,
    },
}

#[cfg(feature = "cluster")]
pub fn run(global: &Global, arguments: &Arguments) -> Answer {
    use readings::cluster::{Executor, Scheduler, run_executor, run_scheduler};

    use super::Stop;
    use crate::words::{text, text_with};

    let named = super::readings::named(arguments.readings.as_ref())?;
    let Some(place) = named.filter(|place| matches!(place, Place::Bucket { .. })) else {
        return Err(Stop::Usage(text(global.language, "cli-cluster-needs-bucket")));
    };
    crate::demo::start_logging();
    let began = |key: &str, listen: &SocketAddr| {
        let (listen, place) = (listen.to_string(), place.to_string());
        eprintln!("{}", text_with(global.language, key, &[("listen", &listen), ("place", &place)]));
    };
    super::runtime()?.block_on(async {
        let works = async {
            match &arguments.role {
                Role::Scheduler { listen, name } => {
                    began("cli-cluster-scheduler", listen);
                    run_scheduler(&Scheduler { listen: *listen, name: name.clone() }, &place).await?;
                }
                Role::Executor { scheduler, listen, name, cores, memory, work } => {
                    let scheduler = scheduler.parse().map_err(|error| Stop::Usage(format!("{error}")))?;
                    let work = work.clone().unwrap_or_else(|| own_folder(listen));
                    let executor = Executor {
                        scheduler,
                        listen: *listen,
                        name: name.clone(),
                        cores: *cores,
                        memory_bytes: memory << 20,
                        work,
                    };
                    began("cli-cluster-executor", listen);
                    run_executor(&executor, &place).await?;
                }
            }
            Ok(())
        };
        tokio::select! {
            outcome = works => outcome,
            _ = crate::web::until_stopped() => Ok(()),
        }
    })
}

/// Two executors of one machine do not write into one folder.
#[cfg(feature = "cluster")]
fn own_folder(listen: &SocketAddr) -> PathBuf {
    std::env::temp_dir().join(format!("congsinh-executor-{}", listen.port()))
}

#[cfg(not(feature = "cluster"))]
pub fn run(global: &Global, _arguments: &Arguments) -> Answer {
    Err(super::Stop::Usage(crate::words::text(global.language, "cli-cluster-not-built")))
}
