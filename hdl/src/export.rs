//! From a block to Verilog that a stranger can use: a plainly named top, identical modules printed once, no loop but a real one, the same text every time.
mod processes;

use crate::prelude::*;
use rust_hdl::core::check_error::check_all;
use std::collections::HashMap;

/// The Verilog of a block, its top module named `name`, identical modules folded. The text depends on the block alone.
pub fn verilog<U: Block>(name: &str, block: &U) -> String {
    if let Err(e) = check_all(block) {
        panic!("{name} is not a legal circuit: {e:?}");
    }
    let mut defines = ModuleDefines::default();
    block.accept(name, &mut defines);
    fold_identical(&defines.defines(), name)
}

/// Prints modules with equal bodies once. rust-hdl writes one module per *instance*, named by its path; a leaf is folded first, so that its
/// parents become equal in turn. A folded module keeps the name of the first of its kind.
fn fold_identical(text: &str, top: &str) -> String {
    let mut modules: Vec<(String, Vec<String>)> = vec![];
    let mut current: Option<(String, Vec<String>)> = None;
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("module ") {
            let name = rest.split('(').next().unwrap_or_default().to_string();
            current = Some((name, vec![line["module ".len()..].to_string()]));
        } else if line.starts_with("endmodule") {
            modules.extend(current.take().map(|(name, lines)| (name, processes::divided(lines))));
        } else if let Some((_, body)) = current.as_mut() {
            if !line.trim().is_empty() {
                body.push(line.trim_end().to_string());
            }
        }
    }
    modules.sort_by_key(|(name, _)| (std::cmp::Reverse(name.matches('$').count()), name.clone()));
    let mut renamed: HashMap<String, String> = HashMap::new();
    let mut first: HashMap<String, String> = HashMap::new();
    let mut kept = vec![];
    for (name, mut lines) in modules {
        for line in lines.iter_mut().skip(1) {
            let word = line.split_whitespace().next().unwrap_or_default().to_string();
            if let (Some(new), true) = (renamed.get(&word), line.ends_with('(')) {
                *line = line.replacen(&word, new, 1);
            }
        }
        let ports = lines[0][name.len()..].to_string();
        let body = lines[1..].join("\n");
        let key = format!("{ports}\n{body}");
        match first.get(&key) {
            Some(same) if name != top => {
                renamed.insert(name, same.clone());
            }
            _ => {
                first.insert(key, name.clone());
                kept.push(format!("module {name}{ports}\n{body}\nendmodule\n"));
            }
        }
    }
    kept.reverse();
    kept.join("\n")
}

/// The Verilog of the device, profile `compact`, with tables of these sizes: top module `holdfast_compact`, behind a header that says what it is.
///
/// # Panics
/// Where [`crate::Sizes::check`] refuses the sizes.
pub fn compact(sizes: crate::Sizes) -> String {
    let mut device = crate::Compact::new(sizes);
    device.connect_all();
    header("compact", sizes) + &verilog("holdfast_compact", &device)
}

/// The same of profile `pipelined`: top module `holdfast_pipelined`.
///
/// # Panics
/// Where [`crate::Sizes::check`] refuses the sizes.
pub fn pipelined(sizes: crate::Sizes) -> String {
    let mut device = crate::pipelined::Pipelined::new(sizes);
    device.connect_all();
    header("pipelined", sizes) + &verilog("holdfast_pipelined", &device)
}

/// Profile, version and parameters, as a comment.
fn header(profile: &str, sizes: crate::Sizes) -> String {
    let sizes = crate::bus::Capabilities::new(sizes);
    format!(
        "// Holdfast, an inline IPsec ESP engine: profile {profile}, version {}.\n\
         // SAs {} outbound, {} inbound; rules {} and {}; anti-replay window up to {}; host frames up to {} bytes, network frames up to {}.\n\
         // Generated from the Rust-HDL description; SPDX-License-Identifier: MIT OR Apache-2.0\n\n",
        env!("CARGO_PKG_VERSION"),
        sizes.sas[0],
        sizes.sas[1],
        sizes.rules[0],
        sizes.rules[1],
        sizes.window,
        sizes.frame,
        sizes.frame as usize + holdfast_registers::wire::OVERHEAD,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    fn run(program: &str, arguments: &[&str]) -> (bool, String) {
        let out =
            Command::new(program).args(arguments).output().unwrap_or_else(|e| panic!("{program}: {e}; `scripts/setup.sh` installs it"));
        (out.status.success(), String::from_utf8_lossy(&out.stdout).into_owned() + &String::from_utf8_lossy(&out.stderr))
    }

    /// The whole device: no finding of the lint, the same text twice, and three tools that read it without a word beyond what is explained here.
    #[test]
    fn the_device_is_clean_everywhere() {
        clean("holdfast_compact", &connected(crate::Compact::new(crate::Sizes::default())), || compact(crate::Sizes::default()));
    }

    #[test]
    fn other_sizes_are_clean_as_well() {
        let sizes = crate::Sizes { sas: 4, rules: 64, window: 64, ..Default::default() };
        clean("holdfast_compact", &connected(crate::Compact::new(sizes)), || compact(sizes));
    }

    #[test]
    fn the_pipelined_device_is_clean_everywhere() {
        // A device is a value; this one is too large for the stack of a test.
        let check = || {
            let sizes = crate::Sizes::default();
            clean("holdfast_pipelined", &connected(crate::pipelined::Pipelined::new(sizes)), || pipelined(sizes));
        };
        let thread = std::thread::Builder::new().stack_size(64 << 20).spawn(check).expect("a thread");
        thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    }

    fn connected<B: Block>(mut device: B) -> B {
        device.connect_all();
        device
    }

    #[test]
    fn the_header_says_the_sizes() {
        let sizes = crate::Sizes { sas: 8, rules: 128, window: 256, ..Default::default() };
        let text = header("compact", sizes);
        assert!(text.contains("SAs 8 outbound, 8 inbound; rules 128 and 128; anti-replay window up to 256;"), "{text}");
        for wrong in [crate::Sizes { sas: 64, ..sizes }, crate::Sizes { rules: 12, ..sizes }, crate::Sizes { window: 32, ..sizes }] {
            assert!(wrong.check_compact().is_err(), "{wrong:?}");
        }
        let most = crate::Sizes { sas: crate::MOST_SAS, ..sizes };
        assert!(most.check().is_ok() && most.check_compact().is_err() && crate::Sizes { sas: 2 * most.sas, ..sizes }.check().is_err());
    }

    fn clean<B: Block>(name: &str, device: &B, export: impl Fn() -> String) {
        let found = crate::lint::findings(name, device);
        assert!(found.is_empty(), "{}", found.join("\n"));
        let text = export();
        assert_eq!(text, export());
        assert!(text.starts_with("// Holdfast") && text.contains(&format!("module {name}(clock,reset,s_axis_host_tdata,")));
        static FILES: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let number = FILES.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let file = std::env::temp_dir().join(format!("holdfast-export-{}-{number}.v", std::process::id()));
        std::fs::write(&file, &text).expect("temporary file");
        let path = file.to_str().expect("a readable path");
        let (ok, said) = run("iverilog", &["-g2005", "-Wall", "-Wno-timescale", "-t", "null", path]);
        assert!(ok && said.is_empty(), "iverilog:\n{said}");
        // WIDTH: literals of rust-hdl are 32 or 64 bits wide, the wires that take them are not. UNUSED: a register struct has fields that one user or
        // other does not read. DECLFILENAME: many modules, one file.
        let (ok, said) =
            run("verilator", &["--lint-only", "-Wall", "-Wno-WIDTH", "-Wno-UNUSED", "-Wno-DECLFILENAME", "--top-module", name, path]);
        assert!(ok && said.is_empty(), "verilator:\n{said}");
        // A warning of Yosys goes to standard error; `check` fails on undriven wires, multiple drivers and loops, and `proc` on latches would leave cells behind.
        let script = format!(
            "read_verilog {path}; hierarchy -check -top {name}; proc; select -assert-none t:$dlatch t:$_DLATCH_*_; flatten; check -assert"
        );
        let (ok, said) = run("yosys", &["-q", "-p", &script]);
        assert!(ok && said.trim().is_empty(), "yosys:\n{said}");
        let _ = std::fs::remove_file(&file);
    }
}
