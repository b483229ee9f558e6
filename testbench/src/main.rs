//! The `holdfast` command.

fn main() -> std::process::ExitCode {
    holdfast_testbench::cli::main()
}
