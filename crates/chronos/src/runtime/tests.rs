//! Tests of loading, with small C libraries that imitate ONNX Runtime. ort holds a library for the rest of the
//! process, so each test that reaches it runs in a separate process.

use super::*;
use std::process::Command;

/// An `OrtGetApiBase` that reports a version but returns no API.
const PRETENDER: &str = r#"
    typedef struct { const void *(*api)(unsigned); const char *(*version)(void); } Base;
    static const void *api(unsigned version) { (void)version; return 0; }
    static const char *version(void) { return REPORTED; }
    static const Base base = { api, version };
    const Base *OrtGetApiBase(void) { return GIVEN; }
"#;

/// Directory in which libraries are compiled.
struct Workshop(tempfile::TempDir);

impl Workshop {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn file(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    fn library(&self, name: &str, source: &str, options: &[&str]) -> PathBuf {
        let source = self.file(&format!("{name}.c"), source.as_bytes());
        let library = self.0.path().join(format!("lib{name}.so"));
        let compiled =
            Command::new("cc").args(["-shared", "-fPIC", "-o"]).arg(&library).arg(source).args(options).output();
        let compiled = compiled.unwrap();
        assert!(compiled.status.success(), "{}", String::from_utf8_lossy(&compiled.stderr));
        library
    }

    /// Compiles a library that reports one version while its symbols have another version, or none.
    fn pretender(&self, name: &str, reported: &str, borne: Option<&str>) -> PathBuf {
        self.pretender_giving("&base", name, reported, borne)
    }

    fn pretender_giving(&self, given: &str, name: &str, reported: &str, borne: Option<&str>) -> PathBuf {
        let mut options = vec![format!("-DREPORTED=\"{reported}\""), format!("-DGIVEN={given}")];
        if let Some(version) = borne {
            let script = format!("VERS_{version} {{ global: OrtGetApiBase; local: *; }};");
            let script = self.file(&format!("{name}.lds"), script.as_bytes());
            options.push(format!("-Wl,--version-script={}", script.display()));
        }
        self.library(name, PRETENDER, &options.iter().map(String::as_str).collect::<Vec<_>>())
    }
}

fn candidate(origin: LibrarySource, path: &Path) -> Candidate {
    Candidate { origin, path: path.to_owned() }
}

/// Reason why a library is refused before any of it runs.
fn fault(path: &Path) -> LibraryError {
    candidate(LibrarySource::Setting, path).version().unwrap_err()
}

/// Error message for a setting that names this file; the file is only read, not loaded.
fn message(origin: LibrarySource, path: &Path) -> String {
    load_first(&[candidate(origin, path)], Candidate::version).unwrap_err().to_string()
}

/// Library that build.rs provides; without it the tests of loading prove nothing.
fn built() -> PathBuf {
    let path = PathBuf::from(env!("FORECASTER_BUILT_ONNXRUNTIME"));
    assert!(
        path.is_file(),
        "this test needs the build's copy of ONNX Runtime, and there is none at '{}'; see the warnings of cargo build",
        path.display()
    );
    path
}

/// Runs a scenario in a process where nothing is loaded yet: this test binary again, for the one test `name`.
fn in_a_process_of_its_own(name: &str, scenario: impl FnOnce()) {
    const MARK: &str = "FORECASTER_TEST_IN_ITS_OWN_PROCESS";
    if std::env::var_os(MARK).is_some() {
        return scenario();
    }
    let (_, module) = module_path!().split_once("::").unwrap();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", "--nocapture", &format!("{module}::{name}")])
        .env(MARK, "1")
        .env_remove("ORT_DYLIB_PATH");
    let output = command.output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(output.status.success() && said.contains("1 passed"), "{}: {said}", output.status);
}

#[test]
fn a_setting_that_names_no_file_is_an_error_with_setting_and_path() {
    let message = message(LibrarySource::Setting, Path::new("/no/such/libonnxruntime.so"));
    let start = "chronos.onnxruntime names /no/such/libonnxruntime.so, which cannot be used: there is no such file";
    assert!(message.starts_with(start), "{message}");
}

#[test]
#[cfg_attr(not(onnxruntime), ignore = "needs ONNX Runtime, and this build has none")]
fn a_variable_that_names_no_file_is_an_error_even_where_another_library_would_do() {
    let candidates =
        [candidate(LibrarySource::Variable, Path::new("/none.so")), candidate(LibrarySource::Build, &built())];
    let error = load_first(&candidates, Candidate::version).unwrap_err();
    assert!(matches!(&error, RuntimeError::ConfiguredLibrary(it) if it.candidate == candidates[0]), "{error}");
}

#[test]
#[cfg_attr(not(onnxruntime), ignore = "needs ONNX Runtime, and this build has none")]
fn a_place_that_nobody_named_is_passed_over() {
    let workshop = Workshop::new();
    let text = workshop.file("libonnxruntime.so", b"not a library");
    let candidates = [candidate(LibrarySource::Binary, &text), candidate(LibrarySource::Build, &built())];
    assert_eq!(load_first(&candidates, |it| it.version().map(|_| it.origin)).unwrap(), LibrarySource::Build);
}

#[test]
fn when_nothing_is_usable_the_error_tells_every_place_its_fault_and_what_to_do() {
    let workshop = Workshop::new();
    let text = workshop.file("libonnxruntime.so", b"not a library");
    let candidates = [
        candidate(LibrarySource::Binary, &text),
        candidate(LibrarySource::Build, Path::new("/gone.so")),
        candidate(LibrarySource::System, Path::new("libonnxruntime.so")),
    ];
    let message = load_first(&candidates, Candidate::version).unwrap_err().to_string();
    for part in [
        &format!("beside the binary ({}): it is not a whole 64-bit ELF shared library;", text.display()),
        "the build's copy (/gone.so): there is no such file;",
        "the system (libonnxruntime.so): it is not in LD_LIBRARY_PATH",
        "Put a libonnxruntime.so of version 1.24 or later beside the binary",
    ] {
        assert!(message.contains(part), "{part}\n{message}");
    }
}

#[test]
#[cfg_attr(not(onnxruntime), ignore = "needs ONNX Runtime, and this build has none")]
fn the_builds_copy_bears_its_version() {
    assert_eq!(candidate(LibrarySource::Build, &built()).version().unwrap(), "1.32.0");
}

#[test]
fn files_that_are_no_library_are_told_apart_from_libraries() {
    let workshop = Workshop::new();
    for content in [&b""[..], b"a text file named .so\n", b"\x7fELF\x02\x01\x01\0", &[0x7f; 4096]] {
        let path = workshop.file("libonnxruntime.so", content);
        assert!(matches!(fault(&path), LibraryError::NotALibrary), "{}", fault(&path));
    }
    let directory = workshop.0.path();
    assert!(matches!(fault(directory), LibraryError::NotALibrary), "{}", fault(directory));
}

#[test]
#[cfg_attr(not(onnxruntime), ignore = "needs ONNX Runtime, and this build has none")]
fn a_download_that_broke_off_is_no_library() {
    let whole = std::fs::read(built()).unwrap();
    let workshop = Workshop::new();
    for length in [63, 64, 10_000, whole.len() / 2, whole.len() - 1] {
        let path = workshop.file("libonnxruntime.so", &whole[..length]);
        assert!(matches!(fault(&path), LibraryError::NotALibrary), "{length}: {}", fault(&path));
    }
}

#[test]
fn a_library_for_another_machine_is_told_by_its_name() {
    let workshop = Workshop::new();
    let mut bytes = std::fs::read(workshop.library("plain", "int one(void) { return 1; }", &[])).unwrap();
    let (machine, name) = if cfg!(target_arch = "aarch64") { (62, "x86_64") } else { (183, "aarch64") };
    bytes[18] = machine;
    let message = message(LibrarySource::Setting, &workshop.file("libother.so", &bytes));
    assert!(message.contains(&format!("it is a library for {name}, this program runs on")), "{message}");
}

#[test]
fn a_library_without_the_entry_point_is_not_onnx_runtime() {
    let workshop = Workshop::new();
    let plain = workshop.library("plain", "int one(void) { return 1; }", &[]);
    assert!(matches!(fault(&plain), LibraryError::NoEntryPoint), "{}", fault(&plain));
    let caller = "const void *OrtGetApiBase(void); const void *base(void) { return OrtGetApiBase(); }";
    let caller = workshop.library("caller", caller, &[]);
    assert!(matches!(fault(&caller), LibraryError::NoEntryPoint), "{}", fault(&caller));
}

#[test]
fn an_entry_point_without_a_version_is_not_onnx_runtime() {
    let workshop = Workshop::new();
    for reported in ["1.10.0", "1.99.0"] {
        let library = workshop.pretender("pretender", reported, None);
        assert!(matches!(fault(&library), LibraryError::NoVersion), "{}", fault(&library));
    }
}

#[test]
fn an_old_version_is_an_error_with_both_versions() {
    let library = Workshop::new();
    let message = message(LibrarySource::Setting, &library.pretender("old", "1.10.0", Some("1.10.0")));
    assert!(message.contains("it is ONNX Runtime 1.10.0, version 1.24 or later is needed"), "{message}");
}

#[test]
#[cfg_attr(not(onnxruntime), ignore = "needs ONNX Runtime, and this build has none")]
fn failed_attempts_leave_the_process_able_to_load_the_right_library() {
    in_a_process_of_its_own("failed_attempts_leave_the_process_able_to_load_the_right_library", || {
        let workshop = Workshop::new();
        let refused = [
            workshop.file("text.so", b"text"),
            workshop.library("plain", "int one(void) { return 1; }", &[]),
            workshop.pretender("old", "1.10.0", None),
            workshop.pretender("hollow", "1.99.0", None),
            // These pass the reading of the file, but are refused by ort.
            workshop.pretender("liar", "1.10.0", Some("1.99.0")),
            workshop.pretender_giving("0", "empty", "1.99.0", Some("1.99.0")),
            workshop.library(
                "broken",
                &format!("int gone(void); {PRETENDER} int x(void) {{ return gone(); }}"),
                &[
                    "-DREPORTED=\"1.99.0\"",
                    "-DGIVEN=&base",
                    "-Wl,-z,now",
                    &format!("-Wl,--version-script={}", workshop.0.path().join("liar.lds").display()),
                ],
            ),
        ];
        for path in &refused {
            let error = load_runtime(Some(path)).unwrap_err();
            if path.ends_with("libbroken.so") {
                assert!(error.to_string().contains("undefined symbol: gone"), "{error}");
            }
            assert!(
                error.to_string().starts_with(&format!("chronos.onnxruntime names {}", path.display())),
                "{error}"
            );
        }
        let loaded = load_runtime(Some(&built())).unwrap();
        assert_eq!((loaded.version(), loaded.path(), loaded.origin()), ("1.32.0", &*built(), LibrarySource::Setting));
        assert!(std::ptr::eq(loaded, load_runtime(None).unwrap()));
        let build = ort::info();
        assert!(build.contains("ORT Build Info"), "{build}");
    });
}

#[test]
#[cfg_attr(not(onnxruntime), ignore = "needs ONNX Runtime, and this build has none")]
fn a_library_that_deceives_ort_is_an_error_that_asks_for_a_restart() {
    in_a_process_of_its_own("a_library_that_deceives_ort_is_an_error_that_asks_for_a_restart", || {
        let workshop = Workshop::new();
        let hollow = workshop.pretender("hollow", "1.99.0", Some("1.99.0"));
        for _ in 0..2 {
            let error = load_runtime(Some(&hollow)).unwrap_err().to_string();
            assert!(error.contains("it reports ONNX Runtime 1.99.0, but does not provide its API"), "{error}");
        }
        let error = load_runtime(Some(&built())).unwrap_err().to_string();
        let held = format!(
            "this process has already loaded {} and cannot replace it; restart the process",
            hollow.display()
        );
        assert!(error.contains(&held), "{error}");
    });
}

#[test]
#[cfg_attr(not(onnxruntime), ignore = "needs ONNX Runtime, and this build has none")]
fn many_threads_load_one_runtime() {
    in_a_process_of_its_own("many_threads_load_one_runtime", || {
        let built = built();
        let load = || load_runtime(Some(&built)).unwrap() as *const Runtime as usize;
        let loaded: Vec<usize> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(load)).collect();
            threads.into_iter().map(|it| it.join().unwrap()).collect()
        });
        assert!(loaded.iter().all(|it| *it == loaded[0]));
    });
}
