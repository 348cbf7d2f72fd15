// Writes down in which slot each entity lies. shape: first slot, end of the slots.
@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let slot = shape[0] + (group.y * FOLD + group.x) * WORKGROUP_SIZE + lane;
    if (slot >= shape[1] || entity[slot].y == 0u) { return; }
    slot_of[entity[slot].x] = slot;
}
