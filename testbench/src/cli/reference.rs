//! The register reference in its three formats.

use holdfast_registers::map::{self, Access, Register};
use holdfast_registers::{counter, rule, sa, EventCode, Reason, Refusal};
use serde_json::{json, Value};
use std::fmt::Write;

/// Words of a staged record: index, count, name, meaning.
type Layout = [(usize, usize, &'static str, &'static str)];

/// An SA in the staging area.
const SA: &Layout = &[
    (
        sa::FLAGS,
        1,
        "flags",
        "bit 0 tunnel, 1 AES-256, 2 ESN, 3 UDP encapsulation, 4 IPv6, 15:8 hop limit, 31:16 inbound window or outbound MTU",
    ),
    (sa::SPI, 1, "spi", "SPI, at least 256"),
    (sa::SALT, 1, "salt", "salt, first byte most significant"),
    (sa::PORTS, 1, "ports", "UDP source port 31:16, destination port 15:0"),
    (sa::KEY, 8, "key", "key, first byte most significant; AES-128 uses the first four words"),
    (sa::LOCAL, 4, "local", "own outer address; IPv4 uses the first word"),
    (sa::REMOTE, 4, "remote", "the peer's outer address; IPv4 uses the first word"),
    (sa::SEQUENCE, 2, "sequence", "low word first; outbound: next number; inbound: highest number seen + 1"),
    (sa::LIMIT, 2, "limit", "low word first; outbound: only numbers below may be used; inbound: zero"),
];

/// A rule in the staging area.
const RULE: &Layout = &[
    (
        rule::FLAGS,
        1,
        "flags",
        "bit 0 valid, 1 IPv4, 2 IPv6, 3 any protocol, 5:4 action (0 discard, 1 bypass, 2 protect), 15:8 protocol, 31:24 SA index",
    ),
    (rule::PREFIXES, 1, "prefixes", "prefix lengths: source 7:0, destination 15:8"),
    (rule::SOURCE_PORTS, 1, "source_ports", "low end 15:0, high end 31:16; ICMP: type × 256 + code"),
    (rule::DESTINATION_PORTS, 1, "destination_ports", "low end 15:0, high end 31:16"),
    (rule::SOURCE, 4, "source", "source address; IPv4 uses the first word"),
    (rule::DESTINATION, 4, "destination", "destination address; IPv4 uses the first word"),
];

/// Entries of the two rows of counters.
const COUNTERS: &[(usize, usize, &str)] = &[
    (counter::DROPPED + 1, 31, "frames dropped, by reason code"),
    (counter::FRAMES_IN, 1, "frames that entered"),
    (counter::BYTES_IN, 1, "bytes that entered"),
    (counter::FRAMES_OUT, 1, "frames that left"),
    (counter::BYTES_OUT, 1, "bytes that left"),
    (counter::FRAGMENTS_TO_HOST, 1, "ESP fragments handed to the host unchanged"),
    (counter::SA_PACKETS, 32, "packets sealed or opened, by SA within the group of `COUNTER_GROUP`"),
    (counter::SA_BYTES, 32, "ESP payload bytes, by SA index"),
];

fn access(register: &Register) -> &'static str {
    match register.access {
        Access::ReadOnly => "read-only",
        Access::ReadWrite => "read-write",
        Access::WriteOnly => "write-only",
    }
}

/// CMSIS-SVD 1.3.
pub fn svd() -> String {
    let mut out = String::from(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n\
         <device schemaVersion=\"1.3\" xmlns:xs=\"http://www.w3.org/2001/XMLSchema-instance\" \
         xs:noNamespaceSchemaLocation=\"CMSIS-SVD.xsd\">\n\
         \x20 <name>HOLDFAST</name>\n\
         \x20 <version>0.1.0</version>\n\
         \x20 <description>Inline IPsec ESP engine</description>\n\
         \x20 <addressUnitBits>8</addressUnitBits>\n\
         \x20 <width>32</width>\n\
         \x20 <size>32</size>\n\
         \x20 <peripherals>\n\
         \x20   <peripheral>\n\
         \x20     <name>HOLDFAST</name>\n\
         \x20     <baseAddress>0</baseAddress>\n",
    );
    let mut line = |indent: usize, text: &str| {
        out.push_str(&"  ".repeat(indent));
        out.push_str(text);
        out.push('\n');
    };
    line(3, &format!("<addressBlock><offset>0</offset><size>{:#x}</size><usage>registers</usage></addressBlock>", 1 << map::ADDRESS_BITS));
    line(3, "<registers>");
    for register in map::REGISTERS {
        line(4, "<register>");
        if register.count > 1 {
            line(5, &format!("<dim>{}</dim>", register.count));
            line(5, "<dimIncrement>4</dimIncrement>");
            line(5, &format!("<name>{}[%s]</name>", register.name));
        } else {
            line(5, &format!("<name>{}</name>", register.name));
        }
        line(5, &format!("<description>{}</description>", escape(register.doc)));
        line(5, &format!("<addressOffset>{:#05x}</addressOffset>", register.offset));
        line(5, &format!("<access>{}</access>", access(register)));
        line(5, &format!("<resetValue>{:#010x}</resetValue>", register.reset));
        if !register.fields.is_empty() {
            line(5, "<fields>");
            for field in register.fields {
                line(
                    6,
                    &format!(
                        "<field><name>{}</name><description>{}</description><bitRange>[{}:{}]</bitRange></field>",
                        field.name,
                        escape(field.doc),
                        field.msb,
                        field.lsb
                    ),
                );
            }
            line(5, "</fields>");
        }
        line(4, "</register>");
    }
    line(3, "</registers>");
    line(2, "</peripheral>");
    line(1, "</peripherals>");
    line(0, "</device>");
    out
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Tables for the book.
pub fn markdown() -> String {
    let mut out = String::from("# Registers\n\n");
    let mut add = |text: &str| writeln!(out, "{text}").expect("writing to a string");
    add("All registers are 32 bits wide, at byte addresses. A write to anything read-only or reserved, or with partial strobes, answers");
    add("SLVERR and changes nothing; a read of anything reserved answers zero with SLVERR. Write-only registers read as zero.\n");
    add("| address | name | access | reset | meaning |\n|---|---|---|---|---|");
    for r in map::REGISTERS {
        let last = r.offset + 4 * (r.count - 1);
        let address = if r.count > 1 { format!("{:#05x}–{last:#05x}", r.offset) } else { format!("{:#05x}", r.offset) };
        add(&format!("| {address} | `{}` | {} | `{:#010x}` | {} |", r.name, access(r), r.reset, r.doc));
    }
    for r in map::REGISTERS.iter().filter(|r| !r.fields.is_empty()) {
        add(&format!("\n## `{}`\n\n{}\n\n| bits | field | meaning |\n|---|---|---|", r.name, r.doc));
        for field in r.fields {
            let bits = if field.msb == field.lsb { field.lsb.to_string() } else { format!("{}:{}", field.msb, field.lsb) };
            add(&format!("| {bits} | `{}` | {} |", field.name, field.doc));
        }
    }
    for (title, layout) in [("A staged SA", SA), ("A staged rule", RULE)] {
        add(&format!("\n## {title}\n\n| word of `STAGE` | name | meaning |\n|---|---|---|"));
        for (index, count, name, doc) in layout {
            add(&format!("| {} | `{name}` | {doc} |", span(*index, *count)));
        }
    }
    add("\n## Counters\n\nEach is 64 bits: entry n is words 2n (low) and 2n + 1 (high) of its row.\n\n| entry | counts |\n|---|---|");
    for (index, count, doc) in COUNTERS {
        add(&format!("| {} | {doc} |", span(*index, *count)));
    }
    let codes = |title: &str, codes: Vec<(u8, &str)>| {
        let rows: String = codes.iter().map(|(code, name)| format!("| {code} | `{name}` |\n")).collect();
        format!("\n## {title}\n\n| code | name |\n|---|---|\n{}", rows.trim_end())
    };
    add(&codes("Reasons for a drop", Reason::ALL.iter().map(|c| (c.code(), c.name())).collect()));
    add(&codes("Events", EventCode::ALL.iter().map(|c| (c.code(), c.name())).collect()));
    add(&codes("Refusals of a commit", Refusal::ALL.iter().map(|c| (c.code(), c.name())).collect()));
    out
}

fn span(index: usize, count: usize) -> String {
    if count > 1 {
        format!("{index}–{}", index + count - 1)
    } else {
        index.to_string()
    }
}

/// Everything, for programs.
pub fn json() -> String {
    let registers: Vec<Value> = map::REGISTERS
        .iter()
        .map(|r| {
            let fields: Vec<Value> =
                r.fields.iter().map(|f| json!({"name": f.name, "msb": f.msb, "lsb": f.lsb, "description": f.doc})).collect();
            json!({
                "name": r.name, "offset": r.offset, "count": r.count, "access": access(r), "reset": r.reset,
                "description": r.doc, "fields": fields,
            })
        })
        .collect();
    let layout = |layout: &Layout| -> Vec<Value> {
        layout.iter().map(|(word, count, name, doc)| json!({"word": word, "count": count, "name": name, "description": doc})).collect()
    };
    let counters: Vec<Value> =
        COUNTERS.iter().map(|(entry, count, doc)| json!({"entry": entry, "count": count, "description": doc})).collect();
    let value = json!({
        "name": "holdfast", "address_bits": map::ADDRESS_BITS, "registers": registers, "sa": layout(SA), "rule": layout(RULE),
        "counters": counters,
        "reasons": Reason::ALL.iter().map(|c| json!({"code": c.code(), "name": c.name()})).collect::<Vec<_>>(),
        "events": EventCode::ALL.iter().map(|c| json!({"code": c.code(), "name": c.name()})).collect::<Vec<_>>(),
        "refusals": Refusal::ALL.iter().map(|c| json!({"code": c.code(), "name": c.name()})).collect::<Vec<_>>(),
    });
    format!("{value:#}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layouts_cover_their_records_without_gaps() {
        for (layout, words) in [(SA, sa::WORDS), (RULE, rule::WORDS)] {
            let mut next = 0;
            for (index, count, name, _) in layout {
                assert_eq!(*index, next, "{name}");
                next += count;
            }
            assert_eq!(next, words);
        }
    }

    #[test]
    fn every_format_names_every_register() {
        for text in [svd(), markdown(), json()] {
            for register in map::REGISTERS {
                assert!(text.contains(register.name), "{}", register.name);
            }
        }
        let value: Value = serde_json::from_str(&json()).unwrap();
        assert_eq!(value["registers"].as_array().unwrap().len(), map::REGISTERS.len());
    }
}
