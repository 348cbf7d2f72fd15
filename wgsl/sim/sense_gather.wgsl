// Copies what can be seen into the order of the grid: places with traits, and entity indices. So a
// look at a neighbour is one load of 16 bytes.
//   traits: layers (bits 0 to 15), team or NO_TEAM (16 to 19), kinds (20 to 27)
const NO_TEAM = 8u;

fn has(mask: u32, bits: u32) -> bool {
    return bits != 0u && (mask & bits) == bits;
}

fn kinds_of(mask: u32) -> u32 {
    return select(0u, 1u, has(mask, KIND_0)) | select(0u, 2u, has(mask, KIND_1))
        | select(0u, 4u, has(mask, KIND_2)) | select(0u, 8u, has(mask, KIND_3))
        | select(0u, 16u, has(mask, KIND_4)) | select(0u, 32u, has(mask, KIND_5))
        | select(0u, 64u, has(mask, KIND_6)) | select(0u, 128u, has(mask, KIND_7));
}

fn each(index: u32) {
    if (index == 0u) { sense_count[0] = 0u; }
    if (index >= grid_start[GRID_CELLS]) { return; }
    let own = grid_record[index];
    let slot = u32(own.w);
    let id = entity[slot].x;
    let mask = entity[slot].y;
    var layers = 1u;
    if (has(mask, HAS_BODY)) { layers = body[slot].collision & 0xffffu; }
    var side = NO_TEAM;
    if (has(mask, HAS_TEAM)) { side = min(team[slot].id, NO_TEAM); }
    sense_record[index] = vec4<i32>(own.xyz, i32(layers | (side << 16u) | (kinds_of(mask) << 20u)));
    sense_index[index] = id;
}
