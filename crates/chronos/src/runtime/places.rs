//! Places where an ONNX Runtime may be: their order, and the files found in each.
//!
//! In: the setting, the environment and the binary's directory, all as values. Out: the [`Candidate`]s. Nothing is
//! loaded here.

use super::{elf, library_error::LibraryError};
use std::env;
use std::fmt;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Name of the library as the linker expects it; the files of a release add their version.
const LIBRARY: &str = "libonnxruntime.so";
/// Directories that the loader searches on every Linux, after those in ld.so.conf.
const USUAL_DIRECTORIES: [&str; 4] = ["/lib", "/usr/lib", "/lib64", "/usr/lib64"];

/// Reason why a library is a candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LibrarySource {
    /// The setting `chronos.onnxruntime`.
    Setting,
    /// The environment variable `ORT_DYLIB_PATH`.
    Variable,
    /// Beside the running binary, or in `../lib/forecaster/` from there.
    Binary,
    /// Fetched by the build.
    Build,
    /// Installed in the system.
    System,
}

impl LibrarySource {
    /// True when a setting or variable names this very file.
    pub fn is_explicit(self) -> bool {
        matches!(self, LibrarySource::Setting | LibrarySource::Variable)
    }
}

impl fmt::Display for LibrarySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            LibrarySource::Setting => "chronos.onnxruntime",
            LibrarySource::Variable => "ORT_DYLIB_PATH",
            LibrarySource::Binary => "beside the binary",
            LibrarySource::Build => "the build's copy",
            LibrarySource::System => "the system",
        })
    }
}

/// Library that may exist and may be usable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Reason why it is a candidate.
    pub origin: LibrarySource,
    /// Absolute path; the bare name when the system has none.
    pub path: PathBuf,
}

impl Candidate {
    /// Reads the version in the file without loading it, or returns why it cannot be used.
    pub fn version(&self) -> Result<String, LibraryError> {
        match elf::version(&self.path) {
            Err(LibraryError::Missing) if self.origin == LibrarySource::System => Err(LibraryError::NotInstalled),
            other => other,
        }
    }
}

/// Inputs of the search.
#[derive(Debug, Default)]
pub(super) struct LibrarySearch {
    pub(super) setting: Option<PathBuf>,
    pub(super) variable: Option<PathBuf>,
    /// Directory of the running binary.
    pub(super) binary: Option<PathBuf>,
    pub(super) build: Option<PathBuf>,
    /// Library directories of the system, in order.
    pub(super) system: Vec<PathBuf>,
}

impl LibrarySearch {
    pub(super) fn of_this_process(configured: Option<&Path>) -> Self {
        let named = |path: &str| Some(PathBuf::from(path)).filter(|it| !it.as_os_str().is_empty());
        let extra = env::var_os("LD_LIBRARY_PATH").unwrap_or_default();
        Self {
            setting: configured.map(Path::to_owned),
            variable: env::var_os("ORT_DYLIB_PATH").filter(|it| !it.is_empty()).map(PathBuf::from),
            binary: env::current_exe().ok().and_then(|it| it.parent().map(Path::to_owned)),
            build: named(env!("FORECASTER_BUILT_ONNXRUNTIME")).filter(|library| has_same_owner(library)),
            system: env::split_paths(&extra)
                .chain(directories_of(Path::new("/etc/ld.so.conf")))
                .chain(USUAL_DIRECTORIES.map(PathBuf::from))
                .collect(),
        }
    }

    pub(super) fn candidates(&self) -> Vec<Candidate> {
        let mut found = Vec::new();
        let mut add = |origin, paths: Vec<PathBuf>| {
            found.extend(paths.into_iter().map(|path| Candidate { origin, path }));
        };
        add(LibrarySource::Setting, self.setting.iter().map(|it| absolute_path(it)).collect());
        add(LibrarySource::Variable, self.variable.iter().map(|it| absolute_path(it)).collect());
        for directory in self.binary.iter().flat_map(|it| [it.clone(), it.join("../lib/forecaster")]) {
            add(LibrarySource::Binary, or(libraries_in(&directory), directory.join(LIBRARY)));
        }
        add(LibrarySource::Build, self.build.iter().cloned().collect());
        let mut installed: Vec<_> = self.system.iter().flat_map(|it| libraries_in(it)).collect();
        remove_duplicates(&mut installed);
        add(LibrarySource::System, or(installed, LIBRARY.into()));
        found
    }
}

/// True when a file has the same owner as this program. A binary copied to another machine must not load a file that
/// somebody else has put where its build once was.
fn has_same_owner(path: &Path) -> bool {
    let owner = |path: &Path| fs::metadata(path).map(|file| file.uid());
    match (owner(Path::new("/proc/self/exe")), owner(path)) {
        (Ok(ours), Ok(theirs)) => ours == theirs,
        // A missing file is reported as missing later.
        _ => true,
    }
}

/// Makes a path independent of the working directory.
pub(super) fn absolute_path(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

fn or(found: Vec<PathBuf>, expected: PathBuf) -> Vec<PathBuf> {
    if found.is_empty() { vec![expected] } else { found }
}

/// Lists `libonnxruntime.so` in a directory, then `libonnxruntime.so.1*`, the newest first.
fn libraries_in(directory: &Path) -> Vec<PathBuf> {
    // An empty entry of LD_LIBRARY_PATH means the working directory, from which nothing may be loaded.
    if !directory.is_absolute() {
        return Vec::new();
    }
    let mut versioned: Vec<(Vec<u32>, PathBuf)> = fs::read_dir(directory)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let version = name.strip_prefix(LIBRARY)?.strip_prefix('.')?;
            let version: Vec<u32> = version.split('.').map(str::parse).collect::<Result<_, _>>().ok()?;
            (version.first() == Some(&1)).then(|| (version, entry.path()))
        })
        .collect();
    versioned.sort_by(|a, b| b.cmp(a));
    let plain = Some(directory.join(LIBRARY)).filter(|it| it.exists());
    let mut found: Vec<_> = plain.into_iter().chain(versioned.into_iter().map(|it| it.1)).collect();
    remove_duplicates(&mut found);
    found
}

/// Keeps only the first of several names for the same file.
fn remove_duplicates(paths: &mut Vec<PathBuf>) {
    let mut seen = Vec::new();
    paths.retain(|path| {
        let file = path.canonicalize().unwrap_or_else(|_| path.clone());
        let new = !seen.contains(&file);
        seen.push(file);
        new
    });
}

/// Directories named by a file in the format of ld.so.conf; its `include DIRECTORY/*.conf` lines are followed one
/// level.
fn directories_of(conf: &Path) -> Vec<PathBuf> {
    let mut directories = Vec::new();
    for line in lines_of(conf) {
        match line.strip_prefix("include") {
            Some(pattern) if pattern.starts_with(char::is_whitespace) => {
                let included = matching(&conf.with_file_name("").join(pattern.trim()));
                let lines = included.iter().flat_map(|it| lines_of(it));
                directories.extend(lines.filter(|it| it.starts_with('/')).map(PathBuf::from));
            }
            _ => directories.push(PathBuf::from(line)),
        }
    }
    directories
}

/// Lines of a file without its comments and blanks; none when there is no such file.
fn lines_of(conf: &Path) -> Vec<String> {
    let text = fs::read_to_string(conf).unwrap_or_default();
    let lines = text.lines().map(|line| line.split('#').next().unwrap_or_default().trim());
    lines.filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

/// Files that match a pattern with at most one asterisk, in its last part; sorted by name, as ldconfig does.
fn matching(pattern: &Path) -> Vec<PathBuf> {
    let name = pattern.file_name().map(|it| it.to_string_lossy().into_owned()).unwrap_or_default();
    let (Some((before, after)), Some(directory)) = (name.split_once('*'), pattern.parent()) else {
        return vec![pattern.to_owned()];
    };
    let mut found: Vec<_> = fs::read_dir(directory)
        .into_iter()
        .flatten()
        .flatten()
        .filter(|entry| {
            let name = entry.file_name();
            let rest = name.to_str().and_then(|name| name.strip_prefix(before));
            rest.is_some_and(|rest| rest.ends_with(after))
        })
        .map(|entry| entry.path())
        .collect();
    found.sort();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn touch(directory: &Path, name: &str) -> PathBuf {
        fs::create_dir_all(directory).unwrap();
        fs::write(directory.join(name), "").unwrap();
        directory.join(name)
    }

    #[test]
    fn candidates_come_in_the_order_of_their_origins() {
        let root = tempfile::tempdir().unwrap();
        let beside = touch(&root.path().join("bin"), LIBRARY);
        let installed = touch(&root.path().join("usr"), "libonnxruntime.so.1");
        let places = LibrarySearch {
            setting: Some("/setting.so".into()),
            variable: Some("/variable.so".into()),
            binary: Some(root.path().join("bin")),
            build: Some("/build.so".into()),
            system: vec![root.path().join("usr")],
        };
        let found: Vec<_> = places.candidates().into_iter().map(|it| (it.origin.to_string(), it.path)).collect();
        let expected = [
            ("chronos.onnxruntime", PathBuf::from("/setting.so")),
            ("ORT_DYLIB_PATH", PathBuf::from("/variable.so")),
            ("beside the binary", beside),
            ("beside the binary", root.path().join("bin/../lib/forecaster").join(LIBRARY)),
            ("the build's copy", PathBuf::from("/build.so")),
            ("the system", installed),
        ];
        assert_eq!(found, expected.map(|(origin, path)| (origin.to_owned(), path)));
    }

    #[test]
    fn a_relative_setting_is_taken_from_the_working_directory() {
        let places = LibrarySearch { setting: Some("lib/mine.so".into()), ..LibrarySearch::default() };
        assert_eq!(places.candidates()[0].path, env::current_dir().unwrap().join("lib/mine.so"));
    }

    #[test]
    fn a_system_without_the_library_is_one_candidate_that_says_so() {
        let places = LibrarySearch { system: vec!["/nowhere".into(), "".into()], ..LibrarySearch::default() };
        let candidates = places.candidates();
        assert_eq!(candidates, [Candidate { origin: LibrarySource::System, path: LIBRARY.into() }]);
        let fault = candidates[0].version().unwrap_err();
        assert!(matches!(fault, LibraryError::NotInstalled), "{fault}");
    }

    #[test]
    fn the_newest_of_several_versions_comes_first() {
        let root = tempfile::tempdir().unwrap();
        for name in
            ["libonnxruntime.so.1.9.0", "libonnxruntime.so.1.32.0", "libonnxruntime.so.2", "libonnxruntime.so.1x"]
        {
            touch(root.path(), name);
        }
        let expected = ["libonnxruntime.so.1.32.0", "libonnxruntime.so.1.9.0"].map(|it| root.path().join(it));
        assert_eq!(libraries_in(root.path()), expected);
    }

    #[test]
    fn a_file_of_somebody_else_is_not_ours() {
        let root = tempfile::tempdir().unwrap();
        let file = touch(root.path(), LIBRARY);
        assert!(has_same_owner(&file) && has_same_owner(&root.path().join("none")));
        // Only root can change the owner of a file.
        if std::os::unix::fs::chown(&file, Some(54_321), None).is_ok() {
            assert!(!has_same_owner(&file));
        }
    }

    #[test]
    fn a_file_with_several_names_is_tried_once() {
        let root = tempfile::tempdir().unwrap();
        let file = touch(root.path(), "libonnxruntime.so.1.32.0");
        std::os::unix::fs::symlink(&file, root.path().join(LIBRARY)).unwrap();
        std::os::unix::fs::symlink(&file, root.path().join("libonnxruntime.so.1")).unwrap();
        assert_eq!(libraries_in(root.path()), [root.path().join(LIBRARY)]);
    }

    #[test]
    fn ld_so_conf_is_read_with_its_includes_and_without_its_comments() {
        let root = tempfile::tempdir().unwrap();
        let conf = root.path().join("ld.so.conf");
        fs::write(&conf, "include ld.so.conf.d/*.conf\n# none\n/opt/first # why\n").unwrap();
        let parts = root.path().join("ld.so.conf.d");
        touch(&parts, "readme");
        fs::write(parts.join("b.conf"), "/opt/b\n").unwrap();
        fs::write(parts.join("a.conf"), "# libc\n/opt/a\n").unwrap();
        assert_eq!(directories_of(&conf), ["/opt/a", "/opt/b", "/opt/first"].map(PathBuf::from));
        assert!(directories_of(&root.path().join("none")).is_empty());
    }
}
