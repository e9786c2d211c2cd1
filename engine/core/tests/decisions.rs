//! Routing decisions as the behaviour rules have them: the tables of `tests/vectors/decisions`.

mod common;

/// Every case holds, in one shard and in sixteen, and is explained by the reply it gives.
#[test]
fn decisions() {
    common::run::folder("vectors/decisions");
}
