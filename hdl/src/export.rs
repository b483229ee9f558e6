//! From a block to Verilog that a stranger can use: a plainly named top, identical modules printed once, the same text every time.
use rust_hdl::core::check_error::check_all;
use rust_hdl::prelude::*;
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
            modules.extend(current.take());
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

/// The Verilog of the device, profile `compact`: top module `holdfast_compact`.
pub fn compact() -> String {
    let mut device = crate::Compact::new();
    device.connect_all();
    verilog("holdfast_compact", &device)
}
