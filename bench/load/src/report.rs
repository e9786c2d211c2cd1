//! The outcome of a run, as JSON.

use crate::run::Outcome;

/// Latencies reported, in percent of the answers.
const PERCENTILES: [f64; 5] = [50.0, 90.0, 99.0, 99.9, 100.0];

/// Writes one JSON object; latencies in microseconds, None where nothing was answered.
pub fn json(outcome: &Outcome) -> String {
    let percentiles: Vec<String> = PERCENTILES
        .iter()
        .map(|&percent| match outcome.latencies.percentile(percent) {
            Some(nanoseconds) => format!("\"p{percent}\": {:.1}", nanoseconds as f64 / 1000.0),
            None => format!("\"p{percent}\": null"),
        })
        .collect();
    format!(
        "{{\"sent\": {}, \"answered\": {}, \"wrong\": {}, \"lost\": {}, \"stray\": {}, \"seconds\": {:.6}, \
         \"latency_us\": {{{}}}, \"first_wrong\": {}}}",
        outcome.sent,
        outcome.answered,
        outcome.wrong,
        outcome.lost,
        outcome.stray,
        outcome.seconds,
        percentiles.join(", "),
        outcome.first_wrong.as_ref().map_or("null".into(), |(question, reply)| {
            format!("{{\"question\": {question}, \"reply\": \"{}\"}}", hex(reply))
        }),
    )
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}
