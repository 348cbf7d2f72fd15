// Moves one column to new slots, one thread for each vector of a record.
// shape: vectors per slot, vectors in all.
@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let index = (group.y * FOLD + group.x) * WORKGROUP_SIZE + lane;
    if (index >= shape[1]) { return; }
    if (shape[0] == 1u) {
        moved[destination[index]] = column[index];
    } else {
        let slot = index / shape[0];
        moved[destination[slot] * shape[0] + index % shape[0]] = column[index];
    }
}
