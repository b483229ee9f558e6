//! Compiling the exported Verilog: Verilator writes C++, the C++ compiler makes one shared object of it and the shim.
//!
//! The result is kept in a folder named by a hash of everything it depends on (`$HOLDFAST_CACHE`, else beside cargo's
//! build output, else the user's cache folder), so that the second run starts at once.

use super::{shim, Design};
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Mutex;

/// Warnings that are expected of the exported text, each with its reason. All others are reported.
const EXPECTED_WARNINGS: &[(&str, &str)] = &[
    ("DECLFILENAME", "all modules stand in one file"),
    ("UNUSEDSIGNAL", "rust-hdl emits a wire for every port of a child, read or not"),
    ("UNUSEDPARAM", "an enumeration emits all its values in every module that uses it"),
    ("UNDRIVEN", "locals of unused struct fields"),
    ("PINCONNECTEMPTY", "open outputs"),
    ("WIDTH", "constants are emitted as 32-bit literals; the cross-check compares every block's two readings"),
    ("BLKSEQ", "rust-hdl emits blocking assignments in combinational blocks only"),
    ("TIMESCALEMOD", "there are no delays"),
];

/// How the model is to be compiled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// With waveform support, which makes the model slower.
    pub trace: bool,
}

/// A compiled model on disk.
#[derive(Debug)]
pub struct Built {
    /// The shared object.
    pub library: PathBuf,
    /// Warnings of Verilator that are not on the list of expected ones.
    pub warnings: Vec<String>,
}

/// Why a simulation could not be made.
#[derive(Debug)]
pub enum BuildError {
    /// A tool is not installed.
    Missing { tool: &'static str, hint: &'static str },
    /// A tool ended with an error; its output.
    Tool { tool: &'static str, output: String },
    /// A file could not be read or written.
    File { path: PathBuf, error: std::io::Error },
    /// The shared object could not be loaded.
    Load(String),
}

impl BuildError {
    pub(super) fn file(path: &Path, error: std::io::Error) -> Self {
        BuildError::File { path: path.to_owned(), error }
    }
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BuildError::Missing { tool, hint } => write!(
                f,
                "the verilator backend needs `{tool}`, which was not found in PATH: {hint}; \
                 `--backend rust-hdl` needs no other tool"
            ),
            BuildError::Tool { tool, output } => write!(f, "`{tool}` failed on the exported Verilog:\n{output}"),
            BuildError::File { path, error } => write!(f, "{}: {error}", path.display()),
            BuildError::Load(text) => write!(f, "the compiled model could not be loaded: {text}"),
        }
    }
}

impl std::error::Error for BuildError {}

/// True where the tools of the verilator backend are installed.
pub fn available() -> bool {
    versions().is_ok()
}

/// Builds a design, or finds it built already.
pub fn build<D: Design>(design: &D, options: Options) -> Result<Built, BuildError> {
    // Tests run in threads of one process; two of them must not compile the same model twice.
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(|poisoned| poisoned.into_inner());

    let verilog = design.verilog();
    let shim = shim::text::<D>();
    let arguments = arguments(D::TOP, options);
    let identity = format!("{}\n{}\n{verilog}\n{shim}", versions()?, arguments.join(" "));
    let folder = cache().join(format!("{}-{:016x}", D::TOP, fnv1a(identity.as_bytes())));
    if fs::read_to_string(folder.join("identity")).is_ok_and(|found| found == identity) {
        return finished(&folder);
    }

    let work = cache().join(format!("{}-{}.building", D::TOP, std::process::id()));
    let _ = fs::remove_dir_all(&work);
    fs::create_dir_all(&work).map_err(|error| BuildError::file(&work, error))?;
    let write = |name: &str, text: &str| fs::write(work.join(name), text).map_err(|error| BuildError::file(&work.join(name), error));
    write("dut.v", &verilog)?;
    write("shim.cpp", &shim)?;
    let output = Command::new("verilator").args(&arguments).current_dir(&work).output().map_err(|_| missing_verilator())?;
    let text = both(&output);
    if !output.status.success() {
        let _ = fs::remove_dir_all(&work);
        return Err(BuildError::Tool { tool: "verilator", output: text });
    }
    let warnings: Vec<_> = text.lines().filter(|line| line.starts_with("%Warning")).collect();
    write("warnings", &warnings.join("\n"))?;
    write("identity", &identity)?;
    // Another process may have been faster; either result will do.
    let _ = fs::remove_dir_all(&folder);
    if let Err(error) = fs::rename(&work, &folder) {
        if !folder.join("identity").exists() {
            return Err(BuildError::file(&folder, error));
        }
    }
    finished(&folder)
}

fn finished(folder: &Path) -> Result<Built, BuildError> {
    let path = folder.join("warnings");
    let warnings = fs::read_to_string(&path).map_err(|error| BuildError::file(&path, error))?;
    Ok(Built { library: folder.join("obj").join("model.so"), warnings: warnings.lines().map(str::to_owned).collect() })
}

fn arguments(top: &str, options: Options) -> Vec<String> {
    let mut list: Vec<String> = [
        "--cc --exe --build -j 2 -O3 --x-assign fast --x-initial fast --noassert -Wall -Wno-fatal --prefix Vdut --Mdir obj -o model.so",
        "-CFLAGS -fPIC -CFLAGS -fno-gnu-unique -LDFLAGS -shared -LDFLAGS -Wl,-Bsymbolic",
        "-MAKEFLAGS OPT_FAST=-O3 -MAKEFLAGS OPT_SLOW=-O1 -MAKEFLAGS OPT_GLOBAL=-O2",
    ]
    .iter()
    .flat_map(|line| line.split(' '))
    .map(str::to_owned)
    .collect();
    list.extend(EXPECTED_WARNINGS.iter().map(|(name, _)| format!("-Wno-{name}")));
    if options.trace {
        list.push("--trace".into());
    }
    list.extend(["--top-module", top, "dut.v", "shim.cpp"].map(str::to_owned));
    list
}

fn missing_verilator() -> BuildError {
    BuildError::Missing { tool: "verilator", hint: "install it (Debian: `apt install verilator`, version 5 or later)" }
}

/// The versions the result depends on; fails where a tool is missing.
fn versions() -> Result<String, BuildError> {
    let ask = |tool: &str| Command::new(tool).arg("--version").output().ok().filter(|o| o.status.success());
    let verilator = ask("verilator").ok_or_else(missing_verilator)?;
    let compiler = ask("g++").ok_or(BuildError::Missing { tool: "g++", hint: "install a C++ compiler (Debian: `apt install g++`)" })?;
    ask("make").ok_or(BuildError::Missing { tool: "make", hint: "install it (Debian: `apt install make`)" })?;
    Ok(both(&verilator) + &both(&compiler))
}

fn both(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Where compiled models are kept. Never a folder that others may write to: its content is executed.
fn cache() -> PathBuf {
    if let Some(folder) = std::env::var_os("HOLDFAST_CACHE") {
        return folder.into();
    }
    let beside_cargo = std::env::current_exe().ok().and_then(|exe| {
        // Cargo marks the root of its build output with this file.
        exe.ancestors().find(|folder| folder.join("CACHEDIR.TAG").exists()).map(|root| root.join("verilated"))
    });
    beside_cargo.unwrap_or_else(|| {
        let home = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
        let home = home.or_else(|| std::env::var_os("HOME").map(|home| Path::new(&home).join(".cache")));
        home.unwrap_or_else(|| PathBuf::from("target")).join("holdfast")
    })
}

/// FNV-1a, 64 bits: the same in every build of this program. A collision is caught by comparing `identity`.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ *byte as u64).wrapping_mul(0x0100_0000_01b3))
}
