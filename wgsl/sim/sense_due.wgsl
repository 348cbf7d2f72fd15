//! import lib/trig.wgsl
// Lists the agents that sense in this tick, so that no thread of the search idles, and turns them to
// where they look. The list's order differs from run to run; each agent writes to itself alone.
fn has(mask: u32, bits: u32) -> bool {
    return (mask & bits) == bits;
}

fn each(index: u32) {
    if (index >= grid_start[GRID_CELLS]) { return; }
    let slot = u32(grid_record[index].w);
    let id = entity[slot].x;
    let mask = entity[slot].y;
    if (!has(mask, REQUIRED) || (id + tick.index) % EVERY != 0u) { return; }
    if (has(mask, HAS_FACING)) {
        sensed[slot].facing = facing[slot].angle;
    } else if (has(mask, HAS_VELOCITY)) {
        let v = velocity[slot].xyz;
        if (v.x != 0 || v.z != 0) { sensed[slot].facing = atan2_turn(v.z, v.x); }
    }
    sense_due[atomicAdd(&sense_count[0], 1u)] = vec2<u32>(index, slot);
}
