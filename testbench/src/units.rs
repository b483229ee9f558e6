//! Times as a person writes them, in clock cycles of 125 MHz.

/// Clock cycles of a microsecond: the device's clock at 1 Gbit/s and 8 ns.
pub const CYCLES_PER_MICROSECOND: u64 = 125;

/// What is accepted, for messages.
pub const ACCEPTED: &str = "a number of microseconds, or a text such as \"400 us\", \"8 ms\", \"1.5 s\" or \"5000 cycles\"";

/// Longest time: a day.
const LONGEST: f64 = 86_400e6 * CYCLES_PER_MICROSECOND as f64;

/// Cycles of `text`: a number with or without a unit; without it microseconds.
pub fn cycles(text: &str) -> Result<u64, String> {
    let text = text.trim();
    let end = text.find(|c: char| !(c.is_ascii_digit() || c == '.' || c == '_')).unwrap_or(text.len());
    let (number, unit) = (text[..end].replace('_', ""), text[end..].trim());
    let scale = match unit {
        "" | "us" | "µs" => CYCLES_PER_MICROSECOND as f64,
        "cycles" | "cycle" => 1.0,
        "ms" => 1e3 * CYCLES_PER_MICROSECOND as f64,
        "s" => 1e6 * CYCLES_PER_MICROSECOND as f64,
        _ => return Err(format!("\"{text}\" was found; accepted is {ACCEPTED}")),
    };
    match number.parse::<f64>() {
        Ok(value) if value * scale <= LONGEST => Ok((value * scale).round() as u64),
        _ => Err(format!("\"{text}\" was found; accepted is {ACCEPTED}, of at most a day")),
    }
}

/// A time for people: microseconds with their unit.
pub fn show(cycles: u64) -> String {
    let us = cycles as f64 / CYCLES_PER_MICROSECOND as f64;
    match us {
        us if us >= 1e6 => format!("{:.3} s", us / 1e6),
        us if us >= 1e4 => format!("{:.2} ms", us / 1e3),
        us => format!("{us:.1} µs"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units() {
        for (text, expected) in [
            ("1", 125),
            ("2.048", 256),
            ("400 us", 50_000),
            ("8ms", 1_000_000),
            ("1.5 s", 187_500_000),
            ("7 cycles", 7),
            ("5_000 cycles", 5000),
        ] {
            assert_eq!(cycles(text), Ok(expected), "{text}");
        }
        for text in ["", "us", "-1", "1 h", "1e3", "1.2.3", "100000 s"] {
            assert!(cycles(text).is_err(), "{text}");
        }
        assert_eq!([show(125), show(12_500_000), show(375_000_000)], ["1.0 µs", "100.00 ms", "3.000 s"]);
    }
}
