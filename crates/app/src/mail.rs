//! Letters by mail. They leave after the request that asked for them; a letter that cannot be sent fails no request.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use lettre::message::{Mailbox, Message};
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use tokio::sync::Semaphore;

/// Letters that may wait; more are refused, so that nobody fills the memory with them.
const MOST_WAITING: usize = 256;
/// Seconds before each further try.
const RETRIES: [u64; 4] = [2, 15, 120, 900];
const SENDER: &str = "congsinh <congsinh@localhost>";

/// Plain text, in the language of its reader.
#[derive(Clone, Debug)]
pub struct Letter {
    pub to: String,
    pub subject: String,
    pub text: String,
}

/// Where letters go.
pub enum Outlet {
    Smtp(AsyncSmtpTransport<Tokio1Executor>),
    /// Files that somebody reads or sends on.
    Folder(PathBuf),
}

#[derive(Clone)]
pub struct Mailer {
    inner: Arc<Inner>,
}

struct Inner {
    outlet: Outlet,
    from: Mailbox,
    waiting: Semaphore,
}

impl Mailer {
    /// By `CONGSINH_SMTP_URL` and `CONGSINH_MAIL_FROM`; without them into the folder.
    pub fn from_environment(outbox: &Path) -> anyhow::Result<Mailer> {
        let url = std::env::var("CONGSINH_SMTP_URL").ok().filter(|url| !url.is_empty());
        let from = std::env::var("CONGSINH_MAIL_FROM").ok().filter(|from| !from.is_empty());
        let Some(url) = url else { return Mailer::new(Outlet::Folder(outbox.to_path_buf()), from.as_deref()) };
        let from = from.context("CONGSINH_MAIL_FROM is missing: expected the sender, as CONGSINH_SMTP_URL is set")?;
        // The address may hold a password, so the error does not repeat it.
        let smtp = AsyncSmtpTransport::<Tokio1Executor>::from_url(&url)
            .map_err(|_| anyhow::anyhow!("CONGSINH_SMTP_URL: expected smtps://user:password@host:port"))?;
        Mailer::new(Outlet::Smtp(smtp.timeout(Some(Duration::from_secs(20))).build()), Some(&from))
    }

    pub fn new(outlet: Outlet, from: Option<&str>) -> anyhow::Result<Mailer> {
        let from = from.unwrap_or(SENDER);
        let from = from.parse().with_context(|| format!("CONGSINH_MAIL_FROM is `{from}`: expected a mail address"))?;
        Ok(Mailer { inner: Arc::new(Inner { outlet, from, waiting: Semaphore::new(MOST_WAITING) }) })
    }

    /// The folder that letters are written into, where they are not sent.
    pub fn folder(&self) -> Option<&Path> {
        match &self.inner.outlet {
            Outlet::Folder(folder) => Some(folder),
            Outlet::Smtp(_) => None,
        }
    }

    /// Puts a letter on its way and returns at once. `subject` is for the log, which gets neither text nor address.
    pub fn send(&self, kind: &'static str, letter: Letter) {
        let inner = self.inner.clone();
        tokio::spawn(async move {
            let Ok(_place) = inner.waiting.try_acquire() else {
                tracing::error!(kind, "a letter was dropped: {MOST_WAITING} wait already");
                return;
            };
            inner.deliver(kind, &letter).await;
        });
    }
}

impl Inner {
    async fn deliver(&self, kind: &'static str, letter: &Letter) {
        let message = match self.message(letter) {
            Ok(message) => message,
            Err(error) => return tracing::error!(kind, error = format!("{error:#}"), "a letter could not be written"),
        };
        for wait in RETRIES.into_iter().map(Some).chain([None]) {
            let Err(error) = self.hand_over(&message).await else {
                tracing::info!(kind, "a letter was sent");
                return;
            };
            tracing::warn!(kind, error = format!("{error:#}"), again_in_seconds = wait, "a letter was not sent");
            match wait {
                Some(seconds) => tokio::time::sleep(Duration::from_secs(seconds)).await,
                None => tracing::error!(kind, "a letter was given up"),
            }
        }
    }

    fn message(&self, letter: &Letter) -> anyhow::Result<Message> {
        let to: Mailbox = letter.to.parse().context("the address of the reader")?;
        let builder = Message::builder().from(self.from.clone()).to(to).subject(&letter.subject);
        Ok(builder.header(lettre::message::header::ContentType::TEXT_PLAIN).body(letter.text.clone())?)
    }

    async fn hand_over(&self, message: &Message) -> anyhow::Result<()> {
        match &self.outlet {
            Outlet::Smtp(smtp) => smtp.send(message.clone()).await.map(|_| ()).context("hand over to the mail server"),
            Outlet::Folder(folder) => {
                let (folder, text) = (folder.clone(), message.formatted());
                tokio::task::spawn_blocking(move || keep(&folder, &text)).await.context("write the letter")?
            }
        }
    }
}

/// Letters hold links that let somebody in, so only the owner may read them. The file gets its name when it is whole.
fn keep(folder: &Path, text: &[u8]) -> anyhow::Result<()> {
    use std::io::Write;
    use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let at = jiff::Timestamp::now().as_microsecond();
    let name = format!("{at}-{:08x}", rand::random::<u32>());
    let half = folder.join(format!("{name}.part"));
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&half)?;
    file.write_all(text)?;
    std::fs::rename(&half, folder.join(format!("{name}.eml")))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_letter_lies_in_the_outbox_and_only_its_owner_reads_it() {
        use std::os::unix::fs::PermissionsExt;
        let folder = std::env::temp_dir().join(format!("congsinh-outbox-{:016x}", rand::random::<u64>()));
        let mailer = Mailer::new(Outlet::Folder(folder.clone()), None).unwrap();
        let letter = Letter {
            to: "lan@example.org".to_string(),
            subject: "Đặt lại mật khẩu".to_string(),
            text: "Xin chào".to_string(),
        };
        mailer.inner.deliver("reset", &letter).await;
        let files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|file| file.unwrap().path()).collect();
        assert_eq!(files.len(), 1);
        assert_eq!(std::fs::metadata(&files[0]).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(std::fs::read_to_string(&files[0]).unwrap().contains("To: lan@example.org"));
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn a_line_break_in_an_address_adds_no_header() {
        let mailer = Mailer::new(Outlet::Folder(PathBuf::new()), None).unwrap();
        let letter = Letter {
            to: "lan@example.org\r\nBcc: all@example.org".to_string(),
            subject: "x".to_string(),
            text: "x".to_string(),
        };
        assert!(mailer.inner.message(&letter).is_err());
    }
}
