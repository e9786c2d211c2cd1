//! What the fuzz targets share: the tables of cases that the engine's tests read, and what holds for every reply.

#[path = "../../core/tests/common/mod.rs"]
pub mod common;
pub mod reply;
pub mod signing;
pub mod tables;
