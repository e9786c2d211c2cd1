//! Writes the seeds of both targets: every question and every zone of the tables, and the image vectors.

use std::fs;
use std::io::Result;
use std::path::Path;

use meridian_engine_fuzz::tables;

fn main() -> Result<()> {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (respond, image) = (fuzz.join("corpus/respond"), fuzz.join("corpus/image"));
    fs::create_dir_all(&respond)?;
    fs::create_dir_all(&image)?;
    for (number, table) in tables::all().iter().enumerate() {
        for (case, packet) in table.case.iter().map(|case| case.octets()).enumerate() {
            let choices = [number as u8, 0, 0];
            fs::write(respond.join(format!("{}-{case}", table.file)), [&choices[..], &packet].concat())?;
        }
        for (zone, each) in table.zones().iter().enumerate() {
            fs::write(image.join(format!("{}-{zone}-head", table.file)), each.head(1))?;
            fs::write(image.join(format!("{}-{zone}-shard", table.file)), &each.shards(1)[0])?;
        }
    }
    for vector in fs::read_dir(fuzz.join("../../tests/vectors/image"))? {
        let path = vector?.path();
        if path.extension().is_some_and(|extension| extension == "msgpack") {
            fs::copy(&path, image.join(path.file_name().expect("a file has a name")))?;
        }
    }
    Ok(())
}
