//! Asks a name server prepared questions over UDP, a fixed number outstanding, and checks every
//! answer. Prints one JSON object. See `--help`.

mod batch;
mod expect;
mod lane;
mod latency;
mod options;
#[cfg(feature = "xdp")]
mod past;
mod questions;
mod report;
mod run;
mod truth;
mod wire;

use std::io::Result;
use std::process::ExitCode;

use lane::Lane;
use options::Options;
use questions::Question;

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
fn load(options: &Options) -> Result<String> {
    if let Some(core) = options.core {
        batch::keep_on_core(core)?;
    }
    let mut questions = questions::read(&options.questions)?;
    if options.xdp.is_some() {
        return over(&mut past(options)?, options, &mut questions);
    }
    let each = options.window.div_ceil(options.sockets);
    let sockets = (0..options.sockets).map(|port| batch::Batch::connect(options.server, port, each));
    over(&mut sockets.collect::<Result<Vec<_>>>()?, options, &mut questions)
}

/// Runs over these lanes.
fn over(lanes: &mut [impl Lane], options: &Options, questions: &mut [Question]) -> Result<String> {
    let outcome = run::run(options, lanes, questions, |outcome| println!("{}", report::json(outcome)))?;
    Ok(report::json(&outcome))
}

/// The one lane past the kernel's network stack.
#[cfg(feature = "xdp")]
fn past(options: &Options) -> Result<[past::Past; 1]> {
    let interface = options.xdp.as_deref().unwrap_or_default();
    Ok([past::Past::open(interface, options.server, options.sockets)?])
}

/// Not built in.
#[cfg(not(feature = "xdp"))]
fn past(_: &Options) -> Result<[batch::Batch; 0]> {
    Err(std::io::Error::other("built without --features xdp"))
}
