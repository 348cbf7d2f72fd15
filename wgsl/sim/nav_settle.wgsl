//! import sim/nav_cells.wgsl
// Brings the map up to date and says whether it differs from what the fields were computed for; takes
// over the targets. Each thread looks at one word of the map.
const WORDS = NAV_LANES / 2;

/// Marks of 16 cells; what lies beyond the area is solid.
fn marks(row: i32, word: i32) -> u32 {
    if (word < 0 || word >= WORDS) { return 0xffffffffu; }
    let inside = u32(clamp(NAV_X - 16 * word, 0, 16));
    let outside = 0xffffu & ~((1u << inside) - 1u);
    return nav_marks[row * WORDS + word] | outside | outside << 16u;
}

fn each(index: u32) {
    if (index < u32(NAV_FIELDS)) {
        let claim = atomicExchange(&nav_claim[index], 0u);
        nav_state[index].x = select(u32(NAV_CELLS) + 1u - claim, 0u, claim == 0u);
    }
    if (index >= u32(NAV_LANES * NAV_Z)) { return; }
    let row = i32(index) / NAV_LANES;
    let lane = i32(index) % NAV_LANES;
    let word = lane >> 1u;
    let shift = u32(lane & 1) * 8u;
    let own = marks(row, word);
    // Solid cells from the one before the word's first to the one behind its last, 18 bits.
    let before = marks(row, word - 1) >> 31u;
    let behind = marks(row, word + 1) >> 16u & 1u;
    let solid = own >> 15u & 0x1fffeu | before | behind << 17u;
    let now = (solid >> shift & 0x3ffu) | (own >> shift & 0xffu) << 16u;
    if (nav_map[index] == now) { return; }
    nav_map[index] = now;
    atomicOr(&nav_claim[NAV_FIELDS], 1u);
}
