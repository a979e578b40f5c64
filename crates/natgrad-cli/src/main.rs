//! The `natgrad` program: everything is in the library, so that other shells can call it too.

fn main() -> std::process::ExitCode {
    natgrad_cli::main(std::env::args_os())
}
