// Writes command payloads into one component column, one thread per 32-bit word.
// shape: words per entity, words in all, 1 to add instead of to replace.
@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let index = (group.y * FOLD + group.x) * WORKGROUP_SIZE + lane;
    if (index >= shape[1]) { return; }
    let entry = index / shape[0];
    let at = slot_of[ids[entry]] * shape[0] + index % shape[0];
    if (shape[2] == 1u) {
        column[at] += payload[index];
    } else {
        column[at] = payload[index];
    }
}
