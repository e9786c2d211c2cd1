//! Writes the seeds of all targets: every question, zone and place of the tables, the vectors, transfers, and frames.

use std::fs;
use std::io::Result;
use std::path::Path;

use meridian_engine::respond::Transport;
use meridian_engine_fuzz::common::place;
use meridian_engine_fuzz::tables;

fn main() -> Result<()> {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (respond, image) = (fuzz.join("corpus/respond"), fuzz.join("corpus/image"));
    fs::create_dir_all(&respond)?;
    fs::create_dir_all(&image)?;
    frames(&fuzz.join("corpus/frame"))?;
    transfers(&fuzz.join("corpus/transfer"))?;
    places(&fuzz.join("corpus/place"), &fuzz.join("../../tests/vectors/place"))?;
    let watch = fuzz.join("corpus/watch");
    fs::create_dir_all(&watch)?;
    for (number, table) in tables::all().iter().enumerate() {
        for (case, (asked, packet)) in table.case.iter().map(|case| (case, case.octets())).enumerate() {
            let arrival = asked.arrival(0);
            let transport = u8::from(arrival.transport == Transport::Tcp);
            let family = u8::from(arrival.resolver.is_ipv6()) << 1;
            let time = u8::from(arrival.now >= 1_559_741_961) << 2;
            let choices = [number as u8, 0, transport | family | time];
            let name = format!("{}-{case}", table.file);
            fs::write(respond.join(&name), [&choices[..], &packet].concat())?;
            fs::write(watch.join(&name), [&choices[..1], &packet].concat())?;
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

/// For each zone AXFR and IXFR, signed and not, with a difference at hand and without.
fn transfers(folder: &Path) -> Result<()> {
    const HEADER: [u8; 12] = [0xAB, 0xCD, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    const AXFR: [u8; 4] = [0, 252, 0, 1];
    const IXFR: [u8; 4] = [0, 251, 0, 1];
    /// SOA of the question's name with serial 1, names at the root.
    const SOA: [u8; 34] =
        [0xC0, 12, 0, 6, 0, 1, 0, 0, 0, 0, 0, 22, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    fs::create_dir_all(folder)?;
    for (number, table) in tables::all().iter().enumerate() {
        for (zone, each) in table.zones().iter().enumerate() {
            let mut ixfr = [&HEADER[..], &each.apex, &IXFR, &SOA].concat();
            ixfr[9] = 1; // in the authority section
            for (kind, packet) in [("axfr", [&HEADER[..], &each.apex, &AXFR].concat()), ("ixfr", ixfr)] {
                for choices in 0..4 {
                    let name = format!("{}-{zone}-{kind}-{choices}", table.file);
                    fs::write(folder.join(name), [&[number as u8, choices][..], &packet].concat())?;
                }
            }
        }
    }
    Ok(())
}

/// A table of each kind, from the vectors and from the tables of cases.
fn places(folder: &Path, vectors: &Path) -> Result<()> {
    fs::create_dir_all(folder)?;
    for (kind, file) in [(4, "geo.table"), (1, "latency.msgpack")] {
        fs::write(folder.join(file), [&[kind][..], &fs::read(vectors.join(file))?].concat())?;
    }
    for table in tables::all() {
        if !table.view.is_empty() {
            fs::write(
                folder.join(format!("{}-views", table.file)),
                [&[2][..], &place::written_views(&table.view)].concat(),
            )?;
        }
        for (number, collection) in table.cidr.iter().enumerate() {
            let name = format!("{}-cidr-{number}", table.file);
            fs::write(folder.join(name), [&[3][..], &place::cidr(collection)].concat())?;
        }
        if !table.place.is_empty() {
            fs::write(folder.join(format!("{}-geo", table.file)), [&[4][..], &place::geo(&table.place)].concat())?;
        }
    }
    Ok(())
}

/// A frame of each family around a short payload; the first octet has the target put the sums right.
fn frames(folder: &Path) -> Result<()> {
    const MACS: [u8; 12] = [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1];
    const UDP: [u8; 8] = [0x10, 0x92, 0, 53, 0, 13, 0, 0];
    let four = [0x45, 0, 0, 33, 0, 0, 0, 0, 64, 17, 0, 0, 192, 0, 2, 1, 192, 0, 2, 53];
    let mut six = [0; 40];
    six[..8].copy_from_slice(&[0x60, 0, 0, 0, 0, 13, 17, 64]);
    (six[8], six[23], six[24], six[39]) = (0x20, 1, 0x20, 53);
    fs::create_dir_all(folder)?;
    fs::write(folder.join("ipv4"), [&[3][..], &MACS, &[0x08, 0x00], &four, &UDP, b"query"].concat())?;
    fs::write(folder.join("ipv6"), [&[4][..], &MACS, &[0x86, 0xdd], &six, &UDP, b"query"].concat())
}
