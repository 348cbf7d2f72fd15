// Cells of the navigation grid (engine/astraweave/sim/navigation.py). A cell is open, tight (a disc
// whose centre is somewhere in it may touch a box) or solid (one whose centre is in its middle does).
// nav_map holds eight cells a word, and whether the two beside them are solid:
//   bits 0 to 9    solid, of columns 8 j - 1 to 8 j + 8
//   bits 16 to 23  tight, of columns 8 j to 8 j + 7; what is solid is tight too
const NAV_STRIDE = 8 * NAV_LANES;           // columns of a row, with those beyond the area
const NAV_CELLS = NAV_STRIDE * NAV_Z;
const NAV_PART = 6u;                        // lines are drawn between places in 1/64 of a cell
const NAV_PARTS = 1 << NAV_PART;
const NAV_FAR = 0x3fffffffu;                // the distance of what cannot be reached
const OPEN = 0u;
const TIGHT = 1u;
const SOLID = 3u;

/// Place in the area in 1/64 of a cell, at most 2^15; what lies outside counts as its edge.
fn nav_place(p: vec3<i32>) -> vec2<i32> {
    let shift = vec2<u32>(u32(NAV_SHIFT) - NAV_PART);
    let raw = (p.xz >> shift) - (vec2<i32>(NAV_LOW_X, NAV_LOW_Z) >> shift);
    return clamp(raw, vec2<i32>(0), vec2<i32>(NAV_X, NAV_Z) * NAV_PARTS - 1);
}

/// Cell of a place in 1/64 of a cell.
fn nav_cell(place: vec2<i32>) -> vec2<i32> {
    return place >> vec2<u32>(NAV_PART);
}

/// The middle of a cell in 1/64 of a cell.
fn nav_middle(cell: vec2<i32>) -> vec2<i32> {
    return cell * NAV_PARTS + NAV_PARTS / 2;
}

/// Number of a cell, row by row.
fn nav_index(cell: vec2<i32>) -> u32 {
    return u32(cell.y * NAV_STRIDE + cell.x);
}

/// The four lowest bits.
fn nav_bits(word: u32) -> vec4<bool> {
    return (vec4<u32>(word) >> vec4<u32>(0u, 1u, 2u, 3u) & vec4<u32>(1u)) == vec4<u32>(1u);
}
