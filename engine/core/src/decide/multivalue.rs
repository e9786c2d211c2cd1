//! Multivalue answer: up to eight healthy ones at once (R-MVA-1..8).

use super::Draw;

/// Most record sets of one answer (R-MVA-3).
pub const MOST: usize = 8;

/// Chooses up to eight standing arms, uniformly and without replacement, in random order.
pub fn pick(standing: &impl super::Arms, draw: &mut Draw) -> ([u16; MOST], usize) {
    let mut picked = [0; MOST];
    // Reservoir sampling: one pass, no room for all arms needed.
    for (seen, arm) in standing.iter().enumerate() {
        let place = if seen < MOST { seen } else { draw.below(seen as u64 + 1) as usize };
        if place < MOST {
            picked[place] = arm as u16; // Below `MAX_ARMS`.
        }
    }
    let count = standing.count().min(MOST);
    draw.shuffle(&mut picked[..count], count);
    (picked, count)
}
