//! The outcome of a run, as JSON.

use crate::run::Outcome;

/// Latencies reported, in percent of the answers.
const PERCENTILES: [f64; 5] = [50.0, 90.0, 99.0, 99.9, 100.0];

/// Writes one JSON object; latencies in microseconds, None where nothing was answered.
pub fn json(outcome: Outcome) -> String {
    let mut latencies = outcome.latencies;
    latencies.sort_unstable();
    let percentiles: Vec<String> =
        PERCENTILES.iter().map(|&percent| format!("\"p{percent}\": {}", percentile(&latencies, percent))).collect();
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
        outcome.first_wrong.map_or("null".into(), |(question, reply)| {
            format!("{{\"question\": {question}, \"reply\": \"{}\"}}", hex(&reply))
        }),
    )
}

/// The least latency that `percent` of the sorted latencies (in nanoseconds) do not exceed.
fn percentile(sorted: &[u32], percent: f64) -> String {
    let rank = (sorted.len() as f64 * percent / 100.0).ceil() as usize;
    match sorted.get(rank.saturating_sub(1)) {
        Some(nanoseconds) => format!("{:.1}", f64::from(*nanoseconds) / 1000.0),
        None => "null".into(),
    }
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Percentiles are the nearest ranks.
    #[test]
    fn percentiles() {
        let thousand: Vec<u32> = (1..=1000).map(|us| us * 1000).collect();
        for (percent, expected) in [(50.0, "500.0"), (99.9, "999.0"), (100.0, "1000.0")] {
            assert_eq!(percentile(&thousand, percent), expected);
        }
        assert_eq!(percentile(&[], 50.0), "null");
    }
}
