//! Answers as the RFCs and the behaviour rules have them: the tables of `tests/conformance`.

mod common;

/// Every case holds, in one shard and in sixteen, and is explained by the reply it gives.
#[test]
fn answers() {
    common::run::folder("conformance");
}
