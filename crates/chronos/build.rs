//! Puts an ONNX Runtime beside the build, so that `cargo run` and `cargo test` on a fresh machine find one.
//!
//! In: the pinned wheel of `onnxruntime/requirements-<arch>.txt`, fetched by pip or uv, or a library named by the
//! environment variable `FORECASTER_ONNXRUNTIME` ("none": leave it out). Out: the library in `OUT_DIR/onnxruntime/`,
//! and its path in `FORECASTER_BUILT_ONNXRUNTIME` for the compiler, empty when there is none. The build fails here
//! only if FORECASTER_REQUIRE_ONNXRUNTIME is set: otherwise a missing library causes warnings, and the next build
//! tries again.

use std::env;
use std::error::Error;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

/// Library inside the wheel, below `onnxruntime/capi/`; the version is that of the requirement files.
const LIBRARY: &str = "libonnxruntime.so.1.32.0";
/// SHA-256 of [`LIBRARY`] per architecture, taken from the wheels whose SHA-256 the requirement files pin.
const PINS: [(&str, &str); 2] = [
    ("x86_64", "6c1585d1bbf45b0712ea4a21b705c5fcb4ba04ff2e30f1fbf81a49faf658638f"),
    ("aarch64", "49852228a93995158b2a813d4df487d47a1b76b0eaa894507ef49e91b6d7954a"),
];
/// Files that the licence requires beside the library; both are in the wheel's `onnxruntime/`.
const NOTICES: [&str; 2] = ["LICENSE", "ThirdPartyNotices.txt"];
/// Time limit of all attempts together: 28 MB at 100 kB/s.
const FETCH_LIMIT: Duration = Duration::from_secs(300);
/// Advice for a build without the library.
const REMEDY: &str = "The build goes on without ONNX Runtime. Name a library of version 1.24 or later when the program \
                      runs (chronos.onnxruntime in the configuration, or ORT_DYLIB_PATH) or when it is built \
                      (FORECASTER_ONNXRUNTIME=/path/to/libonnxruntime.so; none: do not ask again)";

/// Environment variable, set in CI, that makes a build without the library fail: its tests would prove nothing.
const REQUIRE: &str = "FORECASTER_REQUIRE_ONNXRUNTIME";

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() {
    for name in ["FORECASTER_ONNXRUNTIME", "DOCS_RS"] {
        println!("cargo::rerun-if-env-changed={name}");
    }
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed={REQUIRE}");
    println!("cargo::rustc-check-cfg=cfg(onnxruntime)");
    let library = provide().unwrap_or_else(|error| {
        for line in error.to_string().lines().chain([REMEDY]) {
            println!("cargo::warning={line}");
        }
        None
    });
    let library = library.as_deref().and_then(Path::to_str).unwrap_or_default();
    println!("cargo::rustc-env=FORECASTER_BUILT_ONNXRUNTIME={library}");
    // For build scripts of crates that depend on this one: DEP_FORECASTER_ONNXRUNTIME_LIBRARY.
    println!("cargo::metadata=library={library}");
    if !library.is_empty() {
        // Tests that need the library are visibly ignored in a build without it.
        println!("cargo::rustc-cfg=onnxruntime");
    } else if env::var_os(REQUIRE).is_some() {
        println!("cargo::error=there is no ONNX Runtime for this build, and {REQUIRE} is set");
    }
}

/// Provides the library for this build; `None` when it is left out on purpose.
fn provide() -> Outcome<Option<PathBuf>> {
    if env::var_os("DOCS_RS").is_some() {
        return Ok(None);
    }
    match env::var("FORECASTER_ONNXRUNTIME") {
        Ok(value) if value == "none" => return Ok(None),
        Ok(value) if !value.is_empty() => return given(Path::new(&value)).map(Some),
        _ => {}
    }
    let [system, arch, libc] = ["OS", "ARCH", "ENV"].map(|it| variable(&format!("CARGO_CFG_TARGET_{it}")));
    let (system, arch, libc) = (system?, arch?, libc.unwrap_or_default());
    let pin = PINS.iter().find(|pin| pin.0 == arch && system == "linux" && libc == "gnu");
    let Some(&(arch, sha256)) = pin else {
        let target = variable("TARGET").unwrap_or_else(|_| format!("{arch} {system}"));
        return Err(format!("no ONNX Runtime is pinned for {target}").into());
    };
    let here = PathBuf::from(variable("CARGO_MANIFEST_DIR")?);
    let requirements = here.join(format!("onnxruntime/requirements-{arch}.txt"));
    println!("cargo::rerun-if-changed={}", requirements.display());

    let out = PathBuf::from(variable("OUT_DIR")?);
    let library = out.join("onnxruntime").join(LIBRARY);
    let provided = provide_pinned(&out, &library, arch, sha256, &requirements);
    let watched = if provided.is_ok() { library.clone() } else { out.join("onnxruntime/missing-so-ask-again") };
    println!("cargo::rerun-if-changed={}", watched.display());
    provided.map(|()| Some(library))
}

/// Checks the library named by FORECASTER_ONNXRUNTIME.
fn given(path: &Path) -> Outcome<PathBuf> {
    println!("cargo::rerun-if-changed={}", path.display());
    if !path.is_absolute() {
        return Err(
            format!("FORECASTER_ONNXRUNTIME is '{}', expected an absolute path or none", path.display()).into()
        );
    }
    if !path.is_file() {
        return Err(
            format!("FORECASTER_ONNXRUNTIME names {}, which is not a file; correct it", path.display()).into()
        );
    }
    Ok(path.to_owned())
}

/// Ensures that the pinned library is at `library`: kept from before, from another build, or fetched.
fn provide_pinned(out: &Path, library: &Path, arch: &str, sha256: &str, requirements: &Path) -> Outcome<()> {
    if check(library, sha256).is_ok() {
        println!("{LIBRARY} is there already");
        return Ok(());
    }
    for other in other_builds(out) {
        if check(&other, sha256).is_ok() {
            println!("{LIBRARY} taken from {}", other.display());
            return keep(&other, other.parent().unwrap_or(out), library);
        }
    }
    let fetched = out.join("onnxruntime-fetch");
    let result = fetch(&fetched, arch, requirements).and_then(|()| {
        let wheel = fetched.join("onnxruntime");
        let inside = wheel.join("capi").join(LIBRARY);
        check(&inside, sha256)?;
        keep(&inside, &wheel, library)
    });
    remove(&fetched)?;
    remove(&fetched.with_extension("log"))?;
    result
}

/// Paths at which builds of another profile, or before a change of dependencies, may have kept the library:
/// `target/<profile>/build/forecaster-chronos-<hash>/out/onnxruntime/`.
fn other_builds(out: &Path) -> Vec<PathBuf> {
    let entries = |directory: &Path| fs::read_dir(directory).into_iter().flatten().flatten().map(|it| it.path());
    let Some(target) = out.ancestors().nth(4) else { return Vec::new() };
    entries(target)
        .flat_map(|profile| entries(&profile.join("build")))
        .filter(|build| build.file_name().is_some_and(|it| it.to_string_lossy().starts_with("forecaster-chronos-")))
        .map(|build| build.join("out/onnxruntime").join(LIBRARY))
        .filter(|library| library.is_file() && !library.starts_with(out))
        .collect()
}

/// Copies the library and its notices into place, the library last and atomically.
fn keep(from: &Path, notices: &Path, library: &Path) -> Outcome<()> {
    let directory = library.parent().ok_or("OUT_DIR is not a directory")?;
    fs::create_dir_all(directory)?;
    for name in NOTICES {
        fs::copy(notices.join(name), directory.join(name))?;
    }
    let part = directory.join("part");
    remove(&part)?;
    fs::copy(from, &part)?;
    // cargo runs this script again when a watched file is younger than the script's last start.
    let long_ago = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    File::options().write(true).open(&part)?.set_modified(long_ago)?;
    fs::rename(&part, library)?;
    Ok(())
}

/// Fails unless the file has this SHA-256. The coreutils compute it: a crate would cost more than it saves.
fn check(library: &Path, sha256: &str) -> Outcome<()> {
    if !library.is_file() {
        return Err(format!("{} is not there", library.display()).into());
    }
    let output = Command::new("sha256sum").arg("--").arg(library).stdin(Stdio::null()).output();
    let output = output.map_err(|error| format!("cannot run sha256sum (of the coreutils): {error}"))?;
    let sums = String::from_utf8_lossy(&output.stdout);
    // A leading backslash marks an escaped file name.
    match sums.split_whitespace().next().map(|sum| sum.trim_start_matches('\\')) {
        Some(found) if found == sha256 => Ok(()),
        found => {
            let found = found.unwrap_or("nothing");
            Err(format!("{} has sha256 {found}, expected {sha256}", library.display()).into())
        }
    }
}

/// Program that can fetch a wheel.
struct Fetcher {
    words: &'static [&'static str],
    is_pip: bool,
}

const FETCHERS: [Fetcher; 3] = [
    Fetcher { words: &["python3", "-m", "pip"], is_pip: true },
    Fetcher { words: &["pip3"], is_pip: true },
    Fetcher { words: &["uv", "pip"], is_pip: false },
];

/// Unpacks the pinned wheel into `target` with the first program that works; pip and uv check the wheel's SHA-256.
fn fetch(target: &Path, arch: &str, requirements: &Path) -> Outcome<()> {
    let deadline = Instant::now() + FETCH_LIMIT;
    let mut tried = Vec::new();
    let mut pip_failed = false;
    for fetcher in FETCHERS {
        if fetcher.is_pip && pip_failed {
            continue;
        }
        remove(target)?;
        let name = fetcher.words.join(" ");
        match run(fetcher.command(target, arch, requirements), &target.with_extension("log"), deadline) {
            Ok(()) => {
                println!("{LIBRARY} fetched with {name}");
                return Ok(());
            }
            Err(reason) => {
                // Complete output, for readers of cargo's record of this script.
                reason.said.lines().for_each(|line| println!("{name}| {line}"));
                pip_failed |= fetcher.is_pip && reason.ran;
                tried.push(format!("  {name}: {}", reason.text));
            }
        }
    }
    let tried = tried.join("\n");
    let again = "Install pip or uv, or make the package index reachable, and build again: it is tried each time.";
    Err(format!("ONNX Runtime ({LIBRARY}, {arch}) could not be fetched:\n{tried}\n{again}").into())
}

impl Fetcher {
    fn command(&self, target: &Path, arch: &str, requirements: &Path) -> Command {
        let (program, first) = self.words.split_first().unwrap_or((&"", &[]));
        let mut command = Command::new(program);
        command.args(first).args(["install", "--no-deps", "--require-hashes", "--target"]).arg(target);
        command.arg("-r").arg(requirements).args(["--only-binary", ":all:"]);
        if self.is_pip {
            let platform = format!("manylinux_2_28_{arch}");
            command.args(["--implementation", "cp", "--abi", "cp312", "--python-version", "312"]);
            command.args(["--platform", &platform, "--no-compile", "--retries", "1", "--timeout", "15"]);
            // These override a user's defaults that contradict --target.
            command.envs([("PIP_USER", "0"), ("PIP_REQUIRE_VIRTUALENV", "0"), ("PIP_NO_INPUT", "1")]);
            command.env("PIP_DISABLE_PIP_VERSION_CHECK", "1");
        } else {
            command.args(["--python-version", "3.12", "--python-platform", &format!("{arch}-manylinux_2_28")]);
            command.envs([("UV_HTTP_TIMEOUT", "15"), ("UV_HTTP_RETRIES", "1"), ("NO_COLOR", "1")]);
        }
        command
    }
}

/// Reason why a program fetched nothing; `ran` is false when the program itself is not installed.
struct Refusal {
    ran: bool,
    text: String,
    said: String,
}

/// Runs a command until it ends or the deadline passes; its output goes to the file `log`, so that no pipe fills up.
fn run(mut command: Command, log: &Path, deadline: Instant) -> Result<(), Refusal> {
    let refusal = |ran: bool, text: String| Refusal { ran, text, said: String::new() };
    let opened = File::create(log).and_then(|file| Ok((file.try_clone()?, file)));
    let (output, errors) =
        opened.map_err(|error| refusal(true, format!("cannot write {}: {error}", log.display())))?;
    let child = command.stdin(Stdio::null()).stdout(output).stderr(errors).spawn();
    let mut child = child.map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => refusal(false, "not installed".to_owned()),
        _ => refusal(false, error.to_string()),
    })?;
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if Instant::now() < deadline => std::thread::sleep(Duration::from_millis(20)),
            unfinished => {
                let _ = child.kill();
                let _ = child.wait();
                let text =
                    unfinished.err().map_or("stopped, all attempts have 5 minutes".to_owned(), |it| it.to_string());
                return Err(refusal(true, text));
            }
        }
    };
    if status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&fs::read(log).unwrap_or_default()).into_owned();
    let text = failure_reason(&said).unwrap_or_else(|| status.to_string());
    Err(Refusal { ran: !text.ends_with("No module named pip"), text, said })
}

/// Line of pip's or uv's output that gives the reason.
fn failure_reason(said: &str) -> Option<String> {
    // pip says "no matching distribution" when it reached nothing; the reason is in an earlier warning.
    let broken = said.lines().find_map(|line| line.split_once("after connection broken by '"));
    if let Some((_, detail)) = broken {
        let detail = detail.rsplit_once("': /").map_or(detail, |it| it.0);
        let detail = detail.rsplit_once(">: ").map_or(detail, |it| it.1).trim_end_matches(['\'', ')']);
        return Some(format!("the package index did not answer: {detail}"));
    }
    let lines = || said.lines().map(str::trim).filter(|line| !line.is_empty());
    let error = lines().find_map(|line| line.strip_prefix("ERROR:").or(line.strip_prefix("error:")));
    let cause =
        lines().filter_map(|line| line.strip_prefix("cause:").or(line.strip_prefix("Caused by:"))).next_back();
    match (error, cause) {
        (Some(error), Some(cause)) => Some(format!("{}: {}", error.trim(), cause.trim())),
        (Some(error), None) => Some(error.trim().to_owned()),
        (None, _) => lines().next_back().map(str::to_owned),
    }
}

/// Removes a file or a directory, if it exists.
fn remove(path: &Path) -> Outcome<()> {
    let removed = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    match removed {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(format!("cannot remove {}: {error}", path.display()).into())
        }
        _ => Ok(()),
    }
}

/// Reads a variable that cargo sets.
fn variable(name: &str) -> Outcome<String> {
    env::var(name).map_err(|error| format!("{name}: {error}; this script is run by cargo").into())
}
