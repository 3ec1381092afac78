//! Where the files lie: a folder, or a bucket of an object store that speaks S3. A file is written under a name that
//! nobody knows yet and is never changed; it is complete and on the disk before the manifest lists it.

use std::fmt;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use anyhow::Context;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::object_store::local::LocalFileSystem;
use datafusion::object_store::path::Path as ObjectPath;
use datafusion::object_store::{ObjectStore, ObjectStoreExt, PutPayload};
use object_store::aws::AmazonS3Builder;

/// Where readings lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    Folder(PathBuf),
    /// A bucket and the folder in it. Keys, region and endpoint come from the environment (`AWS_ACCESS_KEY_ID`, …).
    Bucket {
        bucket: String,
        prefix: String,
    },
}

#[derive(Debug, thiserror::Error)]
#[error("`{0}`: expected a folder or s3://BUCKET/FOLDER")]
pub struct PlaceError(String);

impl FromStr for Place {
    type Err = PlaceError;

    fn from_str(text: &str) -> Result<Place, PlaceError> {
        match text.split_once("://") {
            None => Ok(Place::Folder(PathBuf::from(text))),
            Some(("s3", rest)) if !rest.is_empty() && !rest.contains(['?', '@']) => {
                let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
                Ok(Place::Bucket { bucket: bucket.to_string(), prefix: prefix.trim_matches('/').to_string() })
            }
            Some(_) => Err(PlaceError(text.to_string())),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Folder(path) => write!(f, "{}", path.display()),
            Place::Bucket { bucket, prefix } => write!(f, "s3://{bucket}/{prefix}"),
        }
    }
}

/// The files at a place, by the paths that the manifest lists.
pub(crate) struct Files {
    pub(crate) store: Arc<dyn ObjectStore>,
    pub(crate) url: ObjectStoreUrl,
    folder: Option<PathBuf>,
    prefix: ObjectPath,
}

/// A file that lies at the place, listed or not.
pub(crate) struct Found {
    pub(crate) path: String,
    pub(crate) modified_us: i64,
}

const PART: &str = ".part";

impl Files {
    pub(crate) fn open(place: &Place) -> anyhow::Result<Files> {
        match place {
            Place::Folder(folder) => {
                let folder = std::path::absolute(folder)?;
                let prefix = ObjectPath::from_absolute_path(&folder)
                    .with_context(|| format!("name the folder {}", folder.display()))?;
                let url = ObjectStoreUrl::local_filesystem();
                Ok(Files { store: Arc::new(LocalFileSystem::new()), url, folder: Some(folder), prefix })
            }
            Place::Bucket { bucket, prefix } => {
                let store = AmazonS3Builder::from_env()
                    .with_bucket_name(bucket)
                    .build()
                    .with_context(|| format!("reach the bucket {bucket}"))?;
                let url = ObjectStoreUrl::parse(format!("s3://{bucket}"))?;
                Ok(Files { store: Arc::new(store), url, folder: None, prefix: ObjectPath::from(prefix.as_str()) })
            }
        }
    }

    /// Where the object store has the file that the manifest calls this.
    pub(crate) fn object(&self, path: &str) -> ObjectPath {
        path.split('/').fold(self.prefix.clone(), |folder, part| folder.join(part))
    }

    /// Writes a new file. When this returns, it outlives a power cut.
    pub(crate) async fn put(&self, path: &str, bytes: Vec<u8>) -> anyhow::Result<()> {
        match &self.folder {
            Some(folder) => {
                let (folder, target) = (folder.clone(), folder.join(path));
                let written = tokio::task::spawn_blocking(move || write_durably(&folder, &target, &bytes)).await?;
                written.with_context(|| format!("write the file {path}"))
            }
            None => {
                let put = self.store.put(&self.object(path), PutPayload::from(bytes)).await;
                put.map(|_| ()).with_context(|| format!("put the file {path}"))
            }
        }
    }

    /// Removes a file; one that is gone already is no fault.
    pub(crate) async fn remove(&self, path: &str) -> anyhow::Result<()> {
        match self.store.delete(&self.object(path)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(error).with_context(|| format!("remove the file {path}")),
        }
    }

    /// Everything that lies there, half-written files too.
    pub(crate) async fn all(&self) -> anyhow::Result<Vec<Found>> {
        if self.folder.as_ref().is_some_and(|folder| !folder.exists()) {
            return Ok(Vec::new());
        }
        let root = Some(self.prefix.clone()).filter(|prefix| !prefix.as_ref().is_empty());
        let listed = self.store.list_with_delimiter(root.as_ref()).await?;
        let (mut folders, mut objects) = (listed.common_prefixes, listed.objects);
        while let Some(folder) = folders.pop() {
            let listed = self.store.list_with_delimiter(Some(&folder)).await?;
            folders.extend(listed.common_prefixes);
            objects.extend(listed.objects);
        }
        let ours = |path: &ObjectPath| {
            let path = path.as_ref();
            path.strip_prefix(self.prefix.as_ref()).unwrap_or(path).trim_start_matches('/').to_string()
        };
        let found = objects
            .into_iter()
            .map(|object| Found { path: ours(&object.location), modified_us: object.last_modified.timestamp_micros() });
        Ok(found.collect())
    }
}

/// Under another name first, so that a file that has its name is whole; then the name itself is brought to the disk,
/// with the folders that were made for it.
fn write_durably(root: &Path, target: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let folder = target.parent().unwrap_or(root);
    std::fs::create_dir_all(folder)?;
    let part = target.with_extension(format!("parquet{PART}"));
    let mut file = std::fs::File::create(&part)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    drop(file);
    std::fs::rename(&part, target)?;
    for folder in folder.ancestors() {
        std::fs::File::open(folder)?.sync_all()?;
        if folder == root {
            break;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_folder_or_a_bucket() {
        assert_eq!("data/readings".parse::<Place>().unwrap(), Place::Folder("data/readings".into()));
        let bucket = Place::Bucket { bucket: "khu".to_string(), prefix: "nam/readings".to_string() };
        assert_eq!("s3://khu/nam/readings/".parse::<Place>().unwrap(), bucket);
        assert_eq!(bucket.to_string(), "s3://khu/nam/readings");
        for refused in ["gs://khu", "s3://", "s3://key:secret@khu"] {
            assert!(refused.parse::<Place>().is_err(), "{refused}");
        }
    }
}
