//! What the rate limit leaves of a reply: as much as the question had, so that nothing is gained by forging it.

mod common;

use common::message::{self, Message};
use common::table;
use meridian_engine::limit::slip;

fn whole(octets: &[u8]) -> Message {
    message::read(octets).expect("a whole message")
}

/// A reply that slips has the question, no record, TC, and EDNS as it was; an error is left as it is. This holds for
/// every case of every table.
#[test]
fn a_reply_that_slips_has_no_records() {
    let mut slipped = 0;
    for table in table::load_all() {
        let engine = table.serve(1);
        for case in &table.case {
            let Some(reply) = engine.respond_to(&case.octets(), &case.arrival(1)) else {
                continue;
            };
            let mut left = reply.clone();
            let octets = slip(&mut left);
            let (before, after) = (whole(&reply), whole(&left[..octets]));
            let what = format!("{}: {}", table.file, case.what);
            if !matches!(before.rcode, 0 | 3) {
                assert_eq!(reply, left[..octets], "{what}");
                continue;
            }
            slipped += 1;

            assert_eq!((before.id, before.opcode, before.question), (after.id, after.opcode, after.question), "{what}");
            assert_eq!((0, before.edns), (after.rcode, after.edns), "{what}");
            assert!(after.flags.contains(&"tc"), "{what}");
            assert!(after.sections.iter().all(Vec::is_empty), "{what}");
            let others = |flags: Vec<&'static str>| flags.into_iter().filter(|&flag| flag != "tc").collect::<Vec<_>>();
            assert_eq!(others(before.flags), others(after.flags), "{what}");
        }
    }
    assert!(slipped > 100, "{slipped}");
}

/// Octets that are no reply of ours are cut to nothing, and never read beyond their end.
#[test]
fn what_is_no_reply_is_nothing() {
    let header = [0, 0, 0x84, 0, 0, 1, 0, 1, 0, 0, 0, 0];
    let cases: [&[u8]; 3] = [&header, &[&header[..], &[3, b'w']].concat(), &[&header[..], &[0, 0, 1, 0]].concat()];
    for octets in cases {
        assert_eq!(0, slip(&mut octets.to_vec()), "{octets:02x?}");
    }
}
