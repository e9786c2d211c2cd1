//! Asks a name server prepared questions over UDP, a fixed number outstanding, and checks every
//! answer. Prints one JSON object. See `--help`.

mod batch;
mod expect;
mod latency;
mod options;
mod questions;
mod report;
mod run;
mod truth;
mod wire;

use std::process::ExitCode;

fn main() -> ExitCode {
    let options = match options::read(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(message) => {
            eprintln!("{message}");
            return ExitCode::from(2);
        }
    };
    match load(&options) {
        Ok(json) => {
            println!("{json}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("load: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Runs once as the options say and returns the report as JSON.
fn load(options: &options::Options) -> std::io::Result<String> {
    if let Some(core) = options.core {
        batch::keep_on_core(core)?;
    }
    let mut questions = questions::read(&options.questions)?;
    if options.blind {
        return Ok(report::json(&run::blind(options, &questions)?));
    }
    let outcome = run::run(options, &mut questions, |outcome| println!("{}", report::json(outcome)))?;
    Ok(report::json(&outcome))
}
